import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { ClusterFolders } from './folders.ts';
import { Problem } from './problem.ts';
import { run } from './run.ts';

/** These are the same in every cluster, for each has a network of its own. */
export const addresses = {
  node: '10.200.0.2',
  gateway: '10.200.0.1',
  pods: '10.244.0.0/24',
  services: '10.96.0.0/16',
  apiService: '10.96.0.1',
  dns: '10.96.0.10',
} as const;

export const nodeName = (cluster: string): string => `${cluster}-node`;

/** Starts a command inside the network. `ip netns exec` would hide the cgroup mounts. */
export const inside = (folders: ClusterFolders, command: readonly string[]): string[] => [
  'nsenter',
  `--net=${folders.networkNamespace}`,
  '--',
  ...command,
];

/** Without it a pod's answer crosses the bridge past iptables, and no Service works between pods of one node. */
const requireBridgeFilter = async (): Promise<void> => {
  if (existsSync('/proc/sys/net/bridge')) return;
  await run('modprobe', ['br_netfilter']).catch((error) => {
    throw new Problem('The kernel module br_netfilter is missing: load it with "modprobe br_netfilter".', {
      cause: error,
    });
  });
};

export const makeNetwork = async (folders: ClusterFolders): Promise<void> => {
  await requireBridgeFilter();
  const namespace = folders.networkNamespace.slice(folders.networkNamespace.lastIndexOf('/') + 1);
  if (!existsSync(folders.networkNamespace)) await run('ip', ['netns', 'add', namespace]);
  const links = await run('ip', ['-n', namespace, '-o', 'link', 'show']);
  const commands = [
    'link set lo up',
    // A pair with both ends inside carries the node's address: some kernels have no dummy devices.
    ...(links.includes(' node0') ? [] : ['link add node0 type veth peer name node1']),
    `addr replace ${addresses.node}/24 dev node0`,
    'link set node1 up',
    'link set node0 up',
    // Leads nowhere; without it the kernel refuses a Service's address before kube-proxy can rewrite it.
    `route replace default via ${addresses.gateway} dev node0`,
  ];
  for (const command of commands) await run('ip', ['-n', namespace, ...command.split(' ')]);
  const [enter = '', ...rest] = inside(folders, ['sh', '-c']);
  const settings = ['net/ipv4/ip_forward', 'net/bridge/bridge-nf-call-iptables'];
  await run(enter, [...rest, settings.map((path) => `echo 1 > /proc/sys/${path}`).join(' && ')]);
};

export const removeNetwork = async (folders: ClusterFolders): Promise<void> => {
  const namespace = folders.networkNamespace.slice(folders.networkNamespace.lastIndexOf('/') + 1);
  if (existsSync(folders.networkNamespace)) await run('ip', ['netns', 'delete', namespace]);
};

const listenOnce = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => {
      const { port: given } = server.address() as { port: number };
      server.close(() => resolve(given));
    });
  });

export const isPortFree = async (port: number): Promise<boolean> => (await listenOnce(port)) !== undefined;

export const findFreePort = async (): Promise<number> => {
  const port = await listenOnce(0);
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
};
