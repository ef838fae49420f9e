import DotI from '@dot-i/k8s-operator';
import { Cache, type Caches } from './cache.ts';
import type { Cluster } from './cluster.ts';
import { managedBySelector } from './desired/child.ts';
import { type Kind, type KindName, kinds } from './kinds.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { openProbe } from './probe.ts';
import { WorkQueue } from './queue.ts';
import { reconcile } from './reconcile.ts';
import type { Settings } from './settings.ts';
import type { Status } from './spec.ts';
import { reflect } from './watch.ts';

const controller = 'schemaregistry';

interface OperatorParts {
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * The framework's life cycle around our own watches. Its `watchResource` ends the process on any error of a watch,
 * and its one queue lets one registry hold up all others; both are replaced here, and nothing else knows of it.
 */
export class RegistryOperator extends DotI.default {
  readonly #parts: OperatorParts;
  readonly #caches: Caches;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  readonly #watches: Promise<void>[] = [];
  #hasSynced = false;

  constructor(parts: OperatorParts) {
    const { log, metrics, settings, cluster } = parts;
    super({
      debug: (text) => log.debug(text),
      info: (text) => log.debug(text),
      warn: (text) => log.warn(text),
      error: (text) => log.error(text),
    });
    this.#parts = parts;
    this.#caches = Object.fromEntries(Object.keys(kinds).map((name) => [name, new Cache()])) as Record<
      KindName,
      Cache
    >;
    metrics.countRegistries(() => this.#countRegistries());
    const run = {
      cluster: cluster.fenced(this.#stopping.signal),
      caches: this.#caches,
      defaults: { images: settings.images },
      ask: openProbe(cluster, settings.probesThroughApiServer),
      identity: settings.identity,
      log,
    };
    this.#queue = new WorkQueue((key) => this.#measure(() => reconcile(run, key)), settings.workers, {
      added: () => metrics.queueAdds.inc({ name: controller }),
      depth: (depth) => metrics.queueDepth.set({ name: controller }, depth),
      retried: (key, error, delayMs) => {
        metrics.queueRetries.inc({ name: controller });
        metrics.reconcileErrors.inc({ controller });
        log.warn('reconcile failed, trying again', { registry: key, delayMs: Math.round(delayMs), error });
      },
    });
  }

  /** The caches are filled before the first run: on half of the truth it would make what is there already. */
  protected override async init(): Promise<void> {
    const synced = Object.values(kinds).map(({ apiVersion, plural }) => {
      const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
      return this.watchResource(
        group,
        version,
        plural,
        async () => undefined,
        this.#parts.settings.watchNamespace,
      );
    });
    const stopped = new Promise<void>((resolve) =>
      this.#stopping.signal.addEventListener('abort', () => resolve()),
    );
    await Promise.race([Promise.all(synced), stopped]);
    if (this.#stopping.signal.aborted) return;
    this.#hasSynced = true;
    for (const key of this.#caches.SchemaRegistry.keys()) this.#queue.add(key);
    this.#parts.log.info('watching', { registries: this.#caches.SchemaRegistry.keys().length });
  }

  /** Resolves after the first list. */
  protected override watchResource(
    group: string,
    version: string,
    plural: string,
    _onEvent: unknown,
    namespace?: string,
  ): Promise<void> {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const entry = Object.entries(kinds).find(
      ([, kind]) => kind.apiVersion === apiVersion && kind.plural === plural,
    );
    if (entry === undefined) throw new Error(`${plural}.${apiVersion} is not in kinds.ts`);
    const [name, kind] = entry as [KindName, Kind];
    const { cluster, log, metrics } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const reflector = {
      cluster,
      kind,
      labelSelector: kind.isChild ? managedBySelector : undefined,
      namespace,
      cache: this.#caches[name],
      log,
      metrics,
      onKey: (key: string) => {
        if (this.#hasSynced) this.#queue.add(key);
      },
    };
    this.#watches.push(reflect(reflector, this.#stopping.signal, resolve));
    return promise;
  }

  override stop(): void {
    this.#stopping.abort();
    // Whoever leads next knows them.
    this.#parts.metrics.countRegistries(() => ({ True: 0, False: 0, Unknown: 0 }));
    super.stop();
  }

  /** Resolves when the last run and the last watch have ended. */
  async stopped(): Promise<void> {
    await Promise.all([this.#queue.stop(), ...this.#watches]);
  }

  async #measure<Result>(run: () => Promise<Result>): Promise<Result> {
    const { metrics } = this.#parts;
    const stopTimer = metrics.reconcileSeconds.startTimer({ controller });
    metrics.activeWorkers.inc({ controller });
    try {
      // A replica that lost the lease takes no further step.
      this.#stopping.signal.throwIfAborted();
      const result = await run();
      metrics.reconciles.inc({ controller, result: 'success' });
      return result;
    } catch (error) {
      metrics.reconciles.inc({ controller, result: 'error' });
      throw error;
    } finally {
      metrics.activeWorkers.dec({ controller });
      stopTimer();
    }
  }

  #countRegistries(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = { True: 0, False: 0, Unknown: 0 };
    for (const key of this.#caches.SchemaRegistry.keys()) {
      const [registry] = this.#caches.SchemaRegistry.list(key);
      const ready = ((registry?.status ?? {}) as Status).conditions?.find(({ type }) => type === 'Ready');
      const status = ready?.status ?? 'Unknown';
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }
}
