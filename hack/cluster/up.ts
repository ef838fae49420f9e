import { spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { askApi, isApiReady } from './api.ts';
import { binariesOf, buildBinaries } from './binaries.ts';
import { makeCertificates } from './certificates.ts';
import { makeCgroups } from './cgroups.ts';
import { type Cluster, findCluster, writeCluster } from './cluster.ts';
import { components } from './components.ts';
import { writeConfigFiles } from './config-files.ts';
import { down } from './down.ts';
import { cacheFolder, clusterFolders, clustersFolder } from './folders.ts';
import { loadImages } from './load-images.ts';
import { withLock } from './lock.ts';
import { findFreePort, isPortFree, makeNetwork, nodeName } from './network.ts';
import { Problem } from './problem.ts';
import { findProcess, isAlive, processRecords, signalProcess } from './processes.ts';
import type { Report } from './report.ts';
import { run } from './run.ts';
import { packSystemImages } from './system-images.ts';
import { installTools, nodeTools, requireRoot } from './tools.ts';
import { waitFor } from './wait.ts';

export const defaultName = 'llm-schema-registry';

export type UpOptions = {
  readonly name?: string;
  /** Whether there is a node. Without one there are etcd and kube-apiserver alone, which need no root and take seconds. */
  readonly hasNode?: boolean;
  readonly report?: Report;
  /** When it is aborted, what this run has begun is taken down again. */
  readonly signal?: AbortSignal;
};

export type RunningCluster = {
  readonly name: string;
  /** Of the kubeconfig, where that is not its current one. */
  readonly context?: string;
  readonly kubeconfigPath: string;
  readonly server: string;
  /** A folder for `$PATH`, with kubectl of the cluster's version. */
  readonly kubectlPath: string;
};

/** In a folder of its own, to be put on PATH; the link follows the newest build. */
export const linkKubectl = (): string => {
  const folder = join(cacheFolder, 'kubectl');
  const link = join(folder, 'kubectl');
  mkdirSync(folder, { recursive: true });
  // In one step: another cluster's commands may be using it.
  const fresh = join(folder, `.new-${process.pid}`);
  rmSync(fresh, { force: true });
  symlinkSync(join(binariesOf('node'), 'kubectl'), fresh);
  renameSync(fresh, link);
  return link;
};

const checkName = (name: string): void => {
  // It becomes part of a host name, a cgroup and a network namespace.
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    throw new Problem(`--name: "${name}" is no cluster name; write up to 40 of a-z, 0-9 and "-".`);
  }
};

/** Everything that should run does, and the API server answers. */
export const isComplete = async (cluster: Cluster): Promise<boolean> => {
  const records = processRecords(clusterFolders(cluster.name).processes);
  const names = ['supervisor', ...components(cluster).map(({ name }) => name)];
  return names.every((name) => isAlive(records.find(name))) && (await isApiReady(cluster));
};

const choosePorts = async (): Promise<Cluster['ports']> => {
  const [api, etcd, etcdPeer] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  return { api, etcd, etcdPeer };
};

/** A record from before: its ports may have been taken by others while the cluster was not running. */
const refresh = async (cluster: Cluster): Promise<Cluster> => {
  const records = processRecords(clusterFolders(cluster.name).processes);
  const current = { ...cluster, binaries: binariesOf('node') };
  for (const { hostPort, target } of cluster.exposures) {
    if (isAlive(records.find(`relay-${hostPort}`)) || (await isPortFree(hostPort))) continue;
    const advice = `free it, or let it go with "npm run cluster -- unexpose --port ${hostPort} --name ${cluster.name}"`;
    throw new Problem(
      `Port ${hostPort} on 127.0.0.1, which leads to ${target}, is in use by another: ${advice}.`,
    );
  }
  const holder = cluster.hasNode ? 'relay' : 'kube-apiserver';
  const mayKeep = isAlive(records.find(holder)) || (await isPortFree(cluster.ports.api));
  return mayKeep ? current : { ...current, ports: await choosePorts() };
};

const startSupervisor = (name: string): void => {
  const { logs } = clusterFolders(name);
  mkdirSync(logs, { recursive: true });
  const output = openSync(join(logs, 'supervisor.log'), 'a');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'supervisor.ts'), name], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  const record = child.pid === undefined ? undefined : findProcess(child.pid);
  if (record) processRecords(clusterFolders(name).processes).write('supervisor', record);
};

type Condition = { readonly type: string; readonly status: string };

const isNodeReady = async (cluster: Cluster): Promise<boolean> => {
  const node = await askApi(cluster, `/api/v1/nodes/${nodeName(cluster.name)}`);
  const conditions: Condition[] = node ? (JSON.parse(node).status.conditions ?? []) : [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
};

const isDnsAvailable = async (cluster: Cluster): Promise<boolean> => {
  const found = await askApi(cluster, '/apis/apps/v1/namespaces/kube-system/deployments/coredns');
  return found !== undefined && JSON.parse(found).status?.availableReplicas > 0;
};

const applyAddons = async (cluster: Cluster, signal?: AbortSignal): Promise<void> => {
  const { kubeconfig } = clusterFolders(cluster.name);
  const addons = join(import.meta.dirname, 'addons');
  const files = readdirSync(addons).flatMap((file) => ['-f', join(addons, file)]);
  const kubectl = join(cluster.binaries, 'kubectl');
  const flags = ['--server-side', '--force-conflicts', '--kubeconfig', kubeconfig];
  await run(kubectl, ['apply', ...flags, ...files], { signal });
};

/** The logs of a start that failed outlive it; everything else of it is removed. */
const keepLogs = (name: string): string => {
  const kept = join(clustersFolder, '..', 'failed', name);
  rmSync(kept, { recursive: true, force: true });
  const { logs, state } = clusterFolders(name);
  for (const folder of [logs, join(state, 'pods')]) {
    if (existsSync(folder)) cpSync(folder, join(kept, basename(folder)), { recursive: true });
  }
  return kept;
};

const start = async (cluster: Cluster, report: Report, signal?: AbortSignal): Promise<void> => {
  const folders = clusterFolders(cluster.name);
  const records = processRecords(folders.processes);
  report('Certificates, network and configuration');
  await makeCertificates(folders.certificates, cluster.name);
  writeConfigFiles(cluster);
  if (cluster.hasNode) {
    await makeNetwork(folders);
    makeCgroups(folders.cgroup);
    mkdirSync(folders.run, { recursive: true, mode: 0o700 });
    mkdirSync(folders.volumes, { recursive: true });
  }
  report('Starting the control plane');
  if (!signalProcess(records.find('supervisor'), 'SIGHUP')) startSupervisor(cluster.name);
  const archives = cluster.hasNode ? await packSystemImages(report) : [];
  if (cluster.hasNode) {
    await waitFor('containerd answers', { timeoutMs: 60_000, signal }, () =>
      existsSync(folders.containerdSocket),
    );
    await loadImages(cluster.name, archives, report);
  }
  await waitFor('the API server is ready', { timeoutMs: 120_000, signal }, () => isApiReady(cluster));
  if (cluster.hasNode) {
    report('Adding DNS, metrics and storage');
    // Right after its start the API server may not serve every group yet.
    await waitFor('kubectl apply of the add-ons', { timeoutMs: 60_000, everyMs: 500, signal }, () =>
      applyAddons(cluster, signal).then(
        () => true,
        () => false,
      ),
    );
    report('Waiting for the node and its DNS');
    await waitFor('the node is Ready', { timeoutMs: 120_000, signal }, () => isNodeReady(cluster));
    await waitFor('CoreDNS is available', { timeoutMs: 120_000, signal }, () => isDnsAvailable(cluster));
  }
  await waitFor('every component runs', { timeoutMs: 60_000, signal }, () => isComplete(cluster));
};

/** Makes the cluster, repairs it, or finds it complete and returns at once. */
export const up = async ({
  name = defaultName,
  hasNode = true,
  report = () => undefined,
  signal,
}: UpOptions = {}): Promise<RunningCluster> => {
  checkName(name);
  if (hasNode) requireRoot('A cluster with a node');
  const found = findCluster(name);
  if (found && found.hasNode !== hasNode) {
    throw new Problem(
      `Cluster ${name} exists ${hasNode ? 'without' : 'with'} a node; take it down or choose another --name.`,
    );
  }
  const running = (cluster: Cluster): RunningCluster => ({
    name,
    kubeconfigPath: clusterFolders(name).kubeconfig,
    server: `https://127.0.0.1:${cluster.ports.api}`,
    kubectlPath: linkKubectl(),
  });
  if (found && (await isComplete(found))) return running(found);

  const lock = join(clustersFolder, '..', `${name}.lock`);
  const onWait = (pid: number) => report(`Waiting for process ${pid}, which is starting cluster ${name}`);
  return withLock(lock, { timeoutMs: 30 * 60_000, onWait, signal }, async () => {
    await installTools(hasNode ? nodeTools : ['openssl'], report);
    await buildBinaries(hasNode ? ['node', 'pause', 'addons'] : ['node'], report, signal);
    // Read again: another process may have made it while this one waited.
    const existing = findCluster(name);
    if (existing && (await isComplete(existing))) return running(existing);
    const cluster: Cluster = existing
      ? await refresh(existing)
      : { name, hasNode, ports: await choosePorts(), exposures: [], binaries: binariesOf('node') };
    writeCluster(cluster);
    try {
      await start(cluster, report, signal);
    } catch (error) {
      // A cluster from before is not taken from its user because a repair did not succeed.
      if (existing) throw error;
      const logs = keepLogs(name);
      await down(name);
      if (signal?.aborted) throw new Problem('Interrupted; nothing was left running.', { cause: error });
      throw new Problem(
        `Cluster ${name} did not start: ${(error as Error).message}\nIts logs are in ${logs}.`,
        {
          cause: error,
        },
      );
    }
    return running(cluster);
  });
};
