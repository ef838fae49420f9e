import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Registry } from '../registry.ts';
import { isNotFound } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { kinds } from './kinds.ts';
import type { KubeObject } from './kubernetes.ts';
import { reflect } from './watch.ts';

interface NamedSecretsParts {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly metrics: Metrics;
}

type WatchedKind = 'Secret' | 'Cluster';

const pathOf = (kind: WatchedKind, namespace: string, name: string) => `${kind}/${namespace}/${name}`;

interface Watched {
  /** The registries that name it. */
  readonly users: Set<string>;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The Secrets that specs name, and the Clusters of CloudNativePG. Each is read singly when a run needs it, and watched by its name for as long as a
 * registry names it; the operator never holds the Secrets of a namespace.
 */
export class NamedSecrets {
  readonly #parts: NamedSecretsParts;
  readonly #signal: AbortSignal;
  readonly #onKey: (key: string) => void;
  readonly #watched = new Map<string, Watched>();

  /** @param onKey told the key of each registry whose Secret may have changed */
  constructor(parts: NamedSecretsParts, signal: AbortSignal, onKey: (key: string) => void) {
    this.#parts = parts;
    this.#signal = signal;
    this.#onKey = onKey;
  }

  /**
   * Reads the Secrets of those names that are there.
   * @param cluster the name of a Cluster that is watched as well
   */
  async read(registry: Registry, names: readonly string[], cluster?: string): Promise<readonly KubeObject[]> {
    const { namespace, name } = registry;
    const paths = names.map((secret) => pathOf('Secret', namespace, secret));
    if (cluster !== undefined) paths.push(pathOf('Cluster', namespace, cluster));
    this.#use(`${namespace}/${name}`, new Set(paths));
    const found = await Promise.all(
      [...new Set(names)].map((secret) => this.#get('Secret', namespace, secret)),
    );
    return found.filter((secret) => secret !== undefined);
  }

  /** Reads a ServiceAccount. It is not watched: who allows its use, or takes that back, is heard with the next run. */
  readServiceAccount({ namespace }: Registry, name: string): Promise<KubeObject | undefined> {
    return this.#get('ServiceAccount', namespace, name);
  }

  /** Reads a Cluster of CloudNativePG that somebody else owns, where there is one of that name. */
  readCluster({ namespace }: Registry, name: string): Promise<KubeObject | undefined> {
    return this.#get('Cluster', namespace, name);
  }

  /** Ends the watches that only this registry needed. */
  forget(key: string): void {
    this.#use(key, new Set());
  }

  /** Resolves when the last watch has ended, after `signal`. */
  async stopped(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ ended }) => ended));
  }

  async #get(
    kindName: 'Secret' | 'ServiceAccount' | 'Cluster',
    namespace: string,
    name: string,
  ): Promise<KubeObject | undefined> {
    const { apiVersion, kind } = kinds[kindName];
    try {
      return await this.#parts.cluster.get({ apiVersion, kind, metadata: { name, namespace } });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw new Error(`read ${kind} ${name}`, { cause: error });
    }
  }

  #use(key: string, wanted: ReadonlySet<string>): void {
    for (const path of wanted) {
      const watched = this.#watched.get(path) ?? this.#watch(path);
      watched.users.add(key);
    }
    for (const [path, { users, stopping }] of this.#watched) {
      if (wanted.has(path) || !users.delete(key) || users.size > 0) continue;
      stopping.abort();
      this.#watched.delete(path);
    }
  }

  #watch(path: string): Watched {
    const [kindName = '', namespace = '', name = ''] = path.split('/');
    const users = new Set<string>();
    const stopping = new AbortController();
    const tell = () => {
      for (const key of users) this.#onKey(key);
    };
    const reflector = {
      ...this.#parts,
      kind: kinds[kindName as WatchedKind],
      query: { fieldSelector: `metadata.name=${name}` },
      namespace,
      // Nothing is kept: a run reads what it needs.
      cache: { replace: () => [path], put: () => undefined, remove: () => {} },
      onKey: tell,
    };
    const ended = reflect(reflector, AbortSignal.any([stopping.signal, this.#signal]), () => {});
    const watched = { users, stopping, ended };
    this.#watched.set(path, watched);
    return watched;
  }
}
