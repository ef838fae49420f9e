import type { RouterContext } from '@koa/router';
import { RegistryError } from '../errors.ts';
import type { JsonObject } from '../middleware/read-body.ts';
import type { Reference } from '../schema-types/schema-type.ts';
import type { VersionWanted } from '../services/find-version.ts';
import type { SentSchema } from '../services/read-schema-text.ts';
import { DEFAULT_CONTEXT, parseSubjectName, type SubjectName } from '../subject-name.ts';
import { readMetadata, readRuleSet } from './read-contract.ts';

const MAX_INTEGER = 2 ** 31 - 1;

export function parameter(ctx: RouterContext, name: string): string {
  return ctx.params[name] ?? '';
}

/**
 * Of what is only read or removed; `getWritableName` is for what is written.
 * @throws RegistryError 400
 */
export function subjectOf(ctx: RouterContext): SubjectName {
  return readName(parameter(ctx, 'subject'));
}

/** @throws RegistryError 400 */
export function readName(text: string): SubjectName {
  // Nothing is named so, and PostgreSQL would not even look for it.
  if (text.includes('\u0000')) throw new RegistryError('BAD_REQUEST', { detail: 'A subject has no NUL' });
  return parseSubjectName(text);
}

/** Anything but "true" is false; Python writes True. */
export function flag(ctx: RouterContext, name: string): boolean {
  return query(ctx, name)?.toLowerCase() === 'true';
}

/** `:*:p` is p in every context, `:.ctx:p` in one, `p` in the default one. */
export function readPrefix(text: string): { context?: string; prefix: string } {
  const qualified = /^:(\*|\.[^:]*)(?::(.*))?$/s.exec(text);
  if (!qualified) return { context: DEFAULT_CONTEXT, prefix: text };
  return { context: qualified[1] === '*' ? undefined : qualified[1], prefix: qualified[2] ?? '' };
}

/** Of a parameter that may be repeated. */
export function queries(ctx: RouterContext, name: string): readonly string[] {
  return search(ctx).getAll(name);
}

export function query(ctx: RouterContext, name: string): string | undefined {
  return search(ctx).get(name) ?? undefined;
}

// Koa's own reads all values of a name each time that the name appears: seconds, where it appears ten thousand times.
function search(ctx: RouterContext): URLSearchParams {
  const { search: known = new URLSearchParams(ctx.querystring) } = ctx.state;
  ctx.state.search = known;
  return known;
}

export interface Page {
  readonly offset: number;
  readonly limit?: number;
}

export function pageOf(ctx: RouterContext): Page {
  const [offset, limit] = ['offset', 'limit'].map((name) => {
    const text = query(ctx, name) ?? '';
    if (text === '') return 0;
    const number = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    // As where a path is wrong: the reference finds no resource for what is not a Java int.
    if (!(Math.abs(number) <= MAX_INTEGER)) throw new RegistryError('NO_SUCH_PATH');
    return number;
  }) as [number, number];
  return { offset: Math.max(0, offset), limit: limit > 0 ? limit : undefined };
}

export function slicePage<T>(list: readonly T[], { offset, limit }: Page): readonly T[] {
  return list.slice(offset, limit === undefined ? undefined : offset + limit);
}

/** @throws RegistryError 42202 */
export function versionOf(ctx: RouterContext): VersionWanted {
  return readVersion(parameter(ctx, 'version'));
}

/** @throws RegistryError 42202 */
export function readVersion(text: string): VersionWanted {
  if (text.toLowerCase() === 'latest' || text === '-1') return 'latest';
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_INTEGER) throw new RegistryError('INVALID_VERSION', { version: text });
  return number;
}

/** @throws RegistryError 404 without a code of its own, as for an unknown path */
export function idOf(ctx: RouterContext): number {
  const text = parameter(ctx, 'id');
  const id = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(id) <= MAX_INTEGER)) throw new RegistryError('NO_SUCH_PATH');
  return id;
}

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

/** Numbers are also taken as text, as the reference's JSON library takes them. */
function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
}

/** A whole number of the body, undefined when absent. */
export function readInteger(body: JsonObject, key: string): number | undefined {
  const value = asNumber(body[key]);
  if (value == null) return undefined;
  if (Number.isInteger(value) && Math.abs(value as number) <= MAX_INTEGER) return value as number;
  throw new RegistryError('BAD_REQUEST', { detail: `"${key}" must be a whole number` });
}
