import type { SchemaBody } from '../schema.ts';
import { avroMeaning } from './avro-meaning.ts';

/**
 * - same: to the letter.
 * - rewritten: the same schema, written otherwise. Registries write Avro in their own way, and ids are kept all the same.
 */
export type Likeness = 'same' | 'rewritten' | 'other';

export function likeness(one: SchemaBody, other: SchemaBody): Likeness {
  if (one.schemaType !== other.schemaType || surroundings(one) !== surroundings(other)) return 'other';
  if (one.schema === other.schema) return 'same';
  if (one.schemaType === 'PROTOBUF')
    return withoutBlanks(one) === withoutBlanks(other) ? 'rewritten' : 'other';
  const [left, right] = [meaning(one), meaning(other)];
  return left !== undefined && left === right ? 'rewritten' : 'other';
}

const withoutBlanks = ({ schema }: SchemaBody): string => schema.replaceAll(/\s/g, '');

function meaning({ schema, schemaType }: SchemaBody): string | undefined {
  try {
    const value: unknown = JSON.parse(schema);
    return schemaType === 'AVRO' ? avroMeaning(value) : JSON.stringify(value);
  } catch {
    // An Avro schema may be a bare word, such as string; then only the text can be compared.
    return undefined;
  }
}

const surroundings = ({ references = [], metadata, ruleSet }: SchemaBody): string =>
  JSON.stringify([
    references.map(({ name, subject, version }) => [name, subject, version]),
    ordered(metadata ?? null),
    ordered(ruleSet ?? null),
  ]);

/** Keys in order, and without what is empty: some registries write null where others write nothing. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .filter(([, each]) => each !== null && !(Array.isArray(each) && each.length === 0))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return kept.map(([name, each]) => [name, ordered(each)]);
}
