import { isApiReady } from './api.ts';
import { type Exposure, findCluster } from './cluster.ts';
import { components } from './components.ts';
import { clusterFolders } from './folders.ts';
import { isAlive, processRecords } from './processes.ts';

export type ClusterStatus = {
  readonly name: string;
  readonly hasNode: boolean;
  readonly isApiReady: boolean;
  readonly server: string;
  readonly kubeconfigPath: string;
  readonly logsFolder: string;
  readonly exposures: readonly Exposure[];
  /** Undefined where it does not run. */
  readonly components: Readonly<Record<string, number | undefined>>;
};

/** Undefined when there is no such cluster. */
export const status = async (name: string): Promise<ClusterStatus | undefined> => {
  const cluster = findCluster(name);
  if (!cluster) return undefined;
  const folders = clusterFolders(name);
  const records = processRecords(folders.processes);
  const pidOf = (part: string) => {
    const record = records.find(part);
    return isAlive(record) ? record.pid : undefined;
  };
  const parts = ['supervisor', ...components(cluster).map((component) => component.name)];
  return {
    name,
    hasNode: cluster.hasNode,
    isApiReady: await isApiReady(cluster).catch(() => false),
    server: `https://127.0.0.1:${cluster.ports.api}`,
    kubeconfigPath: folders.kubeconfig,
    logsFolder: folders.logs,
    exposures: cluster.exposures,
    components: Object.fromEntries(parts.map((part) => [part, pidOf(part)])),
  };
};
