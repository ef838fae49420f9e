/** What the REST API says of schemas, as far as the command reads it. */

export const schemaTypes = ['AVRO', 'JSON', 'PROTOBUF'] as const;
export type SchemaType = (typeof schemaTypes)[number];

export interface Reference {
  /** By which the schema refers to it: a full name (Avro), a `$ref` (JSON Schema) or an import path (Protobuf). */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** What is sent to be registered, looked up or checked. */
export interface SchemaBody {
  readonly schema: string;
  readonly schemaType: SchemaType;
  readonly references?: readonly Reference[];
  readonly metadata?: unknown;
  readonly ruleSet?: unknown;
}

/** A version as the registry has it. Older registries leave `schemaType` out for Avro, and know no guid. */
export interface RegisteredSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid?: string;
  readonly schemaType?: string;
  readonly schema: string;
  readonly references?: readonly Reference[];
  readonly metadata?: unknown;
  readonly ruleSet?: unknown;
  readonly deleted?: boolean;
}

export const typeOf = ({ schemaType }: Pick<RegisteredSchema, 'schemaType'>): string => schemaType ?? 'AVRO';

export type WantedVersion = number | 'latest';

const largestVersion = 2 ** 31 - 1;

/** @returns undefined where the text is no version */
export const readVersion = (text: string): WantedVersion | undefined => {
  if (/^latest$/i.test(text)) return 'latest';
  const version = Number(text);
  return /^[0-9]{1,10}$/.test(text) && version >= 1 && version <= largestVersion ? version : undefined;
};

/** `:.staging:` of `:.staging:orders`; empty for what is in the default context. */
export const contextPart = (subject: string): string => /^:\.[^:]*:/.exec(subject)?.[0] ?? '';

/** The subject of a reference, which is in the context of what refers to it unless it names one. */
export const besides = (subject: string, referring: string): string =>
  contextPart(subject) === '' ? `${contextPart(referring)}${subject}` : subject;
