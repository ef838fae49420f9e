import type { Served } from '../observed.ts';
import { pause } from '../pause.ts';
import { isNotFound } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import type { Kind, KindName } from './kinds.ts';
import { reflect } from './watch.ts';

const firstLookMs = 2_000;
/** What is installed later is noticed within this time, and what is removed, too. */
const longestLookMs = 30_000;

interface OptionalKindParts {
  readonly name: KindName;
  readonly reflector: Parameters<typeof reflect>[0] & { readonly kind: Kind };
  /** The optional kinds that the API server has now. */
  readonly served: Set<Served>;
  /** Told when the kind has come or gone. */
  readonly onChange: () => void;
}

/** Reflects a kind for as long as the cluster has its CRD, and waits for that without complaint. */
export async function reflectWhileServed(
  { name, reflector, served, onChange }: OptionalKindParts,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, kind, namespace, cache } = reflector;
  let lookAgainMs = firstLookMs;
  let watching: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  while (!signal.aborted) {
    const isThere = await isServed(cluster, kind, namespace);
    if (isThere === true && watching === undefined) {
      const stop = new AbortController();
      const ended = reflect(reflector, AbortSignal.any([signal, stop.signal]), () => {
        served.add(name);
        onChange();
      });
      watching = { stop, ended };
    } else if (isThere === false && watching !== undefined) {
      watching.stop.abort();
      await watching.ended;
      watching = undefined;
      served.delete(name);
      cache.replace([], namespace);
      onChange();
    }
    await pause(lookAgainMs, signal);
    lookAgainMs = Math.min(lookAgainMs * 2, longestLookMs);
  }
  await watching?.ended;
}

/** undefined where the API server gives no clear answer: then all stays as it was. */
async function isServed(
  cluster: Cluster,
  kind: Kind,
  namespace: string | undefined,
): Promise<boolean | undefined> {
  try {
    await cluster.list(kind, { labelSelector: 'app.kubernetes.io/managed-by=nobody' }, namespace);
    return true;
  } catch (error) {
    return isNotFound(error) ? false : undefined;
  }
}
