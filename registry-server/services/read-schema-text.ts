import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { Eventually, FaultRules, ParsedSchema, Reference } from '../schema-types/schema-type.ts';
import type { SchemaContent } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';
import type { Contract } from './inherit-contract.ts';
import { getSchemaType, refuseFault } from './parse-schema.ts';
import { type Resolved, resolveReferences } from './resolve-references.ts';

/** A schema as a client sent it. */
export interface SentSchema extends Contract {
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly Reference[];
}

export interface ReadSchema extends Resolved {
  readonly parsed: ParsedSchema;
}

// What a schema pulls in may be larger than itself, not without end.
const REFERENCED_SIZE_FACTOR = 16;

/**
 * @throws RegistryError 42201, 42209
 */
export async function readSchemaText(
  { store, parser, metrics, maxSchemaBytes }: Registry,
  name: SubjectName,
  sent: SentSchema,
): Promise<ReadSchema> {
  if (isEmptySchema(sent)) throw new RegistryError('INVALID_SCHEMA', { detail: 'Empty schema' });
  getSchemaType(sent.schemaType);
  const bytes = Buffer.byteLength(sent.schema);
  if (bytes > maxSchemaBytes) {
    throw new RegistryError('SCHEMA_TOO_LARGE', {
      detail: `${bytes} bytes, at most ${maxSchemaBytes} are allowed`,
    });
  }
  const resolved = await resolveReferences(store, name.context, sent.references, {
    maxTotalCharacters: maxSchemaBytes * REFERENCED_SIZE_FACTOR,
    withDeleted: true,
  });
  const { schemaType } = sent;
  const parsed = await noteInvalid(metrics, schemaType, () =>
    parser.parse(schemaType, sent.schema, resolved.texts),
  );
  return { ...resolved, parsed };
}

/**
 * What is registered or checked has more rules to follow than what is looked up, imported or stored already. With
 * `new`, what it refers to must not be soft-deleted.
 * @throws RegistryError 42201
 */
export async function ensureFaultless(
  { store, metrics, maxSchemaBytes }: Registry,
  name: SubjectName,
  { parsed, references }: ReadSchema,
  rules: FaultRules,
  isStrict: boolean,
): Promise<void> {
  if (rules === 'new') {
    await resolveReferences(store, name.context, references, {
      maxTotalCharacters: maxSchemaBytes * REFERENCED_SIZE_FACTOR,
      withDeleted: false,
    });
  }
  await noteInvalid(metrics, parsed.schemaType, () => refuseFault(parsed, rules, isStrict));
  metrics.validation(parsed.schemaType, true);
}

/** A server that has too much to do says nothing about the schema. */
async function noteInvalid<T>(
  metrics: Registry['metrics'],
  type: string,
  look: () => Eventually<T>,
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'INVALID_SCHEMA') metrics.validation(type, false);
    throw error;
  }
}

/** Nothing but blanks, as Java's `trim` counts them: all up to the space. */
export const isEmptySchema = ({ schema }: SentSchema): boolean => /^[\0-\x20]*$/.test(schema);

/** A stored schema, parsed. */
export async function parseStored(
  { store, parser, maxSchemaBytes }: Registry,
  stored: SchemaContent & { readonly context: string },
): Promise<ParsedSchema> {
  const { texts } = await resolveReferences(store, stored.context, stored.references, {
    maxTotalCharacters: maxSchemaBytes * REFERENCED_SIZE_FACTOR,
    withDeleted: true,
  });
  return parser.parseStored(stored.schemaType, stored.schema, texts);
}
