import { Health } from './health.ts';
import { Cluster, openKubeConfig } from './kube/cluster.ts';
import { leaseName } from './kube/kinds.ts';
import { campaign } from './leader.ts';
import { type Door, openDoor } from './listener.ts';
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
  const metrics = openMetrics(settings.version);
  const health = new Health();
  const say = (status: number, words: string) => ({ status, type: 'text/plain', body: `${words}\n` });
  const doors: Door[] = [];
  try {
    doors.push(
      await openDoor('HEALTH_PORT', settings.healthPort, {
        // The process alone: no restart mends an API server that does not answer.
        '/healthz': () => say(200, 'ok'),
        '/readyz': () => {
          const faults = health.faults();
          return faults.length === 0 ? say(200, 'ok') : say(503, faults.join('\n'));
        },
      }),
    );
    doors.push(
      await openDoor('METRICS_PORT', settings.metricsPort, {
        '/metrics': async () => ({
          status: 200,
          type: metrics.registry.contentType,
          body: await metrics.registry.metrics(),
        }),
      }),
    );
    await work({ settings, log, metrics, health }, signal);
  } finally {
    // One that is left open would keep a process that does nothing, and that looks well to its probes.
    await Promise.all(doors.map((door) => door.close()));
  }
  log.info('operator stopped');
}

/** Leads when it is this replica's turn, until the signal ends it. */
async function work({ settings, log, metrics, health }: Parts, signal: AbortSignal): Promise<void> {
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
  const lead = async (leading: AbortSignal) => {
    metrics.isLeader.set({ name: leaseName }, 1);
    const operator = new RegistryOperator({ cluster, settings, log, metrics, health });
    const ended = new Promise<void>((resolve) => {
      const stop = () => {
        metrics.isLeader.set({ name: leaseName }, 0);
        operator.stop();
        resolve();
      };
      leading.addEventListener('abort', stop);
      if (leading.aborted) stop();
    });
    await operator.start();
    await ended;
    await operator.stopped();
  };
  metrics.isLeader.set({ name: leaseName }, 0);
  if (settings.isLeaderElected) {
    const { leaseNamespace: namespace = settings.namespace, identity } = settings;
    const watchesAll = settings.watchNamespaces === undefined;
    const parts = { cluster: leaseCluster, namespace, leaseName, watchesAll, identity, log, health };
    await campaign(parts, signal, lead);
  } else {
    await lead(signal);
  }
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
