import type {
  KubeObject,
  V1PersistentVolumeClaim,
  V1PersistentVolumeClaimSpec,
  V1StatefulSet,
} from '../kube/kubernetes.ts';
import { labels, selectorLabels } from '../labels.ts';
import type { Observed } from '../observed.ts';
import { isAbove, isSameQuantity } from '../quantity.ts';
import type { Registry, Storage } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { meta, names } from './child.ts';

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
): V1PersistentVolumeClaim {
  const before = templateOf(found);
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
      ...(storageClassName === undefined ? {} : ({ storageClassName } satisfies V1PersistentVolumeClaimSpec)),
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
  const found = findClaim(registry, component, observed);
  mustBeOfClass(component, storage, observed[component], found);
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
    spec: {
      resources: { requests: { storage: sizeOf(found, storage) } },
    } satisfies V1PersistentVolumeClaimSpec,
  };
}

/** A claim that has no volume yet cannot be changed: the API server would refuse it, and a size that nobody has yet can wait. */
function sizeOf({ spec, status }: V1PersistentVolumeClaim, { size }: Storage): string {
  return status?.phase === 'Bound' ? size : (spec?.resources?.requests?.storage ?? size);
}

export function claimName(registry: Registry, component: WithVolume): string {
  return `data-${names(registry)[component]}-0`;
}

export function findClaim(
  registry: Registry,
  component: WithVolume,
  { claims }: Pick<Observed, 'claims'>,
): V1PersistentVolumeClaim | undefined {
  const name = claimName(registry, component);
  return claims.find(({ metadata }) => metadata?.name === name);
}

export function storageOf({ database, cache }: Registry, component: WithVolume): Storage | undefined {
  const part = component === 'postgres' ? database : cache;
  return part?.kind === 'managed' ? part.storage : undefined;
}

/** The field of the spec that says what the volume is like. */
export const storageField = {
  postgres: 'spec.database.managed.storage',
  redis: 'spec.cache.managed.storage',
};

/** Below what a request that failed had asked for a claim may go back, but never below what the volume has. */
function mustNotShrink(component: WithVolume, { size }: Storage, { spec, status }: V1PersistentVolumeClaim) {
  const there = status?.capacity?.storage ?? spec?.resources?.requests?.storage;
  if (there === undefined || !isAbove(there, size)) return;
  throw new BadSpec(
    `${storageField[component]}.size: "${size}" is less than the volume has, which cannot shrink; write ${there} or more`,
  );
}

/** What is there stays; what the spec says may be what is there, though the StatefulSet once asked for something else. */
function mustBeOfClass(
  component: WithVolume,
  { storageClassName }: Storage,
  found: V1StatefulSet | undefined,
  claimed: V1PersistentVolumeClaim | undefined,
) {
  const before = templateOf(found);
  if (before === undefined || before.storageClassName === storageClassName) return;
  const there = claimed?.spec?.storageClassName ?? before.storageClassName;
  if (there === storageClassName) return;
  const field = `${storageField[component]}.storageClassName`;
  const right = there === undefined ? 'leave it out' : `write ${there}`;
  throw new BadSpec(
    storageClassName === undefined
      ? `${field} is left out, but the volume has a class, which cannot change; ${right}`
      : `${field}: "${storageClassName}" is not the class of the volume, which cannot change; ${right}`,
  );
}

/** What was made for a volume that the spec no longer asks for, and that has never come to be. */
export interface Unfilled {
  readonly component: WithVolume;
  /** undefined: the StatefulSet asks for what is wanted, or is not there. */
  readonly statefulSet: V1StatefulSet | undefined;
  readonly claim: V1PersistentVolumeClaim | undefined;
}

/**
 * A claim that is not bound holds nothing: it may be replaced by one of another class or size, and so may the StatefulSet
 * that it was made from. One that was made for the StatefulSet as it is stays, whatever it asks for: somebody else, such
 * as a webhook, has it so. Pure.
 */
export function unfilledVolumes(registry: Registry, observed: Observed): readonly Unfilled[] {
  return (['postgres', 'redis'] as const).flatMap((component) => {
    const storage = storageOf(registry, component);
    if (storage === undefined) return [];
    const found = observed[component];
    const claimed = findClaim(registry, component, observed);
    const isFilled = claimed === undefined ? (found?.status?.readyReplicas ?? 0) > 0 : !isEmpty(claimed);
    if (isFilled) return [];
    const template = templateOf(found);
    const isOther = template !== undefined && !isAsked(template, storage);
    const isLeftOver = found === undefined || isOther || isOlder(claimed, found);
    const isWrong = claimed?.spec !== undefined && isLeftOver && !isAsked(claimed.spec, storage);
    if (!isOther && !isWrong) return [];
    return [{ component, statefulSet: isOther ? found : undefined, claim: isWrong ? claimed : undefined }];
  });
}

/** The world once such volumes are taken away. */
export function withoutUnfilled(observed: Observed, unfilled: readonly Unfilled[]): Observed {
  const gone = new Set(unfilled.flatMap(({ statefulSet, claim: unbound }) => [statefulSet, unbound]));
  const left = <Found>(found: Found) => (gone.has(found as V1StatefulSet) ? undefined : found);
  return {
    ...observed,
    postgres: left(observed.postgres),
    redis: left(observed.redis),
    claims: observed.claims.filter((found) => !gone.has(found)),
    children: observed.children.filter((child) => !gone.has(child as object as V1StatefulSet)),
  };
}

/** The claim has no volume, and nobody is filling one from a snapshot or another claim. */
function isEmpty({ metadata, spec, status }: V1PersistentVolumeClaim): boolean {
  return (
    metadata?.deletionTimestamp === undefined &&
    status?.phase === 'Pending' &&
    spec?.volumeName === undefined &&
    spec?.dataSource === undefined &&
    spec?.dataSourceRef === undefined
  );
}

function isAsked({ storageClassName, resources }: V1PersistentVolumeClaimSpec, storage: Storage): boolean {
  const size = resources?.requests?.storage;
  return (
    storageClassName === storage.storageClassName &&
    size !== undefined &&
    isSameQuantity(size, storage.size, { isResource: true })
  );
}

function isOlder(one: V1PersistentVolumeClaim | undefined, other: V1StatefulSet): boolean {
  const [first, second] = [one, other].map((object) => String(object?.metadata?.creationTimestamp ?? ''));
  return first !== '' && second !== '' && Date.parse(first ?? '') < Date.parse(second ?? '');
}

function templateOf(found: V1StatefulSet | undefined): V1PersistentVolumeClaimSpec | undefined {
  return found?.spec?.volumeClaimTemplates?.[0]?.spec;
}
