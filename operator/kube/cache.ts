import { dataOf } from '../desired/pod.ts';
import type { SchemaRegistryFields } from '../generated/schema-registry.ts';
import { appliedHashAnnotation, componentOf, keyOf } from '../labels.ts';
import { fieldManager } from './cluster.ts';
import { apiGroup, type KindName, kinds } from './kinds.ts';
import type {
  KubeObject,
  V1ConfigMap,
  V1CronJob,
  V1Deployment,
  V1Ingress,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from './kubernetes.ts';
import { managedByOthers } from './owners.ts';
import { share } from './share.ts';

/** All objects of one kind that the operator watches, by the registry they belong to. */
export class Cache<Found extends KubeObject = KubeObject> {
  readonly #byKey = new Map<string, Map<string, KubeObject>>();
  readonly #keyOfUid = new Map<string, string>();
  /** Secrets as they were before somebody deleted or spoiled them: a password that comes back unchanged restarts nothing. */
  readonly #intact = new Map<string, KubeObject>();
  /** The latest object of each component; those of other registries are held as what they differ in. */
  readonly #models = new Map<string, KubeObject>();
  /** The resource version up to which a watch has told everything, by the namespace that it watches; undefined: all of them. */
  readonly #toldUntil = new Map<string | undefined, bigint>();

  list(key: string): readonly Found[] {
    return [...(this.#byKey.get(key)?.values() ?? [])] as readonly KubeObject[] as readonly Found[];
  }

  find(key: string, name: string): Found | undefined {
    return this.#byKey.get(key)?.get(name) as Found | undefined;
  }

  /** A Secret as the operator left it, also while it is deleted or has been changed by somebody else. */
  findIntact(key: string, name: string): Found | undefined {
    return (this.#intact.get(`${key}/${name}`) as Found | undefined) ?? this.find(key, name);
  }

  keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  /**
   * Takes what a watch or an answer to a write brought; an older state than the one held is left out, and so is one of an
   * object that the watch would have told of by now if it were still there. Returns the key of the registry that has lost
   * the object, where somebody gave it the label of another.
   */
  put(found: KubeObject): string | undefined {
    if (this.#isGone(found)) return undefined;
    return this.#put(found);
  }

  #put(found: KubeObject): string | undefined {
    const object = this.#shared(withoutUnread(found));
    const key = keyOf(object);
    const { uid } = object.metadata;
    const before = uid === undefined ? undefined : this.#keyOfUid.get(uid);
    const moved =
      before === undefined || before === key ? undefined : this.find(before, object.metadata.name);
    if (moved !== undefined) {
      if (isOlder(object, moved)) return undefined;
      this.drop(moved);
    }
    const objects = this.#byKey.get(key) ?? new Map<string, KubeObject>();
    const present = objects.get(object.metadata.name);
    if (present !== undefined && isOlder(object, present)) return undefined;
    objects.set(object.metadata.name, object);
    if (uid !== undefined) this.#keyOfUid.set(uid, key);
    this.#byKey.set(key, objects);
    const path = `${key}/${object.metadata.name}`;
    const intact = this.#intact.get(path) ?? present;
    if (intact !== undefined && isSpoiled(object, intact)) this.#intact.set(path, intact);
    else this.#intact.delete(path);
    return moved === undefined ? undefined : before;
  }

  /** Takes the news of a watch that an object was deleted. */
  remove(object: KubeObject): void {
    this.drop(object);
    const { namespace, resourceVersion } = object.metadata;
    const until = this.#toldUntil.get(namespace);
    if (resourceVersion !== undefined && !(until !== undefined && until > BigInt(resourceVersion)))
      this.toldUntil(resourceVersion, namespace);
  }

  /** Leaves out what is known to be gone, or somewhere else, before a watch tells. */
  drop(object: KubeObject): void {
    const key = keyOf(object);
    const objects = this.#byKey.get(key);
    if (objects?.get(object.metadata.name)?.metadata.uid !== object.metadata.uid) return;
    objects?.delete(object.metadata.name);
    if (object.metadata.uid !== undefined) this.#keyOfUid.delete(object.metadata.uid);
    if (objects?.size === 0) this.#byKey.delete(key);
    const path = `${key}/${object.metadata.name}`;
    if (object.kind === 'Secret' && !this.#intact.has(path)) this.#intact.set(path, object);
  }

  /** Takes it that the watch of that namespace, or of all, has told of everything up to this version. */
  toldUntil(resourceVersion: string | undefined, namespace?: string): void {
    if (resourceVersion !== undefined) this.#toldUntil.set(namespace, BigInt(resourceVersion));
  }

  /** Whether this is an answer that comes after the news that its object was deleted. */
  #isGone({ metadata }: KubeObject): boolean {
    const { uid, namespace, resourceVersion } = metadata;
    if (uid === undefined || resourceVersion === undefined || this.#keyOfUid.has(uid)) return false;
    const version = BigInt(resourceVersion);
    return [undefined, namespace].some((scope) => version <= (this.#toldUntil.get(scope) ?? -1n));
  }

  #shared(object: KubeObject): KubeObject {
    const component = componentOf(object) ?? '';
    const shared = share(object, this.#models.get(component));
    this.#models.set(component, shared);
    return shared;
  }

  /** Forgets the Secrets of a registry that is gone. */
  forget(key: string): void {
    for (const path of this.#intact.keys()) if (path.startsWith(`${key}/`)) this.#intact.delete(path);
  }

  /**
   * Puts a fresh list in the place of what was held; returns the keys of all that is or was there.
   * @param namespace where the list is from; what is held of others stays
   * @param resourceVersion of the list. One before what the watch has told already is of an API server that was restored
   * from a backup: nothing that is held is known there.
   */
  replace(objects: readonly KubeObject[], namespace?: string, resourceVersion?: string): ReadonlySet<string> {
    const isListed = (key: string) => namespace === undefined || key.startsWith(`${namespace}/`);
    const keys = new Set([...this.#byKey.keys()].filter(isListed));
    const until = this.#toldUntil.get(namespace);
    if (until !== undefined && resourceVersion !== undefined && BigInt(resourceVersion) < until)
      for (const key of keys) for (const object of this.list(key)) this.drop(object);
    const fresh = new Set(objects.map((object) => object.metadata.uid));
    for (const key of keys) {
      for (const object of this.list(key)) if (!fresh.has(object.metadata.uid)) this.drop(object);
    }
    for (const object of objects) {
      this.#put(object);
      keys.add(keyOf(object));
    }
    this.toldUntil(resourceVersion, namespace);
    return keys;
  }
}

/**
 * A thousand registries have tens of thousands of objects, and half of their bytes is what nobody here looks at: which
 * fields we manage (those of Deployments apart: apply.ts), what is everybody's, and what a pod was made from.
 */
function withoutUnread(object: KubeObject): KubeObject {
  const { managedFields = [], ...metadata } = object.metadata;
  const ours =
    object.kind === 'Deployment' ? managedFields.filter(({ manager }) => manager === fieldManager) : [];
  const read = [...ours, ...managedByOthers(object)];
  if (object.kind !== 'Pod')
    return { ...object, metadata: read.length === 0 ? metadata : { ...metadata, managedFields: read } };
  return { ...object, metadata, spec: { nodeName: (object.spec as { nodeName?: string }).nodeName } };
}

/** What is known of the objects of each kind. Of those from CRDs of others client-node has no types. */
interface Types {
  SchemaRegistry: SchemaRegistryFields;
  ServiceAccount: V1ServiceAccount;
  ConfigMap: V1ConfigMap;
  Secret: V1Secret;
  Service: V1Service;
  StatefulSet: V1StatefulSet;
  Deployment: V1Deployment;
  CronJob: V1CronJob;
  Ingress: V1Ingress;
  PodDisruptionBudget: V1PodDisruptionBudget;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  NetworkPolicy: V1NetworkPolicy;
  ServiceMonitor: unknown;
  PrometheusRule: unknown;
  Certificate: unknown;
  Cluster: unknown;
  HTTPRoute: unknown;
  GRPCRoute: unknown;
  BackendTLSPolicy: unknown;
  Pod: V1Pod;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
}

/** One cache per watched kind. */
export type Caches = { readonly [Name in KindName]: Cache<KubeObject & Types[Name]> };

export function openCaches(): Caches {
  return Object.fromEntries(Object.keys(kinds).map((kind) => [kind, new Cache()])) as object as Caches;
}

/** Something of the Secret is missing or another, and not by a write of ours, which brings another hash. */
function isSpoiled(object: KubeObject, intact: KubeObject): boolean {
  if (object.kind !== 'Secret') return false;
  const hashOf = ({ metadata }: KubeObject) => metadata.annotations?.[appliedHashAnnotation];
  const isOurWrite = hashOf(object) !== undefined && hashOf(object) !== hashOf(intact);
  const values = valuesOf(object);
  return !isOurWrite && Object.entries(valuesOf(intact)).some(([name, value]) => values[name] !== value);
}

/** All that the operator reads of a Secret that it has made. */
function valuesOf(object: KubeObject): Readonly<Record<string, string>> {
  const annotations = Object.entries(object.metadata.annotations ?? {});
  const ours = annotations.filter(([name]) => name.startsWith(`${apiGroup}/`));
  return { ...Object.fromEntries(ours), ...dataOf(object) };
}

/** Resource versions of one kind rise; Kubernetes 1.35 makes that a promise, etcd has always kept it. */
function isOlder(object: KubeObject, present: KubeObject): boolean {
  if (object.metadata.uid !== present.metadata.uid) return false;
  return BigInt(object.metadata.resourceVersion ?? 0) < BigInt(present.metadata.resourceVersion ?? 0);
}
