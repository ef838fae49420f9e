import { homedir } from 'node:os';
import { join } from 'node:path';

/** Built once and kept between clusters: binaries and images. */
export const cacheFolder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'llm-schema-registry',
);

export const clustersFolder = join(
  process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'),
  'llm-schema-registry',
  'clusters',
);

/** Where the parts of one cluster keep what is theirs. */
export const clusterFolders = (name: string) => {
  const state = join(clustersFolder, name);
  // A socket's path may have 107 characters at most, which a folder below $HOME could exceed. The kubelet keeps its
  // sockets beside the volumes of its pods, which are too large for /run.
  const run = join('/run', 'llm-schema-registry', name);
  const kubelet = join('/var/lib', 'llm-schema-registry', name);
  return {
    state,
    run,
    record: join(state, 'cluster.json'),
    kubeconfig: join(state, 'kubeconfig'),
    certificates: join(state, 'certificates'),
    config: join(state, 'config'),
    logs: join(state, 'logs'),
    processes: join(state, 'processes'),
    etcd: join(state, 'etcd'),
    containerd: join(state, 'containerd'),
    kubelet,
    volumes: join(state, 'volumes'),
    containerdSocket: join(run, 'containerd.sock'),
    networkNamespace: join('/run/netns', `lsr-${name}`),
    cgroup: `lsr-${name}`,
  };
};

export type ClusterFolders = ReturnType<typeof clusterFolders>;
