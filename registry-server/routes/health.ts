import { Router } from '@koa/router';
import type { Lifecycle } from '../lifecycle.ts';
import type { Archive } from '../store/archive.ts';
import { type Out, StoreUnavailable, sqlState } from '../store/database.ts';
import type { SharedCache } from '../store/redis.ts';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';

export interface Dependencies {
  readonly store: Store;
  readonly cache: SharedCache | undefined;
  readonly archive?: Archive | undefined;
  readonly lifecycle: Lifecycle;
}

interface DatabaseCheck {
  readonly kind: string;
  readonly status: 'up' | 'down';
  readonly cause?: string | undefined;
  readonly reason?: string;
  readonly writesOut?: Out | undefined;
}

/** Below the timeout of a probe. */
const DEADLINE_MS = 2_000;

/** For Kubernetes and the operator, which reads the body of /ready. Open to all, and never behind the time limit. */
export function healthRouter({ store, cache, archive, lifecycle }: Dependencies): Router {
  const router = new Router();

  router.get('/health', (ctx) => {
    ctx.body = { status: 'up', version };
  });

  router.get('/ready', async (ctx) => {
    const { writesOut, ...database } = await checkDatabase();
    const checks = {
      database,
      writes: checkWrites(writesOut),
      cache: await checkCache(),
      archive: checkArchive(),
    };
    const { phase } = lifecycle;
    const isReady = phase.is === 'serving' && database.status === 'up';
    const isWhole =
      checks.writes === undefined && checks.cache.status === 'up' && checks.archive.status !== 'down';
    const status = !isReady ? 'unready' : isWhole ? 'ready' : 'degraded';
    ctx.status = isReady ? 200 : 503;
    ctx.body = { status, version, cause: isReady ? undefined : causeOf(checks.database.cause), checks };
  });

  return router;

  function causeOf(databaseCause: string | undefined): string | undefined {
    const { phase } = lifecycle;
    if (phase.is === 'draining') return 'the server is shutting down';
    return databaseCause ?? (phase.is === 'starting' ? phase.cause : undefined);
  }

  /** Shown where they are out: what is there can still be read. */
  function checkWrites(out: Out | undefined) {
    return out && { kind: store.kind, status: 'down', cause: out.words, reason: out.reason };
  }

  async function checkDatabase(): Promise<DatabaseCheck> {
    const { kind } = store;
    try {
      return { ...(await within(DEADLINE_MS, store.status(DEADLINE_MS))), status: 'up', cause: undefined };
    } catch (error) {
      if (error instanceof StoreUnavailable)
        return { kind, status: 'down', cause: error.message, reason: error.reason };
      if (sqlState(error) === undefined) throw error;
      return { kind, status: 'down', cause: `the database refuses a statement (${sqlState(error)})` };
    }
  }

  function checkArchive() {
    if (!archive) return { kind: 'none', status: 'up' };
    return { kind: 's3', address: archive.address, ...archive.status() };
  }

  async function checkCache() {
    if (!cache) return { kind: 'none', status: 'up' };
    if (await cache.ping(DEADLINE_MS)) return { kind: 'redis', status: 'up' };
    const { words, reason } = cache.outCause() ?? {
      words: 'Redis is not connected yet',
      reason: 'Unreachable',
    };
    return { kind: 'redis', status: 'down', cause: words, reason };
  }
}

async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new StoreUnavailable(`the database did not answer within ${deadlineMs} ms`);
    timer = setTimeout(() => reject(error), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
