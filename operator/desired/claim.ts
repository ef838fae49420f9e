import type { KubeObject } from '../kubernetes.ts';
import type { Registry, Storage } from '../spec.ts';
import { type Component, labels, meta, names, type Observed, selectorLabels } from './child.ts';

/** What the StatefulSet makes the volume's claim from. Cannot be changed later, so nothing in it may vary. */
export function claimTemplate(registry: Registry, component: Component, storage: Storage) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', labels: labels(registry, component) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: storage.size } },
      ...(storage.storageClassName === undefined ? {} : { storageClassName: storage.storageClassName }),
    },
  };
}

/**
 * Ties a claim to the registry when the data is to go with it. Not through the StatefulSet's own retention policy:
 * under that, whoever deletes the StatefulSet by hand deletes the data.
 */
export function claim(
  registry: Registry,
  component: 'postgres' | 'redis',
  observed: Observed,
): KubeObject | undefined {
  const name = `data-${names(registry)[component]}-0`;
  if (
    !observed.claims.some(
      ({ metadata }) => metadata?.name === name && metadata.deletionTimestamp === undefined,
    )
  )
    return undefined;
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
  };
}
