import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** One pair of schemas and what a reader with the later one breaks. */
export interface CompatibilityCase {
  readonly title: string;
  readonly before: unknown;
  readonly after: unknown;
  /** "RULE path", in order; empty when the reader takes all that the earlier schema allowed. */
  readonly breaks: readonly string[];
  /** Protobuf: harmless changes as well. */
  readonly changes?: readonly string[];
  /** The specification or page that says so. */
  readonly source: string;
}

export const cases = (name: 'avro' | 'json-schema' | 'protobuf'): readonly CompatibilityCase[] =>
  parse(readFileSync(new URL(`${name}.yaml`, import.meta.url), 'utf8'));

/** A schema of a case as a client sends it: JSON is written as data, Protobuf as text. */
export const textOf = (schema: unknown, name: string): string =>
  name === 'protobuf' ? String(schema) : JSON.stringify(schema);
