import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RegistryError } from '../errors.ts';
import {
  InvalidSchema,
  type ParsedSchema,
  type Reference,
  type ResolvedReference,
  type SchemaType,
} from '../schema-types/schema-type.ts';
import { schemaTypes } from '../schema-types/table.ts';
import type { SchemaContent } from '../store/store.ts';

/** Parses, and keeps what was parsed: a schema is compared far more often than it changes. */
export interface SchemaParser {
  /** @throws RegistryError 42201 */
  parse(schemaType: string, text: string, references: readonly ResolvedReference[]): ParsedSchema;
}

const types = new Map<string, SchemaType>(Object.entries(schemaTypes));

export const schemaTypeNames: readonly string[] = [...types.keys()];

export function getSchemaType(name: string): SchemaType {
  const type = types.get(name);
  if (!type) {
    throw new RegistryError('INVALID_SCHEMA', {
      detail: `Invalid schema type ${name}; the types are ${schemaTypeNames.join(', ')}`,
    });
  }
  return type;
}

/** @param maxCharacters of the texts kept, all together; models are a few times as large */
export function openSchemaParser(maxCharacters: number): SchemaParser {
  const parsed = new LRUCache<string, ParsedSchema>({ maxSize: maxCharacters });
  return {
    parse(schemaType, text, references) {
      const type = getSchemaType(schemaType);
      const key = createHash('sha256')
        .update(JSON.stringify([schemaType, text, references]))
        .digest('base64');
      const known = parsed.get(key);
      if (known) return known;
      try {
        const schema = type.parse(text, references);
        const size = references.reduce((sum, reference) => sum + reference.schema.length, text.length + 1);
        parsed.set(key, schema, { size });
        return schema;
      } catch (error) {
        // A RangeError is a stack that ran out: the schema is nested too deep for us.
        if (!(error instanceof InvalidSchema || error instanceof RangeError)) throw error;
        throw new RegistryError(
          'INVALID_SCHEMA',
          { detail: `Invalid schema of type ${schemaType}, details: ${error.message}` },
          { cause: error },
        );
      }
    },
  };
}

/** The content that is stored for a parsed schema. */
export function contentOf(
  parsed: ParsedSchema,
  references: readonly Reference[],
  isNormalized: boolean,
): SchemaContent {
  const ordered = isNormalized ? references.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : references;
  return {
    schemaType: parsed.schemaType,
    schema: isNormalized ? parsed.normalized() : parsed.canonical,
    references: ordered,
  };
}
