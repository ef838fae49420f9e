import { RegistryError } from '../errors.ts';
import type { Reference } from '../schema-types/schema-type.ts';
import type { SentSchema } from '../services/read-schema-text.ts';
import type { JsonObject } from './json-object.ts';
import { readMetadata, readRuleSet } from './read-contract.ts';
import { asNumber, MAX_INTEGER } from './read-integer.ts';

/** @throws RegistryError 42201 */
export function readSentSchema(body: JsonObject): SentSchema {
  const { schema, schemaType, references } = body;
  if (schema != null && typeof schema !== 'string') {
    throw new RegistryError('INVALID_SCHEMA', {
      detail: 'Invalid schema: "schema" must be a string that holds the schema, with its quotes escaped',
    });
  }
  if (schemaType != null && typeof schemaType === 'object') {
    throw new RegistryError('INVALID_SCHEMA', { detail: 'Invalid schema: "schemaType" must be a string' });
  }
  if (references != null && !Array.isArray(references)) {
    throw new RegistryError('INVALID_SCHEMA', { detail: 'Invalid schema: "references" must be a list' });
  }
  return {
    schema: schema ?? '',
    schemaType: String(schemaType || 'AVRO'),
    references: (references ?? []).map(readReference),
    metadata: readMetadata(body.metadata),
    ruleSet: readRuleSet(body.ruleSet),
  };
}

function readReference(sent: unknown): Reference {
  const { name, subject, version } = (sent ?? {}) as Partial<Record<string, unknown>>;
  const number = asNumber(version);
  const isGiven = isName(name) && isName(subject) && isReferenceVersion(number);
  if (!isGiven) {
    throw new RegistryError('INVALID_SCHEMA', {
      detail:
        'Invalid schema: a reference must have a name, a subject, and a version that is a number from 1 on, or -1',
    });
  }
  return { name, subject, version: number };
}

function isName(value: unknown): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL stores no NUL
  return typeof value === 'string' && value !== '' && value.isWellFormed() && !/\u0000/.test(value);
}

function isReferenceVersion(value: unknown): value is number {
  return (
    Number.isInteger(value) && (value === -1 || ((value as number) > 0 && (value as number) <= MAX_INTEGER))
  );
}
