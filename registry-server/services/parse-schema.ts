import { createHash, hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { checkCompatibility, type Strictness } from '../compatibility/check.ts';
import { modes } from '../compatibility/modes.ts';
import { render } from '../contracts/render.ts';
import { canonicalMetadata } from '../data-contracts/metadata.ts';
import { canonicalRuleSet } from '../data-contracts/rule-set.ts';
import { RegistryError } from '../errors.ts';
import { InvalidSchema } from '../schema-types/invalid-schema.ts';
import type {
  Eventually,
  FaultRules,
  ParsedSchema,
  Reference,
  ResolvedReference,
  SchemaModel,
  SchemaType,
} from '../schema-types/schema-type.ts';
import { schemaTypes } from '../schema-types/table.ts';
import type { TagChanges } from '../schema-types/tags.ts';
import { type CacheUsage, usageOf } from '../store/cached.ts';
import type { SchemaContent } from '../store/store.ts';
import type { Contract } from './inherit-contract.ts';
import { type SchemaSource, sizeOf } from './schema-jobs.ts';
import { openSchemaThreads, type SchemaThreads, type ThreadUsage } from './schema-threads.ts';

type Parse = (
  schemaType: string,
  text: string,
  references: readonly ResolvedReference[],
) => Eventually<ParsedSchema>;

/** Parses and compares: what is small at once; what is large, or turns out to be intricate, in another thread. */
export interface SchemaParser {
  /** @throws RegistryError 42201 */
  readonly parse: Parse;
  /** As `parse`, and remembers it: what is stored is compared far more often than it changes. */
  readonly parseStored: Parse;
  /**
   * As `checkCompatibility`.
   * @throws RegistryError 42201 when it takes too long or too much memory
   */
  check(
    strictness: Strictness,
    proposed: ParsedSchema,
    existing: readonly ParsedVersion[],
  ): Promise<readonly string[]>;
  /**
   * As `render`: the answer to a request for renderings, from the text of the one to that of the other.
   * @throws RegistryError 42201 when the request is none, or takes too long or too much memory
   */
  render(request: string): Promise<string>;
  /** What `contentOf` gave for this very text, if that is remembered: it spares the parsing. */
  findContent(sent: SentText, isNormalized: boolean): SchemaContent | undefined;
  /** Remembers it, unless there are references: what they mean can change. */
  keepContent(sent: SentText, isNormalized: boolean, content: SchemaContent): void;
  cacheUsage(): readonly CacheUsage[];
  threadUsage(): ThreadUsage;
  close(): Promise<void>;
}

export interface ParsedVersion {
  readonly version: number;
  readonly schema: ParsedSchema;
}

type SentText = Pick<SchemaContent, 'schemaType' | 'schema' | 'references'>;

const CONTENTS_FACTOR = 8;
/** What the objects around a short text take. */
const OVERHEAD_CHARACTERS = 256;

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

// Of a message that quotes the schema.
const MAX_QUOTED = 1_000;
// Shorter ones are parsed in a few milliseconds.
const LARGE_CHARACTERS = 64 * 1024;
// What references lead to may be many times as large as the text, in each of many tools.
const mayRefer = /\$ref|\\u/;
// Other requests get their turn.
const LONGEST_TURN_MS = 10;

/** @param maxCharacters of the texts kept, all together; models are a few times as large */
export function openSchemaParser(
  maxCharacters: number,
  threads: SchemaThreads = openSchemaThreads(),
): SchemaParser {
  const parsed = new LRUCache<string, ParsedSchema>({ maxSize: maxCharacters });
  // Mostly the objects that the store keeps anyway.
  const contents = new LRUCache<string, SchemaContent>({
    maxSize: maxCharacters * CONTENTS_FACTOR,
    sizeCalculation: ({ schema }, key) => schema.length + key.length + OVERHEAD_CHARACTERS,
  });
  // One request asks for the digest of its text several times, and then nobody does any more.
  let last = { text: '', digest: '' };
  const keyOf = (schemaType: string, text: string, references: readonly ResolvedReference[]): string => {
    if (last.text !== text) last = { text, digest: hash('sha256', text, 'base64') };
    const key = `${schemaType} ${last.digest}`;
    return references.length === 0 ? key : `${key} ${digestOf(references)}`;
  };
  const contentKey = (sent: SentText, isNormalized: boolean) =>
    `${keyOf(sent.schemaType, sent.schema, [])}${isNormalized}`;

  return {
    findContent: (sent, isNormalized) =>
      sent.references.length > 0 ? undefined : contents.get(contentKey(sent, isNormalized)),
    keepContent(sent, isNormalized, content) {
      if (sent.references.length === 0) contents.set(contentKey(sent, isNormalized), content);
    },

    // What clients send seldom comes again: to keep all of it would leave the collector more to do than the parsing.
    parse: (schemaType, text, references) =>
      isLarge(text, references)
        ? parseOnce(schemaType, text, references)
        : parseHere(schemaType, text, references),
    parseStored: parseOnce,

    async check(strictness, proposed, existing) {
      let turnEndsMs = performance.now() + LONGEST_TURN_MS;
      for (const earlier of modes[strictness.compatibility].isTransitive
        ? existing.toReversed()
        : existing.slice(-1)) {
        const lines = await checkOne(strictness, proposed, earlier);
        if (lines.length > 0) return lines;
        if (performance.now() < turnEndsMs) continue;
        await nextTurn();
        turnEndsMs = performance.now() + LONGEST_TURN_MS;
      }
      return [];
    },

    async render(request) {
      try {
        const isHeavy = request.length > LARGE_CHARACTERS || mayRefer.test(request);
        return isHeavy ? await threads.run('render', request) : render(request);
      } catch (error) {
        if (!(error instanceof InvalidSchema)) throw error;
        throw new RegistryError('INVALID_SCHEMA', { detail: shorten(error.message) }, { cause: error });
      }
    },

    cacheUsage: () => [usageOf('parsed', parsed), usageOf('contents', contents)],
    threadUsage: () => threads.usage(),
    close: () => threads.close(),
  };

  function parseOnce(...[schemaType, text, references]: Parameters<Parse>): Eventually<ParsedSchema> {
    const key = keyOf(schemaType, text, references);
    const known = parsed.get(key);
    if (known) return known;
    const made = isLarge(text, references)
      ? parseElsewhere(schemaType, text, references)
      : parseHere(schemaType, text, references);
    return made instanceof Promise ? made.then(keep) : keep(made);

    function keep(schema: ParsedSchema): ParsedSchema {
      parsed.set(key, schema, { size: sizeOf({ text, references }) + key.length + OVERHEAD_CHARACTERS });
      return schema;
    }
  }

  function parseHere(...[schemaType, text, references]: Parameters<Parse>): Eventually<ParsedSchema> {
    const type = getSchemaType(schemaType);
    try {
      return type.parse(text, references);
    } catch (error) {
      if (error instanceof RangeError) return parseElsewhere(schemaType, text, references);
      throw toRegistryError(schemaType, error);
    }
  }

  async function parseElsewhere(...[schemaType, text, references]: Parameters<Parse>): Promise<ParsedSchema> {
    const source = sourceOf({ schemaType, text, references });
    const { canonical, normalized } = await elsewhere(schemaType, threads.run('parse', source));
    return {
      schemaType,
      text,
      references,
      canonical: () => canonical,
      normalized: () => normalized,
      formatted: (format) => threads.run('format', { source, format }),
      topLevelFields: () => threads.run('topLevelFields', source),
      findFault: (rules, isStrict = false) => threads.run('findFault', { source, rules, isStrict }),
      tags: () => threads.run('tags', source),
      withTags: (changes) => threads.run('retag', { source, changes }),
    };
  }

  function checkOne(
    strictness: Strictness,
    proposed: ParsedSchema,
    earlier: ParsedVersion,
  ): Eventually<readonly string[]> {
    if (hasModel(proposed) && hasModel(earlier.schema)) {
      const type = getSchemaType(proposed.schemaType);
      const existing = [{ ...earlier, schema: earlier.schema }];
      try {
        return checkCompatibility(type, strictness, proposed, existing, 'quick');
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    const job = {
      strictness,
      proposed: sourceOf(proposed),
      existing: [{ version: earlier.version, schema: sourceOf(earlier.schema) }],
    };
    return elsewhere(proposed.schemaType, threads.run('check', job));
  }

  function sourceOf({
    schemaType,
    text,
    references,
  }: Pick<ParsedSchema, 'schemaType' | 'text' | 'references'>): SchemaSource {
    return { schemaType, text, references, key: keyOf(schemaType, text, references) };
  }
}

const isLarge = (text: string, references: readonly ResolvedReference[]): boolean =>
  sizeOf({ text, references }) > LARGE_CHARACTERS;

const hasModel = (schema: ParsedSchema): schema is SchemaModel => 'model' in schema;

async function elsewhere<T>(schemaType: string, job: Promise<T>): Promise<T> {
  try {
    return await job;
  } catch (error) {
    throw toRegistryError(schemaType, error);
  }
}

/** @throws RegistryError 42201 when the schema has no such record or field */
export async function retagged(parsed: ParsedSchema, changes: TagChanges): Promise<string> {
  try {
    return await parsed.withTags(changes);
  } catch (error) {
    throw toRegistryError(parsed.schemaType, error);
  }
}

function toRegistryError(schemaType: string, error: unknown): unknown {
  // A RangeError is a stack that ran out: the schema is nested too deep for us.
  if (!(error instanceof InvalidSchema || error instanceof RangeError)) return error;
  const detail = `Invalid schema of type ${schemaType}, details: ${shorten(error.message)}`;
  return new RegistryError('INVALID_SCHEMA', { detail }, { cause: error });
}

const shorten = (words: string): string =>
  words.length > MAX_QUOTED ? `${words.slice(0, MAX_QUOTED / 2)} … ${words.slice(-MAX_QUOTED / 2)}` : words;

function digestOf(references: readonly ResolvedReference[]): string {
  const digest = createHash('sha256');
  for (const { name, subject, version, schema } of references) {
    digest.update(JSON.stringify([name, subject, version, schema.length])).update(schema);
  }
  return digest.digest('base64');
}

/**
 * @param isStrict as `validateFields` asks for it
 * @throws RegistryError 42201 when something is wrong with it beyond its grammar
 */
export async function refuseFault(parsed: ParsedSchema, rules: FaultRules, isStrict = false): Promise<void> {
  const words = await elsewhere(parsed.schemaType, Promise.resolve(parsed.findFault(rules, isStrict)));
  if (words === undefined) return;
  throw new RegistryError('INVALID_SCHEMA', { detail: `Invalid schema: ${shorten(words)}` });
}

/** The text with metadata and rules, where there are any. */
export function withContract(text: SchemaContent, { metadata, ruleSet }: Contract): SchemaContent {
  const kept = {
    metadata: metadata && canonicalMetadata(metadata),
    ruleSet: ruleSet && canonicalRuleSet(ruleSet),
  };
  return kept.metadata || kept.ruleSet ? { ...text, ...kept } : text;
}

/** What is stored for a parsed schema, without metadata and rules. */
export function contentOf(
  parsed: ParsedSchema,
  references: readonly Reference[],
  isNormalized: boolean,
): SchemaContent {
  const ordered = isNormalized ? references.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : references;
  return {
    schemaType: parsed.schemaType,
    schema: isNormalized ? parsed.normalized() : parsed.canonical(),
    references: ordered,
  };
}
