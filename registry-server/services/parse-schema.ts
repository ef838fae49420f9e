import { hash } from 'node:crypto';
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
  /** What `contentOf` gave for this very text, if that is remembered: it spares the parsing. */
  findContent(sent: SentText, isNormalized: boolean): SchemaContent | undefined;
  /** Remembers it, unless there are references: what they mean can change. */
  keepContent(sent: SentText, isNormalized: boolean, content: SchemaContent): void;
}

type SentText = Pick<SchemaContent, 'schemaType' | 'schema' | 'references'>;

const CONTENTS_FACTOR = 8;

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
  // Mostly the objects that the store keeps anyway.
  const contents = new LRUCache<string, SchemaContent>({
    maxSize: maxCharacters * CONTENTS_FACTOR,
    sizeCalculation: ({ schema }) => schema.length + 1,
  });
  const contentKey = (sent: SentText, isNormalized: boolean) =>
    `${keyOf(sent.schemaType, sent.schema, [])}${isNormalized}`;

  return {
    findContent: (sent, isNormalized) =>
      sent.references.length > 0 ? undefined : contents.get(contentKey(sent, isNormalized)),
    keepContent(sent, isNormalized, content) {
      if (sent.references.length === 0) contents.set(contentKey(sent, isNormalized), content);
    },

    parse(schemaType, text, references) {
      const type = getSchemaType(schemaType);
      const key = keyOf(schemaType, text, references);
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

function keyOf(schemaType: string, text: string, references: readonly ResolvedReference[]): string {
  const rest = references.length === 0 ? '' : hash('sha256', JSON.stringify(references), 'base64');
  return `${schemaType} ${hash('sha256', text, 'base64')} ${rest}`;
}

// The same object as long as the schema is kept: what was computed from it is found again.
const plainContents = new WeakMap<ParsedSchema, SchemaContent>();

/** The content that is stored for a parsed schema. */
export function contentOf(
  parsed: ParsedSchema,
  references: readonly Reference[],
  isNormalized: boolean,
): SchemaContent {
  if (isNormalized || references.length > 0) return makeContent(parsed, references, isNormalized);
  const known = plainContents.get(parsed);
  if (known) return known;
  const made = makeContent(parsed, references, isNormalized);
  plainContents.set(parsed, made);
  return made;
}

function makeContent(
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
