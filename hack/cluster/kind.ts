// The way to a cluster where Docker or Podman can pull images. What is in this file has not been run where it was
// written: no container engine was there. It keeps to the few commands of kind that have not changed in years.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildWithEngine } from '../images/engine.ts';
import { clustersFolder } from './folders.ts';
import { Problem } from './problem.ts';
import type { Provider } from './provider.ts';
import { run } from './run.ts';
import { defaultName } from './up.ts';
import { waitFor } from './wait.ts';

const nodeImage = process.env.KIND_NODE_IMAGE || 'kindest/node:v1.34.0';
/** Small; whoever can pull it can pull the rest. */
const probeImage = 'registry.k8s.io/pause:3.10';
const metricsServerImage = 'registry.k8s.io/metrics-server/metrics-server:v0.8.0';

export const kubeconfigOf = (name: string) => join(clustersFolder, '..', 'kind', name, 'kubeconfig');

/** Stdout, or undefined when the command failed, is missing or took too long. */
const answer = (command: string, args: readonly string[], timeoutMs: number): Promise<string | undefined> =>
  run(command, args, { signal: AbortSignal.timeout(timeoutMs) }).catch(() => undefined);

const findEngine = async (): Promise<'docker' | 'podman' | undefined> => {
  for (const engine of ['docker', 'podman'] as const) {
    if ((await answer(engine, ['info'], 5_000)) !== undefined) return engine;
  }
  return undefined;
};

const kind = async (args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> => {
  const engine = await findEngine();
  const env = engine === 'podman' ? { KIND_EXPERIMENTAL_PROVIDER: 'podman' } : {};
  return run('kind', args, { ...options, env });
};

/** kind's kubelet signs its own certificate, and there the image comes from its registry. */
const metricsServer = (): string =>
  readFileSync(join(import.meta.dirname, 'addons', 'metrics-server.yaml'), 'utf8')
    .replace(/image: localhost\S+/, `image: ${metricsServerImage}`)
    .replace(/--kubelet-certificate-authority=\S+/, '--kubelet-insecure-tls');

export const kindCluster: Provider = {
  whyNot: async () => {
    const engine = await findEngine();
    if (!engine) return 'neither Docker nor Podman is running';
    if ((await answer('kind', ['version'], 5_000)) === undefined)
      return 'kind is not installed (https://kind.sigs.k8s.io)';
    if ((await answer('kubectl', ['version', '--client'], 5_000)) === undefined)
      return 'kubectl is not installed';
    const isThere = (await answer(engine, ['image', 'inspect', nodeImage], 5_000)) !== undefined;
    if (isThere || (await answer(engine, ['pull', probeImage], 20_000)) !== undefined) return undefined;
    return `${engine} cannot pull images from here`;
  },
  up: async ({ name = defaultName, report = () => undefined, signal } = {}) => {
    const kubeconfigPath = kubeconfigOf(name);
    await mkdir(dirname(kubeconfigPath), { recursive: true });
    const clusters = (await kind(['get', 'clusters'])).split('\n');
    if (clusters.includes(name)) {
      await kind(['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfigPath]);
    } else {
      const stage = `Creating a kind cluster from ${nodeImage}`;
      report(stage);
      const config = join(import.meta.dirname, '..', 'kind.yaml');
      const flags = [
        '--config',
        config,
        '--image',
        nodeImage,
        '--kubeconfig',
        kubeconfigPath,
        '--wait',
        '3m',
      ];
      try {
        const onLine = (line: string) => report(stage, line.trim());
        await kind(['create', 'cluster', '--name', name, ...flags], { signal, onLine });
      } catch (error) {
        await kind(['delete', 'cluster', '--name', name]);
        throw error;
      }
    }
    const kubectl = (args: readonly string[], input?: string) =>
      run('kubectl', args, { input, signal, env: { KUBECONFIG: kubeconfigPath } });
    report('Adding metrics');
    await waitFor('kubectl apply of metrics-server', { timeoutMs: 30_000, everyMs: 1_000, signal }, () =>
      kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], metricsServer()).then(
        () => true,
        () => false,
      ),
    );
    const view = await kubectl([
      'config',
      'view',
      '--minify',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    ]);
    return { name, kubeconfigPath, server: view.trim(), kubectlPath: 'kubectl' };
  },
  down: async (name) => {
    await kind(['delete', 'cluster', '--name', name]);
  },
  buildImages: async (report) => buildWithEngine((await findEngine()) ?? 'docker', report),
  loadImages: async (name, archives, report) => {
    for (const archive of archives) {
      report('Loading images', archive);
      await kind(['load', 'image-archive', archive, '--name', name]).catch((error) => {
        throw new Problem(`kind could not load ${archive}: ${error.message}`, { cause: error });
      });
    }
  },
  expose: async () => ({}),
};
