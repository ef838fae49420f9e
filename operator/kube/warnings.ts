import type { Cluster } from './cluster.ts';

interface Event {
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly metadata: { readonly creationTimestamp?: string };
}

/**
 * What controllers last complained of, by the uid of the object: a claim or a StatefulSet has no condition that tells
 * of a missing class or of a quota. Asked for only where one waits without a reason, so events are not watched.
 */
export type ReadWarnings = (
  namespace: string,
  uids: readonly string[],
) => Promise<ReadonlyMap<string, string>>;

export function warningsOf(cluster: Cluster): ReadWarnings {
  return async (namespace, uids) => {
    const found = new Map<string, string>();
    for (const uid of uids) {
      const query = new URLSearchParams({ fieldSelector: `type=Warning,involvedObject.uid=${uid}` });
      const path = `/api/v1/namespaces/${namespace}/events?${query}`;
      const { items } = (await cluster.request('GET', path)) as { items: readonly Event[] };
      const newest = items.reduce<Event | undefined>(
        (last, event) => (last === undefined || timeOf(event) >= timeOf(last) ? event : last),
        undefined,
      );
      if (newest?.message !== undefined) found.set(uid, newest.message.slice(0, 500));
    }
    return found;
  };
}

function timeOf({ lastTimestamp, eventTime, metadata }: Event): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}
