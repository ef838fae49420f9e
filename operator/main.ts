import { Health } from './health.ts';
import { Cluster, openKubeConfig } from './kube/cluster.ts';
import { leaseName } from './kube/kinds.ts';
import { campaign } from './leader.ts';
import { openListener } from './listener.ts';
import { type Log, openLog } from './log.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import { RegistryOperator } from './registry-operator.ts';
import { readSettings, type Settings } from './settings.ts';

interface Parts {
  readonly settings: Settings;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
}

/**
 * Resolves after a stop that was asked for.
 * @throws Error where a port is taken, or the configuration of the cluster cannot be read
 */
export async function runOperator(settings: Settings, signal: AbortSignal): Promise<void> {
  const log = openLog(settings.logLevel);
  await runParts({ settings, log, metrics: openMetrics(settings.version), health: new Health() }, signal);
  log.info('operator stopped');
}

/**
 * What is opened here is closed when the operator ends, however that comes about: a listener that is left open would keep a
 * process that does nothing, and that looks well to its probes.
 */
async function runParts(parts: Parts, signal: AbortSignal): Promise<void> {
  const { settings, metrics, health } = parts;
  const say = (status: number, words: string) => ({ status, type: 'text/plain', body: `${words}\n` });
  await using opened = new AsyncDisposableStack();
  opened.use(
    await openListener('HEALTH_PORT', settings.healthPort, {
      // The process alone: no restart mends an API server that does not answer.
      '/healthz': () => say(200, 'ok'),
      '/readyz': () => {
        const faults = health.faults();
        return faults.length === 0 ? say(200, 'ok') : say(503, faults.join('\n'));
      },
    }),
  );
  opened.use(
    await openListener('METRICS_PORT', settings.metricsPort, {
      '/metrics': async () => ({
        status: 200,
        type: metrics.registry.contentType,
        body: await metrics.registry.metrics(),
      }),
    }),
  );
  await work(parts, signal);
}

/** Leads when it is this replica's turn, until the signal ends it. */
async function work(parts: Parts, signal: AbortSignal): Promise<void> {
  const { settings, log, metrics, health } = parts;
  const config = openKubeConfig();
  const cluster = new Cluster(config, metrics);
  // Of its own: an API server that asks the work to wait must not cost the lease.
  const leaseCluster = new Cluster(config, metrics);
  log.info('operator started', {
    version: settings.version,
    identity: settings.identity,
    namespaces: settings.watchNamespaces ?? 'all',
    images: settings.images,
  });
  const lead = (leading: AbortSignal) => leadUntil(leading, parts, cluster);
  metrics.isLeader.set({ name: leaseName }, 0);
  if (settings.isLeaderElected) {
    const { leaseNamespace: namespace = settings.namespace, identity } = settings;
    const watchesAll = settings.watchNamespaces === undefined;
    const campaigner = { cluster: leaseCluster, namespace, leaseName, watchesAll, identity, log, health };
    await campaign(campaigner, signal, lead);
  } else {
    await lead(signal);
  }
}

async function leadUntil(ending: AbortSignal, parts: Parts, cluster: Cluster): Promise<void> {
  const { metrics } = parts;
  await using opened = new AsyncDisposableStack();
  const operator = opened.use(new RegistryOperator({ ...parts, cluster }));
  metrics.isLeader.set({ name: leaseName }, 1);
  opened.defer(() => metrics.isLeader.set({ name: leaseName }, 0));
  const ended = new Promise<void>((resolve) => {
    const stop = () => {
      operator.stop();
      resolve();
    };
    ending.addEventListener('abort', stop);
    if (ending.aborted) stop();
  });
  await operator.start();
  await ended;
}

if (import.meta.main) {
  const stopping = new AbortController();
  // One who is told twice still ends in order: what is under way is given up, and the lease is given back.
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort());
  try {
    await runOperator(readSettings(process.env), stopping.signal);
  } catch (error) {
    const { message, cause } = error as Error;
    console.error(cause instanceof Error ? `${message}: ${cause.message}` : message);
    process.exitCode = 1;
  }
}
