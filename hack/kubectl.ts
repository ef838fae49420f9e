import { run } from './cluster/run.ts';

/** kubectl on one cluster. */
export interface Kubectl {
  /** @throws Problem with what kubectl said */
  (args: readonly string[], input?: string): Promise<string>;
  readonly json: (args: readonly string[]) => Promise<unknown>;
}

/** @param flags before every command, such as `--context NAME` */
export function kubectlOf(
  path: string,
  kubeconfigPath: string | undefined,
  flags: readonly string[] = [],
): Kubectl {
  const env = kubeconfigPath === undefined ? {} : { KUBECONFIG: kubeconfigPath };
  const kubectl = (args: readonly string[], input = '') => run(path, [...flags, ...args], { env, input });
  return Object.assign(kubectl, {
    json: async (args: readonly string[]) => JSON.parse(await kubectl([...args, '-o', 'json'])),
  });
}
