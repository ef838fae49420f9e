import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { inside } from '../../hack/cluster/network.ts';
import type { Kubectl } from '../../hack/kubectl.ts';
import { until } from './api-server.ts';
import type { Order, Seen, Way } from './load-process.ts';

export type { Seen };

const program = fileURLToPath(new URL('load-process.ts', import.meta.url));

/**
 * Registrations and reads against the ClusterIP of a registry's Service, from inside the cluster's network: no relay of
 * ours stands between, so what its clients see is what clients in pods see.
 */
export async function steadyLoad(
  { name, kubectl }: { readonly name: string; readonly kubectl: Kubectl },
  {
    namespace,
    registry,
    prefix,
    way = 'mixed',
  }: { namespace: string; registry: string; prefix: string; way?: Way },
) {
  const { spec } = (await kubectl.json(['get', 'service', registry, '-n', namespace])) as {
    spec: { clusterIP: string };
  };
  const [command = '', ...args] = inside(clusterFolders(name), [
    process.execPath,
    program,
    `http://${spec.clusterIP}`,
    prefix,
    way,
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const order = async (what: Order) => {
    child.send(what);
    const [answer] = await once(child, 'message');
    return answer;
  };
  const seen = async () => (await order('seen')) as Seen;
  const registers = async () => {
    const { acknowledged } = await seen();
    await until(
      'schemas are registered',
      async () => (await seen()).acknowledged > acknowledged + 10,
      60_000,
    );
  };
  return {
    /** Waits until some more schemas were acknowledged. */
    registers,
    /** What clients saw while that happened. */
    during: async (happens: () => Promise<void>): Promise<Seen> => {
      await registers();
      await order('begin');
      await happens();
      return seen();
    },
    /** Acknowledged schemas that are not there. */
    lost: async () => (await order('lost')) as readonly string[],
    /** To a Service that was made anew. */
    moveTo: (base: string) => order({ base }),
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.send('stop' satisfies Order);
      await ended;
    },
  };
}

export type SteadyLoad = Awaited<ReturnType<typeof steadyLoad>>;

export function errorsOf({ errors }: Seen): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}
