import type { KubeObject, V1StatefulSet } from '../kubernetes.ts';
import { parseQuantity } from '../quantity.ts';
import { BadSpec, type Registry, type Storage } from '../spec.ts';
import { labels, meta, names, type Observed, selectorLabels } from './child.ts';

/**
 * What the StatefulSet makes the volume's claim from. It cannot be changed later, so nothing in it may vary.
 * @throws BadSpec where the spec wants another volume than the one that is there
 */
export function claimTemplate(
  registry: Registry,
  component: 'postgres' | 'redis',
  storage: Storage,
  found: V1StatefulSet | undefined,
) {
  mustBeAsFound(component, storage, found);
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

const fields = { postgres: 'spec.database.managed.storage', redis: 'spec.cache.managed.storage' };

function mustBeAsFound(
  component: 'postgres' | 'redis',
  wanted: Storage,
  found: V1StatefulSet | undefined,
): void {
  const claimSpec = found?.spec?.volumeClaimTemplates?.[0]?.spec;
  const size = claimSpec?.resources?.requests?.storage;
  if (size === undefined) return;
  if (parseQuantity(wanted.size) !== parseQuantity(size)) {
    const why =
      parseQuantity(wanted.size) < parseQuantity(size)
        ? 'a volume cannot shrink'
        : 'growing it is not supported yet';
    throw new BadSpec(
      `${fields[component]}.size: "${wanted.size}" is not the size of the volume; ${why}; write ${size}`,
    );
  }
  const className = claimSpec?.storageClassName;
  if (wanted.storageClassName !== className) {
    const right = className === undefined ? 'leave it out' : `write ${className}`;
    throw new BadSpec(
      `${fields[component]}.storageClassName: "${wanted.storageClassName ?? ''}" is not the class of the volume, which cannot change; ${right}`,
    );
  }
}
