import type { Lifecycle, WaitReason } from './lifecycle.ts';
import type { Archive } from './store/archive/archive.ts';
import type { ArchiveStatus } from './store/archive/archive-health.ts';
import { type Out, type OutReason, StoreUnavailable, sqlState } from './store/database.ts';
import type { Identity } from './store/identity/identity.ts';
import type { IdentityGuard } from './store/identity/identity-guard.ts';
import type { SharedCache } from './store/redis.ts';
import { statementFailure } from './store/statement-failure.ts';
import type { Store, StoreStatus } from './store/store.ts';
import { version } from './version.ts';
import { within } from './waiting/within.ts';

export interface ReadinessParts {
  readonly store: Store;
  readonly identity?: Pick<IdentityGuard, 'last'>;
  readonly sharedCache: SharedCache | undefined;
  readonly archive?: Archive | undefined;
  readonly lifecycle: Lifecycle;
}

/** From the best to the worst. `degraded`: requests are answered, but Redis, S3 or the room to write is missing. */
export const readinessStatuses = ['up', 'degraded', 'down'] as const;

/**
 * Whether requests can be answered, and with what. It names hosts, versions and a bucket: outside the cluster only its
 * status is anybody's business.
 */
export interface Readiness {
  readonly status: (typeof readinessStatuses)[number];
  readonly version: string;
  /** Why it is down. */
  readonly cause?: string | undefined;
  /** The same in one word for programs, where it is neither a service that is out nor the end of the server. */
  readonly reason?: WaitReason | undefined;
  readonly checks: {
    readonly database?: DatabaseCheck;
    /** It is here while nothing can be written; what is there can still be read. */
    readonly writes?: DatabaseCheck | undefined;
    readonly cache?: Check;
    readonly archive?: Check & Partial<ArchiveStatus> & { readonly address?: string };
  };
}

interface Check {
  readonly kind: string;
  readonly status: 'up' | 'down' | 'unknown';
  readonly cause?: string | undefined;
  readonly reason?: OutReason | undefined;
}

type DatabaseCheck = Check & Partial<StoreStatus> & Partial<Identity>;

/** Below the timeout of a probe. */
const DEADLINE_MS = 2_000;

/** Looks each time it is asked, at most for the deadline. */
export function openReadiness({
  store,
  identity,
  sharedCache,
  archive,
  lifecycle,
}: ReadinessParts): () => Promise<Readiness> {
  return async () => {
    const { writesOut, ...database } = await checkDatabase();
    const checks = {
      database,
      writes: checkWrites(writesOut),
      cache: await checkCache(),
      archive: checkArchive(),
    };
    const isUp = lifecycle.phase.is === 'serving' && database.status === 'up';
    const isWhole =
      checks.writes === undefined && checks.cache.status === 'up' && checks.archive.status !== 'down';
    return {
      status: !isUp ? 'down' : isWhole ? 'up' : 'degraded',
      version,
      cause: isUp ? undefined : causeOf(database.cause),
      reason:
        lifecycle.phase.is === 'starting' && database.status === 'up' ? lifecycle.phase.reason : undefined,
      checks,
    };
  };

  function causeOf(databaseCause: string | undefined): string | undefined {
    const { phase } = lifecycle;
    if (phase.is === 'draining') return 'the server is shutting down';
    return databaseCause ?? (phase.is === 'starting' ? phase.cause : undefined);
  }

  function checkWrites(out: Out | undefined): DatabaseCheck | undefined {
    return out && { kind: store.kind, status: 'down', cause: out.words, reason: out.reason };
  }

  async function checkDatabase(): Promise<DatabaseCheck> {
    const { kind } = store;
    try {
      return {
        ...(await within(store.status(DEADLINE_MS), DEADLINE_MS, tooLate)),
        ...identity?.last(),
        status: 'up',
        cause: undefined,
      };
    } catch (error) {
      if (error instanceof StoreUnavailable)
        return { kind, status: 'down', cause: error.message, reason: error.reason };
      const failure = statementFailure(error);
      if (failure === undefined || sqlState(error) === undefined) throw error;
      const cause = `the database refuses a statement: ${failure.message} (${failure.sqlState})`;
      return {
        kind,
        status: 'down',
        cause,
        reason: isOfTables(failure.sqlState) ? 'TablesChanged' : undefined,
      };
    }
  }

  function checkArchive() {
    if (!archive) return { kind: 'none', status: 'up' } as const;
    return { kind: 's3', address: archive.address, ...archive.status() } as const;
  }

  async function checkCache(): Promise<Check> {
    if (!sharedCache) return { kind: 'none', status: 'up' };
    if (await sharedCache.ping(DEADLINE_MS)) return { kind: 'redis', status: 'up' };
    const { words, reason } = sharedCache.outCause() ?? {
      words: 'Redis is not connected yet',
      reason: 'Unreachable',
    };
    return { kind: 'redis', status: 'down', cause: words, reason };
  }
}

/** Probes go by it. */
export function statusOf({ status }: Pick<Readiness, 'status'>): 200 | 503 {
  return status === 'down' ? 503 : 200;
}

/** Of what the workers of a server said. One that says nothing that can be read says nothing. */
export function worstOf(answers: readonly unknown[]): Readiness {
  const readable = answers.filter((one): one is Readiness =>
    readinessStatuses.includes((one as Readiness | null)?.status as Readiness['status']),
  );
  const rank = ({ status }: Readiness) => readinessStatuses.indexOf(status);
  const [worst] = readable.toSorted((one, other) => rank(other) - rank(one));
  return worst ?? { status: 'down', version, cause: 'no worker answers', checks: {} };
}

/** Class 42 of PostgreSQL's error codes: a table or a column is missing, or may not be read. */
const isOfTables = (state: string) => state.startsWith('42');

function tooLate(): never {
  throw new StoreUnavailable(`the database did not answer within ${DEADLINE_MS} ms`);
}
