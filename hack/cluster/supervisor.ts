// Runs for as long as its cluster does: starts every component, and starts it again when it ends.
// Started by up.ts with the cluster's name. SIGHUP: read the cluster's record anew. SIGTERM: start nothing any more,
// remove the own record as a sign of it, and end when the components have ended. When it is killed they run on;
// a later supervisor finds them by their records and looks after them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isApiReady } from './api.ts';
import { findCluster } from './cluster.ts';
import { type Component, components } from './components.ts';
import { clusterFolders } from './folders.ts';
import { endProcess, findProcess, isAlive, type ProcessRecord, processRecords } from './processes.ts';
import { restartDelayMs } from './restart-delay.ts';
import { waitFor } from './wait.ts';

const name = process.argv[2] ?? '';
const folders = clusterFolders(name);
const records = processRecords(folders.processes);
const ended = new AbortController();
const children = new Set<ChildProcess>();
const maxLogBytes = 20 * 1024 * 1024;

const log = (event: string, fields: object = {}) =>
  console.log(JSON.stringify({ time: new Date().toISOString(), event, ...fields }));

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const isReady: Record<Component['after'][number], () => Promise<boolean>> = {
  containerd: () => answers(folders.containerdSocket),
  'kube-apiserver': async () => {
    const cluster = findCluster(name);
    return cluster !== undefined && (await isApiReady(cluster));
  },
};

const openLog = (component: Component): number => {
  mkdirSync(folders.logs, { recursive: true });
  const file = join(folders.logs, `${component.name}.log`);
  if (existsSync(file) && statSync(file).size > maxLogBytes) renameSync(file, `${file}.old`);
  return openSync(file, 'a');
};

const start = async (component: Component): Promise<ProcessRecord | undefined> => {
  const [command = '', ...args] = component.command;
  const output = openLog(component);
  // A session of its own: Ctrl-C in the terminal of `up` is none of its business.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', (error) => log('not started', { component: component.name, error: error.message }));
  child.on('exit', (code, signal) => log('ended', { component: component.name, code, signal }));
  children.add(child);
  child.on('close', () => children.delete(child));
  const record = child.pid === undefined ? undefined : findProcess(child.pid);
  if (record) records.write(component.name, record);
  return record;
};

/** Until this supervisor ends or the component is no longer wanted. */
const look = async (component: Component, signal: AbortSignal): Promise<void> => {
  let failures = 0;
  let record = records.find(component.name);
  if (isAlive(record)) log('found running', { component: component.name, pid: record.pid });
  while (!signal.aborted) {
    if (!isAlive(record)) {
      for (const other of component.after) {
        await waitFor(other, { timeoutMs: Number.POSITIVE_INFINITY, signal }, isReady[other]);
      }
      record = await start(component);
      log('started', { component: component.name, pid: record?.pid });
    }
    const startedAt = performance.now();
    const current = record;
    await waitFor('end', { timeoutMs: Number.POSITIVE_INFINITY, signal }, () => !isAlive(current));
    failures = performance.now() - startedAt > 10_000 ? 0 : failures + 1;
    const resumeAt = performance.now() + restartDelayMs(failures);
    await waitFor(
      'turn',
      { timeoutMs: Number.POSITIVE_INFINITY, signal },
      () => performance.now() >= resumeAt,
    );
  }
};

const looked = new Map<string, { readonly component: Component; readonly stop: AbortController }>();

const isSame = (a: Component, b: Component) => a.command.join('\0') === b.command.join('\0');

const readRecord = async (): Promise<void> => {
  const cluster = findCluster(name);
  if (!cluster) return ended.abort();
  const wanted = components(cluster);
  for (const [key, { component, stop }] of looked) {
    if (wanted.some((other) => other.name === key && isSame(other, component))) continue;
    stop.abort();
    looked.delete(key);
    await endProcess(records.find(key), 2_000);
    records.remove(key);
  }
  for (const component of wanted) {
    if (looked.has(component.name)) continue;
    const stop = new AbortController();
    looked.set(component.name, { component, stop });
    look(component, AbortSignal.any([stop.signal, ended.signal])).catch((error) => {
      if (!stop.signal.aborted && !ended.signal.aborted) {
        log('no longer looked after', { component: component.name, error: String(error) });
      }
    });
  }
};

process.on('SIGHUP', () => readRecord());
process.on('SIGTERM', () => ended.abort());
const own = findProcess(process.pid);
if (own) records.write('supervisor', own);
log('supervisor started', { pid: process.pid });
await readRecord();
// Nothing else would keep the process alive while every component waits for another.
const alive = setInterval(() => undefined, 60_000);
if (!ended.signal.aborted) await once(ended.signal, 'abort');
clearInterval(alive);
records.remove('supervisor');
log('starts nothing any more');
// A parent that stays is there to collect them; without it they would remain as zombies until init looks.
while (children.size > 0) await Promise.all([...children].map((child) => once(child, 'close')));
process.exit(0);
