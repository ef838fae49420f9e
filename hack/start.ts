/** `npm start`: a cluster, the operator, a sample registry, and a first schema in it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findCluster } from './cluster/cluster.ts';
import { isPortFree } from './cluster/network.ts';
import { Problem } from './cluster/problem.ts';
import { chooseProvider, type ProviderName, providerNames } from './cluster/providers.ts';
import { reportTo } from './cluster/report.ts';
import { defaultName } from './cluster/up.ts';
import { registerFirstSchema } from './first-schema.ts';
import { usedImages } from './images/used-images.ts';
import { installOperator, waitForReady } from './install.ts';
import { kubectlOf } from './kubectl.ts';
import { kubectlCommand, nextSteps } from './next-steps.ts';

const sample = fileURLToPath(new URL('../config/samples/minimal.yaml', import.meta.url));
const usage = `npm start [-- OPTIONS]

  --context NAME    use a cluster that you have, by its name in your kubeconfig
  --provider NAME   ${providerNames.join(', ')}; default: the first that can be had
  --port N          where the registry answers on this machine (default 8081)`;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      context: { type: 'string' },
      provider: { type: 'string' },
      port: { type: 'string', default: '8081' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const hostPort = Number(values.port);
  if (!Number.isInteger(hostPort) || hostPort < 1 || hostPort > 65_535) {
    throw new Problem(`--port: "${values.port}" is no port; write a number from 1 to 65535.`);
  }
  if (values.provider !== undefined && !providerNames.includes(values.provider as ProviderName)) {
    throw new Problem(`--provider: "${values.provider}" is none of ${providerNames.join(', ')}.`);
  }
  const report = reportTo(process.stdout);
  const { signal } = interrupted;

  const {
    name: providerName,
    provider,
    reason,
  } = await chooseProvider({
    ...(values.context === undefined ? {} : { context: values.context }),
    ...(values.provider === undefined ? {} : { provider: values.provider as ProviderName }),
  });
  report(`Cluster: ${providerName} (${reason})`);
  // Found out now, and not after all the work.
  const isExposed =
    findCluster(defaultName)?.exposures.some((exposure) => exposure.hostPort === hostPort) ?? false;
  if (!isExposed && !(await isPortFree(hostPort))) {
    throw new Problem(`Port ${hostPort} on 127.0.0.1 is in use; choose another: npm start -- --port 8082`);
  }
  const cluster = await provider.up({ name: defaultName, report, signal });
  signal.throwIfAborted();
  const kubectl = kubectlOf(
    cluster.kubectlPath,
    cluster.kubeconfigPath,
    cluster.context === undefined ? [] : ['--context', cluster.context],
  );

  const images = await provider.buildImages(report);
  await provider.loadImages(
    cluster.name,
    images.map(({ archivePath }) => archivePath),
    report,
  );
  signal.throwIfAborted();
  await installOperator(kubectl, images.length === 0 ? {} : usedImages(images), report);
  // A sample that is there may have been edited: it is left as it is.
  const present = await kubectl([
    'get',
    'schemaregistry',
    'sample',
    '-n',
    'default',
    '-o',
    'name',
    '--ignore-not-found',
  ]);
  if (present.trim() === '')
    await kubectl(['apply', '-n', 'default', '-f', '-'], await readFile(sample, 'utf8'));
  await waitForReady(kubectl, 'default', 'sample', report);

  const exposed = await provider.expose(cluster, {
    namespace: 'default',
    service: 'sample',
    port: 80,
    hostPort,
  });
  const url = `http://127.0.0.1:${hostPort}`;
  const command = kubectlCommand(cluster.context);
  if (exposed.address !== undefined) {
    report('Registering a first schema');
    const { subject, id, value } = await registerFirstSchema(`http://${exposed.address}`);
    report(
      `Done: subject ${subject} has schema ${id}; a value written with it reads back as ${JSON.stringify(value)}`,
    );
  } else {
    report('Done');
    const forward = `${command} port-forward -n default service/sample ${hostPort}:80`;
    console.log(`\nTo reach the registry from here, leave this running:\n  ${forward}`);
  }
  console.log(`
${(await kubectl(['get', 'schemaregistries', '-o', 'wide'])).trimEnd()}

${nextSteps(url, command)}`);
}

try {
  await start();
} catch (error) {
  if (interrupted.signal.aborted) console.error('Interrupted. What is up stays up; npm stop takes it away.');
  else console.error(error instanceof Problem ? `\n${error.message}` : error);
  process.exitCode = 1;
}
