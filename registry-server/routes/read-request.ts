import { recordOf } from '../before-koa/http-record.ts';
import { RegistryError } from '../errors.ts';
import type { QueryName } from '../openapi/parameters.ts';
import { MAX_INTEGER } from '../reading/read-integer.ts';
import { readSubjectName } from '../reading/read-subject-name.ts';
import { readVersion } from '../reading/read-version.ts';
import type { VersionWanted } from '../services/find-version.ts';
import { getWritableName, type SubjectName } from '../subject-name.ts';
import type { RouteContext } from './route.ts';

/**
 * The subject that is only read or removed; `writableSubjectOf` is for one that is written to.
 * @throws RegistryError 400
 */
export function subjectOf(ctx: RouteContext<'subject'>): SubjectName {
  return readSubjectName(ctx.params.subject);
}

/** @throws RegistryError 42208 when nothing may be stored under the name */
export function writableSubjectOf(ctx: RouteContext<'subject'>, what: 'a schema' | 'settings'): SubjectName {
  return getWritableName(ctx.params.subject, what);
}

/** Anything but "true" is false; Python writes True. */
export function flag(ctx: RouteContext, name: QueryName): boolean {
  return query(ctx, name)?.toLowerCase() === 'true';
}

/** Of a parameter that may be repeated. */
export function queries(ctx: RouteContext, name: QueryName): readonly string[] {
  return search(ctx).getAll(name);
}

export function query(ctx: RouteContext, name: QueryName): string | undefined {
  return search(ctx).get(name) ?? undefined;
}

// Koa's own reads all values of a name each time that the name appears: seconds, where it appears ten thousand times.
function search(ctx: RouteContext): URLSearchParams {
  const record = recordOf(ctx);
  record.search ??= new URLSearchParams(ctx.querystring);
  return record.search;
}

export interface Page {
  readonly offset: number;
  readonly limit?: number;
}

export function pageOf(ctx: RouteContext): Page {
  const [offset, limit] = (['offset', 'limit'] as const).map((name) => {
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
export function versionOf(ctx: RouteContext<'version'>): VersionWanted {
  return readVersion(ctx.params.version);
}

/** @throws RegistryError 404 without a code of its own, as for an unknown path */
export function idOf(ctx: RouteContext<'id'>): number {
  const text = ctx.params.id;
  const id = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(id) <= MAX_INTEGER)) throw new RegistryError('NO_SUCH_PATH');
  return id;
}
