import type { KindName } from './kinds.ts';
import type { KubeObject } from './kubernetes.ts';

/** The label that ties a child to its registry. */
export const instanceLabel = 'app.kubernetes.io/instance';

/** `namespace/name` of the registry that an object is or belongs to. */
export function keyOf(object: KubeObject): string {
  const { namespace = '', name, labels } = object.metadata;
  return `${namespace}/${object.kind === 'SchemaRegistry' ? name : (labels?.[instanceLabel] ?? '')}`;
}

/** All objects of one kind that the operator watches, by the registry they belong to. */
export class Cache {
  readonly #byKey = new Map<string, Map<string, KubeObject>>();
  /** The last state of deleted Secrets: a password that comes back unchanged restarts nothing. */
  readonly #deleted = new Map<string, KubeObject>();

  list(key: string): readonly KubeObject[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  find(key: string, name: string): KubeObject | undefined {
    return this.#byKey.get(key)?.get(name);
  }

  /** The state in which an object was when somebody deleted it, while nobody has made it anew. */
  findDeleted(key: string, name: string): KubeObject | undefined {
    return this.#deleted.get(`${key}/${name}`);
  }

  keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  /** Takes what a watch or an answer to a write brought; an older state than the one held is left out. */
  put(object: KubeObject): void {
    const key = keyOf(object);
    const held = this.#byKey.get(key) ?? new Map<string, KubeObject>();
    const known = held.get(object.metadata.name);
    if (known !== undefined && isOlder(object, known)) return;
    held.set(object.metadata.name, object);
    this.#byKey.set(key, held);
    this.#deleted.delete(`${key}/${object.metadata.name}`);
  }

  remove(object: KubeObject): void {
    const key = keyOf(object);
    const held = this.#byKey.get(key);
    if (held?.get(object.metadata.name)?.metadata.uid !== object.metadata.uid) return;
    held?.delete(object.metadata.name);
    if (held?.size === 0) this.#byKey.delete(key);
    if (object.kind === 'Secret') this.#deleted.set(`${key}/${object.metadata.name}`, object);
  }

  /** Forgets the deleted Secrets of a registry that is gone. */
  forget(key: string): void {
    for (const path of this.#deleted.keys()) if (path.startsWith(`${key}/`)) this.#deleted.delete(path);
  }

  /**
   * Puts a fresh list in the place of what was held; returns the keys of all that is or was there.
   * @param namespace where the list is from; what is held of others stays
   */
  replace(objects: readonly KubeObject[], namespace?: string): ReadonlySet<string> {
    const isListed = (key: string) => namespace === undefined || key.startsWith(`${namespace}/`);
    const keys = new Set([...this.#byKey.keys()].filter(isListed));
    const fresh = new Set(objects.map((object) => object.metadata.uid));
    for (const key of keys) {
      for (const object of this.list(key)) if (!fresh.has(object.metadata.uid)) this.remove(object);
    }
    for (const object of objects) {
      this.put(object);
      keys.add(keyOf(object));
    }
    return keys;
  }
}

/** One cache per watched kind. */
export type Caches = Readonly<Record<KindName, Cache>>;

/** Resource versions of one kind rise; Kubernetes 1.35 makes that a promise, etcd has always kept it. */
function isOlder(object: KubeObject, known: KubeObject): boolean {
  if (object.metadata.uid !== known.metadata.uid) return false;
  return BigInt(object.metadata.resourceVersion ?? 0) < BigInt(known.metadata.resourceVersion ?? 0);
}
