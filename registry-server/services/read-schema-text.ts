import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { ParsedSchema, Reference } from '../schema-types/schema-type.ts';
import type { SubjectName } from '../subject-name.ts';
import { getSchemaType } from './parse-schema.ts';
import { type Resolved, resolveReferences } from './resolve-references.ts';

/** A schema as a client sent it. */
export interface SentSchema {
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly Reference[];
}

export interface ReadSchema extends Resolved {
  readonly parsed: ParsedSchema;
}

// What a schema pulls in may be larger than itself, not without end.
const REFERENCED_SIZE_FACTOR = 16;

/** @throws RegistryError 42201, 42209 */
export async function readSchemaText(
  { store, parser, maxSchemaBytes }: Registry,
  name: SubjectName,
  sent: SentSchema,
): Promise<ReadSchema> {
  getSchemaType(sent.schemaType);
  if (sent.schema === '')
    throw new RegistryError('INVALID_SCHEMA', { detail: 'Invalid schema: it is empty' });
  const bytes = Buffer.byteLength(sent.schema);
  if (bytes > maxSchemaBytes) {
    throw new RegistryError('SCHEMA_TOO_LARGE', {
      detail: `${bytes} bytes, at most ${maxSchemaBytes} are allowed`,
    });
  }
  const resolved = await resolveReferences(
    store,
    name.context,
    sent.references,
    maxSchemaBytes * REFERENCED_SIZE_FACTOR,
  );
  return { ...resolved, parsed: parser.parse(sent.schemaType, sent.schema, resolved.texts) };
}

/** A stored schema, parsed. */
export async function parseStored(
  { store, parser, maxSchemaBytes }: Registry,
  stored: { readonly context: string } & SentSchema,
): Promise<ParsedSchema> {
  const { texts } = await resolveReferences(
    store,
    stored.context,
    stored.references,
    maxSchemaBytes * REFERENCED_SIZE_FACTOR,
  );
  return parser.parse(stored.schemaType, stored.schema, texts);
}
