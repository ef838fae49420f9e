import type { KubeObject, V1PersistentVolumeClaim, V1StatefulSet } from '../kubernetes.ts';
import { parseQuantity } from '../quantity.ts';
import type { Registry, Storage } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { labels, meta, names, type Observed, selectorLabels } from './child.ts';

type WithVolume = 'postgres' | 'redis';

/**
 * What the StatefulSet makes the volume's claim from. It cannot be changed later, so what is there stays; a volume that
 * has grown since is found by its claim's name all the same.
 */
export function claimTemplate(
  registry: Registry,
  component: WithVolume,
  storage: Storage,
  found: V1StatefulSet | undefined,
) {
  const before = found?.spec?.volumeClaimTemplates?.[0]?.spec;
  const size = before?.resources?.requests?.storage ?? storage.size;
  const { storageClassName } = before ?? storage;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', labels: labels(registry, component) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: size } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}

/**
 * The claim once the StatefulSet has made it: its size, which may grow, and whether the data is to go with the
 * registry. That not through the StatefulSet's own retention policy: under it, whoever deletes the StatefulSet by hand
 * deletes the data.
 * @throws BadSpec where the spec wants another volume than the one that is there
 */
export function claim(registry: Registry, component: WithVolume, observed: Observed): KubeObject | undefined {
  const storage = storageOf(registry, component);
  if (storage === undefined) return undefined;
  mustBeOfClass(component, storage, observed[component]);
  const found = findClaim(registry, component, observed);
  if (found === undefined || found.metadata?.deletionTimestamp !== undefined) return undefined;
  mustNotShrink(component, storage, found);
  const name = claimName(registry, component);
  const { apiVersion, kind, metadata } = meta(registry, 'PersistentVolumeClaim', component, name);
  const { ownerReferences, ...rest } = metadata;
  const isOwned = registry.deletionPolicy === 'Delete';
  const owner = ownerReferences.map(({ controller: _controller, ...reference }) => reference);
  return {
    apiVersion,
    kind,
    metadata: {
      ...rest,
      labels: selectorLabels(registry, component),
      ...(isOwned ? { ownerReferences: owner } : {}),
    },
    spec: { resources: { requests: { storage: sizeOf(found, storage) } } },
  };
}

/** One that has no volume yet cannot be changed: the API server would refuse it, and a size that nobody has yet can wait. */
function sizeOf({ spec, status }: V1PersistentVolumeClaim, { size }: Storage): string {
  return status?.phase === 'Bound' ? size : (spec?.resources?.requests?.storage ?? size);
}

export function claimName(registry: Registry, component: WithVolume): string {
  return `data-${names(registry)[component]}-0`;
}

export function findClaim(
  registry: Registry,
  component: WithVolume,
  { claims }: Observed,
): V1PersistentVolumeClaim | undefined {
  const name = claimName(registry, component);
  return claims.find(({ metadata }) => metadata?.name === name);
}

export function storageOf({ database, cache }: Registry, component: WithVolume): Storage | undefined {
  const part = component === 'postgres' ? database : cache;
  return part?.kind === 'managed' ? part.storage : undefined;
}

/** Where the spec says what the volume is like. */
export const storageField = {
  postgres: 'spec.database.managed.storage',
  redis: 'spec.cache.managed.storage',
};

/** Below what a request that failed had asked for a claim may go back, but never below what the volume has. */
function mustNotShrink(component: WithVolume, { size }: Storage, { spec, status }: V1PersistentVolumeClaim) {
  const there = status?.capacity?.storage ?? spec?.resources?.requests?.storage;
  if (there === undefined || parseQuantity(size) >= parseQuantity(there)) return;
  throw new BadSpec(
    `${storageField[component]}.size: "${size}" is less than the volume has, which cannot shrink; write ${there} or more`,
  );
}

function mustBeOfClass(
  component: WithVolume,
  { storageClassName }: Storage,
  found: V1StatefulSet | undefined,
) {
  const before = found?.spec?.volumeClaimTemplates?.[0]?.spec;
  if (before === undefined || before.storageClassName === storageClassName) return;
  const right = before.storageClassName === undefined ? 'leave it out' : `write ${before.storageClassName}`;
  throw new BadSpec(
    `${storageField[component]}.storageClassName: "${storageClassName ?? ''}" is not the class of the volume, which cannot change; ${right}`,
  );
}
