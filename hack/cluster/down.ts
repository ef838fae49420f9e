import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processesInCgroups, removeCgroups } from './cgroups.ts';
import { stopOrder } from './components.ts';
import { type ClusterFolders, clusterFolders } from './folders.ts';
import { removeNetwork } from './network.ts';
import { endProcess, findProcess, isAlive, processRecords, signalProcess } from './processes.ts';
import { run } from './run.ts';
import { waitFor } from './wait.ts';

/** The shims of this cluster's containers: they alone were started with the address of its containerd. */
const shims = (folders: ClusterFolders): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return command[0]?.includes('containerd-shim') && command.includes(folders.containerdSocket);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ESRCH') return false;
        throw error;
      }
    });

const killAll = async (what: string, list: () => number[]): Promise<void> => {
  await waitFor(`${what} have ended`, { timeoutMs: 20_000, everyMs: 50 }, () => {
    const pids = list();
    for (const pid of pids) signalProcess(findProcess(pid), 'SIGKILL');
    return pids.length === 0;
  });
};

/** Mounts at and below the cluster's folders, the innermost first: the kubelet mounts its own folder on itself. */
const mountsBelow = (folders: ClusterFolders): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) =>
      [folders.state, folders.run, folders.kubelet].some(
        (folder) => path === folder || path.startsWith(`${folder}/`),
      ),
    )
    .reverse();

const unmountAll = async (folders: ClusterFolders): Promise<void> => {
  for (const path of mountsBelow(folders)) {
    // Lazily: a mount that is still busy goes when its last user has gone.
    await run('umount', ['-l', path]).catch((error) => {
      if (mountsBelow(folders).includes(path)) throw error;
    });
  }
};

/** What the CNI library keeps outside of the folders given to it. */
const removeCniResults = (folders: ClusterFolders): void => {
  const results = '/var/lib/cni/results';
  if (!existsSync(results)) return;
  for (const file of readdirSync(results)) {
    if (file.startsWith(`${folders.cgroup}-`)) rmSync(join(results, file), { force: true });
  }
};

/** Ends and removes all of a cluster, however much of it is there. Ends only what the cluster started. */
export const down = async (name: string): Promise<void> => {
  const folders = clusterFolders(name);
  const records = processRecords(folders.processes);
  // First, or it would start again what is ended next. It ends when the last component has.
  const supervisor = records.find('supervisor');
  if (signalProcess(supervisor, 'SIGTERM')) {
    await waitFor('the supervisor starts nothing any more', { timeoutMs: 10_000, everyMs: 20 }, () => {
      return records.find('supervisor') === undefined || !isAlive(supervisor);
    });
  }
  const names = stopOrder(records.list().filter((part) => part !== 'supervisor'));
  if (names.includes('kubelet')) await endProcess(records.find('kubelet'), 5_000);
  await killAll('containers', () => processesInCgroups(folders.cgroup));
  await killAll('shims', () => shims(folders));
  // A start that was cut short may have left containers that the kubelet had just ordered.
  for (const part of names) await endProcess(records.find(part), 5_000);
  await killAll('shims', () => shims(folders));
  await killAll('containers', () => processesInCgroups(folders.cgroup));
  await endProcess(supervisor, 5_000);
  await unmountAll(folders);
  await removeNetwork(folders);
  await waitFor('cgroups are removed', { timeoutMs: 10_000 }, () => removeCgroups(folders.cgroup));
  removeCniResults(folders);
  // Without a node there is none, and only root may look.
  for (const folder of [folders.run, folders.kubelet]) {
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
  rmSync(folders.state, { recursive: true, force: true });
};
