import { inParallel } from '../../waiting/in-parallel.ts';
import type { Bucket } from '../bucket.ts';
import type { Database } from '../database.ts';
import type { Touched, TouchedKind } from './batch.ts';
import { folders, keys, REGISTRY_KEY, unseal } from './layout.ts';
import { archiveStatement } from './sql.ts';

/** How far the walk has come: it goes over all that is in the database, then over all that is in the bucket, and waits until that is shipped. */
export type Walk =
  | { readonly phase: 'begin' }
  | { readonly phase: 'settle'; readonly horizon: string }
  | { readonly phase: 'contents'; readonly context: string; readonly id: number }
  | { readonly phase: 'subjects'; readonly context: string; readonly subject: string }
  | { readonly phase: 'contexts' }
  | { readonly phase: 'prune'; readonly next?: string }
  /** Seconds since 1970 by the database's clock: what was noted until then is what the walk noted. */
  | { readonly phase: 'ship'; readonly until: string };

/** Reads what the database has of a walk. One that this server does not understand is not over, and begins anew. */
export function readWalk(stored: unknown): Walk | undefined {
  if (stored === null || stored === undefined) return undefined;
  const { phase, horizon, context, id, subject, next, until } = stored as Record<string, unknown>;
  if (phase === 'contexts') return { phase };
  if (phase === 'settle' && isNumeral(horizon)) return { phase, horizon };
  if (phase === 'contents' && typeof context === 'string' && Number.isInteger(id)) {
    return { phase, context, id: id as number };
  }
  if (phase === 'subjects' && typeof context === 'string' && typeof subject === 'string') {
    return { phase, context, subject };
  }
  if (phase === 'ship' && typeof until === 'string' && /^\d{1,12}(\.\d+)?$/.test(until))
    return { phase, until };
  if (phase === 'prune' && next === undefined) return { phase };
  if (phase === 'prune' && typeof next === 'string') return { phase, next };
  return { phase: 'begin' };
}

const isNumeral = (value: unknown): value is string => typeof value === 'string' && /^\d{1,19}$/.test(value);

const PAGE = 2_000;
const REQUESTS_AT_ONCE = 32;

type Name = Pick<Touched, 'kind' | 'context' | 'key'>;

/**
 * Notes a page of what is there, as if it had just changed; answers where to go on, undefined when all of it is shipped. A database
 * that was not watched may also have lost what the bucket still holds: that is noted at last, and so removed.
 */
export async function noteNext(
  database: Database,
  bucket: Bucket,
  walk: Walk,
  signal: () => AbortSignal,
): Promise<Walk | undefined> {
  switch (walk.phase) {
    case 'begin': {
      const [row] = await database.query<{ horizon: string }>(archiveStatement('archiveHorizon'));
      return { phase: 'settle', horizon: row?.horizon ?? '0' };
    }
    case 'settle': {
      // Whoever wrote without noting it had begun before the archive was on: what they wrote is seen once they ended.
      const [row] = await database.query<{ is_past: boolean }>(archiveStatement('archiveIsPast'), [
        walk.horizon,
      ]);
      return row?.is_past ? { phase: 'contents', context: '', id: 0 } : walk;
    }
    case 'contents': {
      const [last] = await database.query<{ context: string; id: number }>(
        archiveStatement('archiveWalkContents'),
        [walk.context, walk.id, PAGE],
      );
      return last ? { phase: 'contents', ...last } : { phase: 'subjects', context: '', subject: '' };
    }
    case 'subjects': {
      const [last] = await database.query<{ context: string; subject: string }>(
        archiveStatement('archiveWalkSubjects'),
        [walk.context, walk.subject, PAGE],
      );
      return last ? { phase: 'subjects', ...last } : { phase: 'contexts' };
    }
    case 'contexts':
      await database.query(archiveStatement('archiveWalkContexts'));
      return { phase: 'prune' };
    case 'prune': {
      const page = await bucket.list('', walk.next, signal());
      const found: Name[] = [];
      await inParallel(page.keys, REQUESTS_AT_ONCE, async (key) => {
        const name = await nameOf(bucket, key, signal);
        if (name) found.push(name);
      });
      await database.query(archiveStatement('archiveNoteGone'), [JSON.stringify(found)]);
      if (page.next !== undefined) return { phase: 'prune', next: page.next };
      const [row] = await database.query<{ now: string }>(archiveStatement('archiveNow'));
      return { phase: 'ship', until: row?.now ?? '0' };
    }
    case 'ship': {
      // An object that S3 refuses is not there, and without it the archive is not whole.
      const [row] = await database.query<{ waits: boolean }>(archiveStatement('archiveWaits'), [walk.until]);
      return row?.waits === false ? undefined : walk;
    }
  }
}

const kinds = Object.entries({
  content: folders.contents,
  context: folders.contexts,
  loose: folders.loose,
  subject: folders.subjects,
} as const satisfies Record<TouchedKind, string>) as [TouchedKind, string][];

/** What a key of the bucket stands for; undefined when it is none of ours. */
async function nameOf(bucket: Bucket, key: string, signal: () => AbortSignal): Promise<Name | undefined> {
  const kind = kinds.find(([, folder]) => key.startsWith(folder))?.[0];
  if (kind === undefined || key === REGISTRY_KEY || !key.endsWith('.json')) return undefined;
  const segments = key.slice(0, -'.json'.length).split('/').slice(1);
  if (kind === 'content') {
    const digest = /^[0-9a-f]{64}$/.exec(segments[1] ?? '')?.[0];
    return digest === undefined ? undefined : { kind, context: '', key: digest };
  }
  if (kind === 'loose' && !/^\d{1,9}$/.test(segments[1] ?? '')) return undefined;
  let names = segments.map(readSegment);
  if (names.includes(undefined)) {
    const text = await bucket.find(key, signal());
    const record = text === undefined ? undefined : unseal<{ context: string; subject?: string }>(text);
    if (record === undefined) return undefined;
    names = [record.context, record.subject ?? segments[1]];
  }
  const [context = '', name = ''] = names;
  const touched = { kind, context, key: kind === 'context' ? '' : name };
  return keyOf(touched) === key ? touched : undefined;
}

function keyOf({ kind, context, key }: Name): string {
  switch (kind) {
    case 'content':
      return keys.content(key);
    case 'context':
      return keys.context(context);
    case 'loose':
      return keys.loose(context, key);
    case 'subject':
      return keys.subject({ context, subject: key });
  }
}

/** Undefined for a name that was too long to be written. */
function readSegment(text: string): string | undefined {
  if (text.includes('~')) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('!', '%'));
  } catch {
    return undefined;
  }
}
