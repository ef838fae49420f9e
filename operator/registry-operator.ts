import DotI from '@dot-i/k8s-operator';
import type { Health } from './health.ts';
import { type Caches, openCaches } from './kube/cache.ts';
import type { Cluster } from './kube/cluster.ts';
import { type Kind, type KindName, kinds } from './kube/kinds.ts';
import { NamedSecrets } from './kube/named-secrets.ts';
import { reflectWhileServed } from './kube/optional-kinds.ts';
import { followRequestRate } from './kube/request-rate.ts';
import { warningsOf } from './kube/warnings.ts';
import { reflect } from './kube/watch.ts';
import { managedBySelector } from './labels.ts';
import { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { requestRateMetric, type Served } from './observed.ts';
import { openProbe } from './probe.ts';
import { Prober } from './prober.ts';
import { WorkQueue } from './queue.ts';
import { reconcile } from './reconcile.ts';
import type { Settings } from './settings.ts';

const controller = 'schemaregistry';

const kindNames = Object.keys(kinds) as KindName[];

function isOptional(name: KindName): boolean {
  const kind: Kind = kinds[name];
  return kind.isOptional ?? false;
}

interface OperatorParts {
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
}

/**
 * The framework's life cycle around our own watches and queue: its `watchResource` ends the process on any error of a
 * watch, and its one queue lets one registry hold up all others. Neither is used, and nothing else knows of it.
 */
export class RegistryOperator extends DotI.default implements AsyncDisposable {
  readonly #parts: OperatorParts;
  readonly #cluster: Cluster;
  readonly #caches: Caches;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  /** Each ends when `#stopping` is aborted. */
  readonly #watches: Promise<void>[] = [];
  /** What has to end before another may lead, the last that was opened first. */
  readonly #opened = new AsyncDisposableStack();
  readonly #served = new Set<Served>();
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
    this.#caches = openCaches();
    metrics.countRegistries(() => this.#countRegistries());
    // All that is asked for goes by it: nothing outlives the lease.
    this.#cluster = cluster.fenced(this.#stopping.signal);
    this.#opened.defer(async () => void (await Promise.all(this.#watches)));
    const onKey = (key: string) => this.#queue.add(key);
    const secrets = new NamedSecrets({ cluster: this.#cluster, log, metrics }, this.#stopping.signal, onKey);
    this.#opened.defer(() => secrets.stopped());
    const prober = new Prober(openProbe(this.#cluster, settings.probesThroughApiServer), onKey);
    this.#opened.defer(() => prober.stop());
    const run = {
      cluster: this.#cluster,
      caches: this.#caches,
      ledger: new Ledger(),
      defaults: { images: settings.images, operatorNamespace: settings.namespace, policy: settings.policy },
      secrets,
      warnings: warningsOf(this.#cluster),
      served: this.#served,
      prober,
      identity: settings.identity,
      log,
    };
    const measured = (key: string) => this.#measure(() => reconcile(run, key));
    this.#queue = new WorkQueue(measured, settings.workers, {
      added: () => metrics.queueAdds.inc({ name: controller }),
      depth: (depth) => metrics.queueDepth.set({ name: controller }, depth),
      retried: (key, error, delayMs) => {
        metrics.queueRetries.inc({ name: controller });
        metrics.reconcileErrors.inc({ controller });
        log.warn('reconcile failed, trying again', { registry: key, delayMs: Math.round(delayMs), error });
      },
    });
    this.#opened.defer(() => this.#queue.stop());
  }

  /** The caches are filled before the first run: on half of the truth it would make what is there already. */
  protected override async init(): Promise<void> {
    const synced = kindNames
      .filter((name) => !isOptional(name))
      .flatMap((name) => this.#namespaces.map((namespace) => this.#watch(name, namespace)));
    const stopped = new Promise<void>((resolve) =>
      this.#stopping.signal.addEventListener('abort', () => resolve()),
    );
    await Promise.race([Promise.all(synced), stopped]);
    if (this.#stopping.signal.aborted) return;
    this.#hasSynced = true;
    this.#runAll();
    this.#watchOptionalKinds();
    this.#watches.push(this.#followRequestRate());
    this.#parts.log.info('watching', { registries: this.#caches.SchemaRegistry.keys().length });
  }

  /** Resolves after the first list. */
  #watch(name: KindName, namespace: string | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watches.push(reflect(this.#reflectorOf(name, namespace), this.#stopping.signal, resolve));
    return promise;
  }

  #reflectorOf(name: KindName, namespace: string | undefined) {
    const { log, metrics, health, settings } = this.#parts;
    const kind: Kind = kinds[name];
    const query: Record<string, string> = kind.isChild ? { labelSelector: managedBySelector } : {};
    return {
      cluster: this.#cluster,
      kind,
      query,
      namespace,
      cache: this.#caches[name],
      log,
      metrics,
      health,
      silenceMs: settings.watchSilenceMs,
      onKey: (key: string) => {
        if (this.#hasSynced) this.#queue.add(key);
      },
    };
  }

  #runAll(): void {
    for (const key of this.#caches.SchemaRegistry.keys()) this.#queue.add(key);
  }

  #watchOptionalKinds(): void {
    const { log } = this.#parts;
    for (const name of kindNames.filter(isOptional)) {
      const onChange = () => {
        log.info(this.#served.has(name) ? 'kind is served' : 'kind is no longer served', { kind: name });
        this.#runAll();
      };
      for (const namespace of this.#namespaces) {
        const reflector = this.#reflectorOf(name, namespace);
        const parts = { name, reflector, served: this.#served, onChange };
        this.#watches.push(reflectWhileServed(parts, this.#stopping.signal));
      }
    }
  }

  #followRequestRate(): Promise<void> {
    const { log } = this.#parts;
    const registries = this.#caches.SchemaRegistry;
    const isWanted = () =>
      registries
        .keys()
        .flatMap((key) => registries.list(key))
        .some(({ spec }) => spec.autoscaling?.requestsPerSecond !== undefined);
    const onChange = (isServed: boolean) => {
      if (isServed) this.#served.add(requestRateMetric);
      else this.#served.delete(requestRateMetric);
      log.info('metric of requests', { metric: requestRateMetric, isServed });
      this.#runAll();
    };
    return followRequestRate(this.#cluster, isWanted, onChange, this.#stopping.signal);
  }

  get #namespaces(): readonly (string | undefined)[] {
    return this.#parts.settings.watchNamespaces ?? [undefined];
  }

  override stop(): void {
    this.#stopping.abort();
    // Whoever leads next knows them.
    this.#parts.metrics.countRegistries(() => ({ True: 0, False: 0, Unknown: 0 }));
    super.stop();
  }

  /** Resolves when the last run and the last watch have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#opened.disposeAsync();
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
      const ready = registry?.status?.conditions?.find(({ type }) => type === 'Ready');
      const status = ready?.status ?? 'Unknown';
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }
}
