import { homedir } from 'node:os';
import { join } from 'node:path';
import { Problem } from './problem.ts';
import type { Provider } from './provider.ts';
import { run } from './run.ts';

/** A cluster that the user has: nothing is made, nothing is removed, and images must come from a registry. */
export const context = (name: string | undefined): Provider => ({
  whyNot: async () => (name === undefined ? 'no --context was given' : undefined),
  up: async ({ signal } = {}) => {
    const kubeconfigPath = process.env.KUBECONFIG || join(homedir(), '.kube', 'config');
    const kubectl = (...args: string[]) => run('kubectl', ['--context', name ?? '', ...args], { signal });
    const advice = `--context ${name}: see "kubectl config get-contexts" for those in ${kubeconfigPath}`;
    const server = await kubectl(
      'config',
      'view',
      '--minify',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    ).catch((error) => {
      throw new Problem(`${advice}. ${(error as Error).message}`, { cause: error });
    });
    await kubectl('get', '--raw', '/readyz', '--request-timeout=10s').catch((error) => {
      throw new Problem(`--context ${name}: ${server.trim()} does not answer. ${(error as Error).message}`, {
        cause: error,
      });
    });
    return { name: name ?? '', context: name, kubeconfigPath, server: server.trim(), kubectlPath: 'kubectl' };
  },
  down: async () => undefined,
  buildImages: async () => [],
  loadImages: async () => undefined,
  expose: async () => ({}),
});
