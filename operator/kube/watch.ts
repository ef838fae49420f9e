import type { Health } from '../health.ts';
import { keyOf } from '../labels.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { pause } from '../pause.ts';
import { retryDelayMs } from '../queue.ts';
import { ApiError, isExpired } from './api-error.ts';
import type { Cache } from './cache.ts';
import type { Cluster } from './cluster.ts';
import type { Kind } from './kinds.ts';
import type { KubeObject } from './kubernetes.ts';

/** A watch is given up after this silence, for bookmarks come about once a minute. */
const usualSilenceMs = 90_000;
/** A server or proxy that closes a watch sooner is failing, and is asked again later and later. */
const shortestWatchMs = 1_000;
/** A watch that stood for longer than this was none of a row of failures. */
const steadyWatchMs = 10_000;
const longestPauseMs = 30_000;

interface ReflectorParts {
  readonly cluster: Cluster;
  readonly kind: Kind;
  /** Selects what is listed and watched, by label or by field. */
  readonly query: Readonly<Record<string, string>>;
  readonly namespace: string | undefined;
  readonly cache: Pick<Cache, 'remove'> & {
    put(object: KubeObject): string | undefined;
    replace(objects: readonly KubeObject[], namespace?: string, resourceVersion?: string): Iterable<string>;
    toldUntil?(resourceVersion: string | undefined, namespace?: string): void;
  };
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health?: Health;
  /** A watch on which nothing was heard for so long, not even a bookmark, hangs on a dead connection. */
  readonly silenceMs?: number;
  /** Told the key of each registry for which something may have changed. */
  readonly onKey: (key: string) => void;
}

/**
 * Keeps the cache of one kind in step with the API server: lists, then watches from there, and does so again after
 * every cut, error or 410, until `signal` ends it. Never gives up.
 * @param onSynced called once, after the first list
 */
export async function reflect(
  parts: ReflectorParts,
  signal: AbortSignal,
  onSynced: () => void,
): Promise<void> {
  const { cluster, kind, query, namespace, cache, log, metrics, health, onKey } = parts;
  const { silenceMs = usualSilenceMs } = parts;
  const part =
    namespace === undefined ? `watch of ${kind.plural}` : `watch of ${kind.plural} in ${namespace}`;
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    let openedMs: number | undefined;
    let standing: NodeJS.Timeout | undefined;
    try {
      if (resourceVersion === undefined) {
        const page = await cluster.list(kind, query, namespace);
        for (const key of cache.replace(page.items, namespace, page.resourceVersion)) onKey(key);
        resourceVersion = page.resourceVersion;
        onSynced();
      }
      // Between four and six minutes, so that the watches of all kinds do not end together.
      const timeoutSeconds = String(Math.round(240 + Math.random() * 120));
      await cluster.watch(
        kind,
        { ...query, resourceVersion, timeoutSeconds },
        namespace,
        silenceMs,
        signal,
        (event) => {
          failures = 0;
          health?.works(part);
          resourceVersion = event.object.metadata.resourceVersion;
          const object: KubeObject = { ...event.object, apiVersion: kind.apiVersion, kind: kind.kind };
          let left: string | undefined;
          if (event.type === 'DELETED') cache.remove(object);
          else if (event.type !== 'BOOKMARK') left = cache.put(object);
          cache.toldUntil?.(resourceVersion, namespace);
          if (event.type === 'BOOKMARK') return;
          if (left !== undefined) onKey(left);
          onKey(keyOf(object));
        },
        () => {
          openedMs = performance.now();
          standing = setTimeout(() => health?.works(part), shortestWatchMs);
        },
      );
      if (sinceMs(openedMs) < shortestWatchMs) throw new Error('the watch was closed as soon as it was open');
    } catch (error) {
      clearTimeout(standing);
      if (signal.aborted) break;
      if (isExpired(error)) resourceVersion = undefined;
      // Most that end for silence have stood on a quiet kind, and are missed at once.
      if (sinceMs(openedMs) > Math.min(steadyWatchMs, silenceMs / 2)) failures = 0;
      const cause = error instanceof ApiError ? String(error.code) : (error as Error).name;
      metrics.watchRestarts.inc({ kind: kind.kind, cause });
      const delayMs = retryDelayMs(failures);
      failures += 1;
      health?.fails(part, error);
      // The first cut is everyday life; a row of them is worth a line.
      if (failures > 1) log.warn('watch failed, starting it again', { kind: kind.kind, delayMs, error });
      // What happened while nobody watched is in the next list; 404 is a CRD that is not there yet.
      if (failures > 3) resourceVersion = undefined;
      await pause(Math.min(delayMs, longestPauseMs), signal);
    }
    clearTimeout(standing);
  }
  // What nobody wants to watch any more fails nobody.
  health?.works(part);
}

function sinceMs(startMs: number | undefined): number {
  return startMs === undefined ? 0 : performance.now() - startMs;
}
