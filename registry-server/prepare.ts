import { setTimeout as delay } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { Archive } from './store/archive/archive.ts';
import { StoreUnavailable, sqlState } from './store/database.ts';
import type { IdentityGuard } from './store/identity/identity-guard.ts';
import { DatabaseTooNew } from './store/migrate.ts';
import { NotServed } from './store/not-served.ts';
import { statementFailure } from './store/statement-failure.ts';
import type { Store } from './store/store.ts';
import { backOffMs } from './waiting/back-off.ts';
import { aborted } from './waiting/until-signalled.ts';
import type { WorkerLink } from './workers/worker-link.ts';

// A start waits for one database with nothing else to do: once a second is no burden, and a second is not long.
const RETRY = { firstMs: 100, longestMs: 1_000 };
/** A person has to do something, or S3 has to come back: each try asks both. */
const NOT_SERVED_MS = 3_000;
interface PrepareParts {
  readonly store: Store;
  readonly fillDatabase: () => Promise<void>;
  readonly archive: Archive | undefined;
  readonly identity: IdentityGuard;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly link: WorkerLink | undefined;
  readonly lost: () => void;
}

/** Tries until the database is there, is that of the registry, and its tables are up to date. */
export async function prepare(parts: PrepareParts): Promise<void> {
  const { store, fillDatabase, archive, identity, lifecycle, log, signal, link, lost } = parts;
  let lastCause = '';
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      if (!archive) await identity.mustNotBeBare();
      await store.migrate(signal);
      await fillDatabase();
      await identity.mustBeExpected();
      store.watch({
        changed: () => archive?.wake(),
        // It may be another database that answers now.
        connected: () => identity.look(),
        lost() {},
        failed: (error) =>
          log.warn('change feed cannot begin', statementFailure(error) ?? { cause: String(error) }),
      });
      archive?.start();
      identity.watch({
        lost({ message, reason }) {
          log.error('the registry is not served', { cause: message });
          lifecycle.lose(message, reason);
        },
        canBeginAnew() {
          log.error('the database is another one: the server ends, and begins anew', {});
          lost();
        },
      });
      lifecycle.waitFor('other workers are starting');
      if (link) await Promise.race([link.prepared(), aborted(signal)]);
      if (!signal.aborted) lifecycle.serve();
      return;
    } catch (error) {
      if (!isExpected(error)) throw error;
      const reason = error instanceof NotServed ? error.reason : undefined;
      lifecycle.waitFor(error.message, reason);
      if (error.message !== lastCause) {
        if (reason) log.error('the registry is not served', { cause: error.message });
        else log.warn('waiting for the database', { cause: error.message, ...statementFailure(error) });
      }
      lastCause = error.message;
      await delay(reason ? NOT_SERVED_MS : backOffMs(failures, RETRY), undefined, { signal }).catch(() => {});
    }
  }
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof StoreUnavailable ||
    error instanceof DatabaseTooNew ||
    error instanceof NotServed ||
    sqlState(error) !== undefined
  );
}
