import { findCluster, writeCluster } from './cluster.ts';
import { clusterFolders } from './folders.ts';
import { findFreePort, isPortFree } from './network.ts';
import { Problem } from './problem.ts';
import { isAlive, processRecords, signalProcess } from './processes.ts';
import { waitFor } from './wait.ts';

/**
 * Makes ip:port inside the cluster reachable at 127.0.0.1:hostPort, until the cluster is taken down.
 * Without a hostPort the target keeps the one it has, or gets a free one. Gives the port.
 */
export const expose = async (
  name: string,
  { hostPort, target }: { readonly hostPort?: number; readonly target: string },
): Promise<number> => {
  const cluster = findCluster(name);
  if (!cluster?.hasNode) throw new Problem(`There is no cluster ${name} with a node; start it with "up".`);
  if (!/^\d+\.\d+\.\d+\.\d+:\d+$/.test(target)) {
    throw new Problem(`"${target}" is no target; write IP:PORT, such as a Service's ClusterIP and port.`);
  }
  if (hostPort !== undefined && !(Number.isInteger(hostPort) && hostPort > 0 && hostPort < 65_536)) {
    throw new Problem('A port is a whole number from 1 to 65535.');
  }
  const same = cluster.exposures.find((exposure) => exposure.target === target);
  if (hostPort === undefined && same) return same.hostPort;
  const others = cluster.exposures.filter((exposure) => exposure.hostPort !== hostPort);
  const isOwn = others.length < cluster.exposures.length;
  if (hostPort !== undefined && !isOwn && !(await isPortFree(hostPort))) {
    throw new Problem(`Port ${hostPort} on 127.0.0.1 is in use; choose another.`);
  }
  const port = hostPort ?? (await findFreePort());
  writeCluster({ ...cluster, exposures: [...others, { hostPort: port, target }] });
  const records = processRecords(clusterFolders(name).processes);
  const before = records.find(`relay-${port}`);
  const isChanged = !cluster.exposures.some((is) => is.hostPort === port && is.target === target);
  if (!signalProcess(records.find('supervisor'), 'SIGHUP')) {
    throw new Problem(`Cluster ${name} is not running; start it with "up".`);
  }
  await waitFor(`127.0.0.1:${port} is relayed`, { timeoutMs: 10_000, everyMs: 50 }, async () => {
    const relay = records.find(`relay-${port}`);
    const isNew = !isChanged || relay?.begun !== before?.begun;
    return isNew && isAlive(relay) && !(await isPortFree(port));
  });
  return port;
};

/** Ends an exposure; without one there is nothing to do. */
export const unexpose = async (name: string, hostPort: number): Promise<void> => {
  const cluster = findCluster(name);
  if (!cluster) return;
  writeCluster({ ...cluster, exposures: cluster.exposures.filter((is) => is.hostPort !== hostPort) });
  const records = processRecords(clusterFolders(name).processes);
  if (!signalProcess(records.find('supervisor'), 'SIGHUP')) return;
  await waitFor(`127.0.0.1:${hostPort} is let go`, { timeoutMs: 10_000, everyMs: 50 }, () => {
    return records.find(`relay-${hostPort}`) === undefined;
  });
};
