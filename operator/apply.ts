import { isDeepStrictEqual } from 'node:util';
import { isOrphan } from './desired/orphan.ts';
import { contentHash } from './desired/pod.ts';
import { type Difference, differences, holderOf, inWords, mergePatch } from './difference.ts';
import { findHindrance } from './hindrance.ts';
import { ApiError, isNotFound, isRefused } from './kube/api-error.ts';
import type { Caches } from './kube/cache.ts';
import { type Cluster, fieldManager } from './kube/cluster.ts';
import { type Kind, type KindName, kinds } from './kube/kinds.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import { appliedHashAnnotation } from './labels.ts';
import type { Ledger, Vain } from './ledger.ts';
import type { Log } from './log.ts';
import { BadSpec } from './spec.ts';

/** Holds a Deployment's replicas while they pass from us to the autoscaler. */
const handoverManager = `${fieldManager}-handover`;
/**
 * Takes away what server-side apply would keep. Not by our own name: of what we hold by two operations, an apply that wants
 * a field no longer would leave the other one.
 */
const repairManager = `${fieldManager}-repair`;

export interface Change {
  readonly object: KubeObject;
  readonly before: KubeObject;
  /** The fields in which the object is not as wanted. */
  readonly found: readonly Difference[];
}

/** What has to be written so that the children are as wanted. */
export interface Plan {
  readonly create: readonly KubeObject[];
  readonly update: readonly Change[];
  readonly remove: readonly KubeObject[];
  /** Objects that are not as wanted, and are written in vain: others set the fields differently again. */
  readonly overruled: readonly Overruled[];
}

export interface Overruled extends Change {
  readonly vain: Vain;
}

/** What has come of carrying out a plan. */
export interface Applied {
  /** Whether any object was made, changed or removed. */
  readonly isWritten: boolean;
  readonly written: readonly { readonly before: KubeObject; readonly after: KubeObject }[];
  /** What could not be written for a field of somebody else, in words. */
  readonly blocked: readonly string[];
}

/**
 * Pure. An object that is on its way out is left alone: its end brings the next run.
 * @param isVain whether the same was written before, to no effect
 */
export function plan(
  wanted: readonly KubeObject[],
  children: readonly KubeObject[],
  ownerUid: string,
  isVain: (object: KubeObject, found: readonly Difference[]) => Vain | undefined = () => undefined,
): Plan {
  const byPath = new Map(children.map((child) => [pathOf(child), child]));
  const create: KubeObject[] = [];
  const update: Change[] = [];
  const overruled: Overruled[] = [];
  for (const bare of wanted) {
    const object = withHash(bare);
    const before = byPath.get(pathOf(object));
    if (before === undefined) create.push(object);
    else if (before.metadata.deletionTimestamp === undefined) {
      const found = isImmutable(before) ? [closed] : differences(object, before);
      if (found.length === 0) continue;
      const vain = isVain(object, found);
      if (vain === undefined) update.push({ object, before, found });
      else overruled.push({ object, before, found, vain });
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
  return { create, update, remove, overruled };
}

interface ApplyParts {
  readonly cluster: Cluster;
  readonly caches: Caches;
  readonly ledger: Ledger;
  readonly log: Log;
}

/** How a change is made: by an apply, after a patch where others have put in what an apply would keep, or anew. */
interface Way {
  readonly patch?: KubeObject;
  readonly isAnew?: true;
  /** What was added and cannot be taken out: the API server refuses the patch, and takes the apply. */
  readonly stays?: readonly Difference[];
}

/**
 * Carries out a plan. A change that the API server refuses is found before anything is written.
 * @throws BadSpec when it refuses an object, or when an object of that name belongs to somebody else
 */
export async function apply(
  { cluster, caches, ledger, log }: ApplyParts,
  { create, update, remove }: Plan,
): Promise<Applied> {
  const written: Applied['written'][number][] = [];
  const blocked: string[] = [];
  let isWritten = false;
  const fresh: KubeObject[] = [];
  const changes = [...update];
  for (const object of create) {
    const before = await findOurs(cluster, object);
    if (before === undefined) fresh.push(object);
    else changes.push({ object, before, found: differences(object, before) });
  }
  const ways = new Map<Change, Way>();
  for (const change of changes)
    await whereServed(change.object, log, async () => {
      try {
        ways.set(change, await remembering(ledger, change, () => findWay(cluster, change)));
      } catch (error) {
        if (!(error instanceof Blocked)) throw error;
        blocked.push(error.message);
      }
    });
  for (const object of fresh)
    await whereServed(object, log, async () => {
      const write = () => refusedAsBadSpec(object, () => cluster.apply(object));
      const answer = await remembering(ledger, { object, before: undefined }, write);
      isWritten = true;
      put(caches, answer);
      const left = leftOf(object, answer, []);
      if (left === undefined || left.length > 0) ledger.wrote(object, [], left, Date.now());
      log.info('child made', { kind: object.kind, child: object.metadata.name });
    });
  for (const [{ object, before, found }, { patch, isAnew, stays = [] }] of ways)
    await whereServed(object, log, async () => {
      await handOverReplicas(cluster, object, before);
      if (isAnew) await cluster.delete(before);
      const patched =
        patch && (await refusedAsBadSpec(object, () => cluster.merge(patch, { manager: repairManager })));
      const after = await refusedAsBadSpec(object, () => cluster.apply(object));
      isWritten = true;
      put(caches, after);
      const tried = patched === undefined ? stays : differences(object, patched);
      ledger.wrote(object, found, leftOf(object, after, tried), Date.now());
      written.push({ before, after });
      const because = found[0] && inWords(found[0].path);
      log.info('child changed', { kind: object.kind, child: object.metadata.name, because });
    });
  for (const object of remove) {
    try {
      await cluster.delete(object);
      isWritten = true;
      log.info('child removed', { kind: object.kind, child: object.metadata.name });
    } catch (error) {
      if (!isNotFound(error))
        throw new Error(`remove ${object.kind} ${object.metadata.name}`, { cause: error });
    }
  }
  return { isWritten, written, blocked };
}

const isAdded = ({ wanted }: Difference) => wanted === undefined;

/**
 * What an answer has that is not as wanted, and that no further write would change. An apply has tried all that is wanted,
 * but what was added only a patch tries to take out.
 * @param tried what was still there after that
 * @returns undefined where something was added since, or was not tried
 */
function leftOf(
  object: KubeObject,
  answer: KubeObject,
  tried: readonly Difference[],
): readonly Difference[] | undefined {
  const left = differences(object, answer);
  const isTried = (added: Difference) => tried.some((other) => isDeepStrictEqual(other, added));
  return left.filter(isAdded).every(isTried) ? left : undefined;
}

/** A change that the API server refuses for a field that somebody else has set. */
class Blocked extends Error {
  override readonly name = 'Blocked';
}

/** What was refused a moment ago is not asked again as long as nothing is different. */
async function remembering<Result>(
  ledger: Ledger,
  { object, before }: { readonly object: KubeObject; readonly before: KubeObject | undefined },
  write: () => Promise<Result>,
): Promise<Result> {
  const refusal = ledger.refusalOf(object, before, Date.now());
  if (refusal !== undefined) throw refusal;
  try {
    return await write();
  } catch (error) {
    if (error instanceof Blocked || error instanceof BadSpec)
      ledger.refused(object, before, error, Date.now());
    throw error;
  }
}

/** A CRD that somebody takes away is noticed in its own time (kube/optional-kinds.ts); nothing else waits for that. */
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
 * Tries a change. Server-side apply keeps what others have added, and items of theirs in lists with keys: somebody who
 * changes the number of a port leaves two of one name, which no apply could mend.
 * @throws Blocked when a field of somebody else is refused beside what is wanted
 * @throws BadSpec when the API server refuses the object as it is wanted too
 */
async function findWay(cluster: Cluster, { object, before, found }: Change): Promise<Way> {
  // Somebody has closed it for every change.
  if (isImmutable(before)) return { isAnew: true };
  const patch = mergePatch(before, found);
  const hasAdded = found.some(isAdded);
  const ways: readonly [Way, () => Promise<KubeObject>][] = [
    [{ stays: found.filter(isAdded) }, () => cluster.apply(object, { isDryRun: true })],
    [{ patch }, () => cluster.merge(patch, { isDryRun: true, manager: repairManager })],
  ];
  const refusals: BadSpec[] = [];
  for (const [way, write] of hasAdded ? ways.toReversed() : ways) {
    try {
      await refusedAsBadSpec(object, write);
      return way;
    } catch (error) {
      if (!(error instanceof BadSpec)) throw error;
      refusals.push(error);
    }
  }
  const [first] = hasAdded ? refusals.toReversed() : refusals;
  const block = await blockOf(cluster, object, before, first?.cause);
  if (block !== undefined) throw new Blocked(block, { cause: first });
  throw first;
}

/** Where what is refused is a field that we do not want, and that is there: what it is, and who has set it. */
async function blockOf(
  cluster: Cluster,
  object: KubeObject,
  before: KubeObject,
  error: unknown,
): Promise<string | undefined> {
  if (!(error instanceof ApiError)) return undefined;
  for (const field of error.fields) {
    const path = presentPath(before, field);
    if (path === undefined || path.length === 0 || presentPath(object, field) !== undefined) continue;
    const { metadata } = await cluster.get(object);
    const holder = holderOf(path, metadata.managedFields ?? []) ?? 'somebody else';
    return (
      `${object.kind} "${object.metadata.name}" cannot be changed as long as ${inWords(path)} is there, which ${holder} has set; ` +
      `take it out of the ${object.kind} (the API server says: ${error.message})`
    );
  }
  return undefined;
}

/** The names of a field as the object has them: an API server may begin them with a capital. undefined: it is not there. */
function presentPath(object: KubeObject, field: string): readonly string[] | undefined {
  const path: string[] = [];
  let at: unknown = object;
  // Items of a list are not told apart.
  const [names = ''] = field.split('[');
  for (const name of names.split('.')) {
    const found = Object.keys((at ?? {}) as object).find((key) => key.toLowerCase() === name.toLowerCase());
    if (found === undefined) return undefined;
    path.push(found);
    at = (at as Record<string, unknown>)[found];
  }
  return at === undefined ? undefined : path;
}

/**
 * An object that lost its label is not in the cache, and is ours all the same.
 * @throws BadSpec when it belongs to somebody else
 */
async function findOurs(cluster: Cluster, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    const found = await cluster.get(object);
    const owner = object.metadata.ownerReferences?.[0]?.uid;
    if (owner !== undefined && isOwned(found, owner)) return found;
  } catch (error) {
    if (isNotFound(error)) return undefined;
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

const closed: Difference = { path: ['immutable'], wanted: undefined, observed: true };

/** With a claim, or a Cluster of PostgreSQL, goes what it holds. */
function isRemovable({ kind }: KubeObject): boolean {
  return kind !== 'PersistentVolumeClaim' && kind !== 'Cluster' && kind !== 'Pod';
}
