import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { clusterFolders, clustersFolder } from './folders.ts';

/** A Service's address inside the cluster, reached on the host at 127.0.0.1:hostPort. */
export type Exposure = { readonly hostPort: number; readonly target: string };

/** What is decided once for a cluster and holds for its life. */
export type Cluster = {
  readonly name: string;
  /** Whether there is a node. Without one there are etcd and the API server alone, on the host's loopback. */
  readonly hasNode: boolean;
  readonly ports: { readonly api: number; readonly etcd: number; readonly etcdPeer: number };
  readonly exposures: readonly Exposure[];
  /** The folder of the binary that every part is a name of. */
  readonly binaries: string;
};

export const findCluster = (name: string): Cluster | undefined => {
  const { record } = clusterFolders(name);
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : undefined;
};

export const writeCluster = (cluster: Cluster): void => {
  const { record, state } = clusterFolders(cluster.name);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(`${record}.new`, JSON.stringify(cluster, undefined, 2));
  renameSync(`${record}.new`, record);
};

export const listClusters = (): string[] =>
  existsSync(clustersFolder)
    ? readdirSync(clustersFolder).filter((name) => existsSync(clusterFolders(name).record))
    : [];
