import { appliedHashAnnotation, type Caches } from './cache.ts';
import { type Cluster, fieldManager, isNotFound, isRefused } from './cluster.ts';
import { isOrphan } from './desired/orphan.ts';
import { contentHash } from './desired/pod.ts';
import { findDifference } from './difference.ts';
import { findHindrance } from './hindrance.ts';
import { type Kind, type KindName, kinds } from './kinds.ts';
import type { KubeObject } from './kubernetes.ts';
import type { Log } from './log.ts';
import { BadSpec } from './spec.ts';

/** Holds a Deployment's replicas while they pass from us to the autoscaler. */
const handoverManager = `${fieldManager}-handover`;

/** What has to be written so that the children are as wanted. */
export interface Plan {
  readonly create: readonly KubeObject[];
  readonly update: readonly {
    readonly object: KubeObject;
    readonly before: KubeObject;
    readonly because: string;
  }[];
  readonly remove: readonly KubeObject[];
}

/** Pure. An object that is on its way out is left alone: its end brings the next run. */
export function plan(wanted: readonly KubeObject[], children: readonly KubeObject[], ownerUid: string): Plan {
  const byPath = new Map(children.map((child) => [pathOf(child), child]));
  const create: KubeObject[] = [];
  const update: Plan['update'][number][] = [];
  for (const bare of wanted) {
    const object = withHash(bare);
    const before = byPath.get(pathOf(object));
    if (before === undefined) create.push(object);
    else if (before.metadata.deletionTimestamp === undefined) {
      const because = isImmutable(before) ? '.immutable' : findDifference(object, before);
      if (because !== undefined) update.push({ object, before, because });
    }
  }
  const kept = new Set(wanted.map(pathOf));
  const remove = children.filter(
    (child) =>
      (isOwned(child, ownerUid) || isOrphan(child)) &&
      !kept.has(pathOf(child)) &&
      isRemovable(child) &&
      child.metadata.deletionTimestamp === undefined,
  );
  return { create, update, remove };
}

/**
 * Carries out a plan. A change that the API server refuses is found before anything is written.
 * @throws BadSpec when it refuses an object, or when an object of that name belongs to somebody else
 */
export async function apply(
  cluster: Cluster,
  caches: Caches,
  { create, update, remove }: Plan,
  log: Log,
): Promise<void> {
  const toMerge = new Set<KubeObject>();
  for (const { object, before } of update)
    await whereServed(object, log, async () => {
      if (!isImmutable(before) && (await needsMerge(cluster, object))) toMerge.add(object);
    });
  for (const object of create)
    await whereServed(object, log, async () => {
      await mustBeFree(cluster, object);
      put(caches, await refusedAsBadSpec(object, () => cluster.apply(object)));
      log.info('child made', { kind: object.kind, child: object.metadata.name });
    });
  for (const { object, before, because } of update)
    await whereServed(object, log, async () => {
      // Somebody has closed it for every change: it is made anew.
      if (isImmutable(before)) await cluster.delete(before);
      await handOverReplicas(cluster, object, before);
      if (toMerge.has(object)) await refusedAsBadSpec(object, () => cluster.merge(object));
      put(caches, await refusedAsBadSpec(object, () => cluster.apply(object)));
      log.info('child changed', { kind: object.kind, child: object.metadata.name, because });
    });
  for (const object of remove) {
    try {
      await cluster.delete(object);
      log.info('child removed', { kind: object.kind, child: object.metadata.name });
    } catch (error) {
      if (!isNotFound(error))
        throw new Error(`remove ${object.kind} ${object.metadata.name}`, { cause: error });
    }
  }
}

/** A CRD that somebody takes away is noticed in its own time (optional-kinds.ts); nothing else waits for that. */
async function whereServed(object: KubeObject, log: Log, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { isOptional }: Kind = kinds[object.kind as KindName];
    if (!isOptional || !isNotFound((error as Error).cause)) throw error;
    log.warn('kind is not served', { kind: object.kind, child: object.metadata.name });
  }
}

function put(caches: Caches, object: KubeObject): void {
  caches[object.kind as KindName].put(object);
}

/**
 * Tries a change. Server-side apply keeps items of others in lists with keys: somebody who changes the number of a port
 * leaves two of one name, which no apply could mend.
 * @throws BadSpec when the API server refuses the object as it is wanted too
 */
async function needsMerge(cluster: Cluster, object: KubeObject): Promise<boolean> {
  try {
    await refusedAsBadSpec(object, () => cluster.apply(object, { isDryRun: true }));
    return false;
  } catch (error) {
    if (!(error instanceof BadSpec)) throw error;
    try {
      await cluster.merge(object, { isDryRun: true });
      return true;
    } catch {
      throw error;
    }
  }
}

/** An object that lost its label is not in the cache, and is ours all the same. */
async function mustBeFree(cluster: Cluster, object: KubeObject): Promise<void> {
  try {
    const found = await cluster.get(object);
    const owner = object.metadata.ownerReferences?.[0]?.uid;
    if (owner !== undefined && isOwned(found, owner)) return;
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  throw new BadSpec(
    `${object.kind} "${object.metadata.name}" is there already and does not belong to this registry; ` +
      'rename the SchemaRegistry, or delete that object if nobody needs it',
  );
}

async function refusedAsBadSpec(object: KubeObject, write: () => Promise<KubeObject>): Promise<KubeObject> {
  try {
    return await write();
  } catch (error) {
    // A quota, or a namespace that is about to end, has nothing against the object.
    if (isRefused(error) && findHindrance(error) === undefined) {
      throw new BadSpec(`the API server refuses ${object.kind} "${object.metadata.name}": ${error.message}`, {
        cause: error,
      });
    }
    throw new Error(`apply ${object.kind} ${object.metadata.name}`, { cause: error });
  }
}

/**
 * Dropping an applied field sets it back to its default, which for replicas is 1: a second manager takes hold of the
 * number first, as the Kubernetes documentation on server-side apply ("Transferring ownership") says.
 */
async function handOverReplicas(cluster: Cluster, object: KubeObject, before: KubeObject): Promise<void> {
  const wanted = (object.spec as { replicas?: number } | undefined)?.replicas;
  const present = (before.spec as { replicas?: number } | undefined)?.replicas;
  if (object.kind !== 'Deployment' || wanted !== undefined || present === undefined) return;
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const holder = {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { replicas: present },
  };
  if (ownsReplicas(before)) await cluster.apply(holder, { manager: handoverManager });
}

function ownsReplicas(object: KubeObject): boolean {
  const ours = object.metadata.managedFields?.filter(
    ({ manager, operation }) => manager === fieldManager && operation === 'Apply',
  );
  return ours?.some(({ fieldsV1 }) => 'f:replicas' in ((fieldsV1?.['f:spec'] ?? {}) as object)) ?? false;
}

/** The hash makes a field that is no longer wanted a difference too, though nothing that is wanted is missing. */
function withHash(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [appliedHashAnnotation]: contentHash(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function pathOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

function isOwned(object: KubeObject, uid: string): boolean {
  return (
    object.metadata.ownerReferences?.some(
      (reference) => reference.uid === uid && reference.controller === true,
    ) ?? false
  );
}

/** A ConfigMap or a Secret that can never be changed again; the kubelet does not even look for changes of it. */
function isImmutable({ kind, immutable }: KubeObject): boolean {
  return (kind === 'ConfigMap' || kind === 'Secret') && immutable === true;
}

function isRemovable({ kind }: KubeObject): boolean {
  return kind !== 'PersistentVolumeClaim' && kind !== 'Pod';
}
