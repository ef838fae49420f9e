import { Cluster, openKubeConfig } from './cluster.ts';
import { openDoor } from './http.ts';
import { campaign } from './leader.ts';
import { openLog } from './log.ts';
import { openMetrics } from './metrics.ts';
import { RegistryOperator } from './registry-operator.ts';
import { readSettings, type Settings } from './settings.ts';

const leaseName = 'llm-schema-registry-operator';

/** Resolves after a stop that was asked for. */
export async function runOperator(settings: Settings, signal: AbortSignal): Promise<void> {
  const log = openLog(settings.logLevel);
  const metrics = openMetrics(settings.version);
  const cluster = new Cluster(openKubeConfig(), metrics);
  const ok = () => ({ status: 200, type: 'text/plain', body: 'ok\n' });
  const health = await openDoor(settings.healthPort, { '/healthz': ok, '/readyz': ok });
  const metricsDoor = await openDoor(settings.metricsPort, {
    '/metrics': async () => ({
      status: 200,
      type: metrics.registry.contentType,
      body: await metrics.registry.metrics(),
    }),
  });
  log.info('operator started', {
    version: settings.version,
    identity: settings.identity,
    namespaces: settings.watchNamespace ?? 'all',
    images: settings.images,
  });

  const lead = async (leading: AbortSignal) => {
    metrics.isLeader.set({ name: leaseName }, 1);
    const operator = new RegistryOperator({ cluster, settings, log, metrics });
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
    const { namespace, identity } = settings;
    await campaign({ cluster, namespace, leaseName, identity, log }, signal, lead);
  } else {
    await lead(signal);
  }
  await Promise.all([health.close(), metricsDoor.close()]);
  log.info('operator stopped');
}

if (import.meta.main) {
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());
  try {
    await runOperator(readSettings(process.env), stopping.signal);
  } catch (error) {
    const { message, cause } = error as Error;
    console.error(cause instanceof Error ? `${message}: ${cause.message}` : message);
    process.exitCode = 1;
  }
}
