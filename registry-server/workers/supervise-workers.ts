import cluster, { type Worker } from 'node:cluster';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closeServer, listen, urlAt, urlOf } from '../listening/listen.ts';
import type { Log } from '../log.ts';
import { type Measured, readMeasured } from '../metrics/measured.ts';
import { metricsListener } from '../metrics/metrics-listener.ts';
import { openWorkerMetrics } from '../metrics/worker-metrics.ts';
import { type Readiness, worstOf } from '../readiness.ts';
import type { RunningServer } from '../serve.ts';
import type { ServerSettings } from '../settings.ts';
import { backOffMs } from '../waiting/back-off.ts';
import { type Question, readFromWorker, type ToWorker } from './worker-messages.ts';

const RESTART = { firstMs: 200, longestMs: 30_000 };
/** Who lived so long did not die of its start. */
const HEALTHY_MS = 60_000;
/** Below the timeout of a scrape, and above what a worker gives its database. */
const ANSWER_DEADLINE_MS = 2_500;
/** What a worker may take beyond its own deadline: three times what it gives itself, and half of what a cluster gives. */
const EXTRA_SHUTDOWN_MS = 10_000;
/** Rounds are counted from 1 on: nobody waits for this one. */
const NO_ROUND = 0;

interface Supervised {
  readonly worker: Worker;
  readonly startedMs: number;
  /** Its caches may hold something: it is told of changes. */
  isPrepared: boolean;
  /** What a worker last counted: a sum must not fall when it is gone. */
  lastMeasured: Measured;
}

/** One process that listens, and workers that answer: each with its own store and caches, all with one truth. */
export async function superviseWorkers(settings: ServerSettings, log: Log): Promise<RunningServer> {
  const started = performance.now();
  const { host, port } = settings;
  const url = urlAt(host, port, settings.tlsCertFile !== undefined);
  await ensureFree(port, host);
  if (settings.isGrpcEnabled) await ensureFree(settings.grpcPort, host);

  const all = new Map<number, Supervised>();
  /** Who has not yet dropped what a worker wrote, by that worker and its round. */
  const rounds = new Map<string, Set<number>>();
  const asking = new Map<number, (id: number, answer: unknown) => void>();
  const metrics = openWorkerMetrics(() => ({ alive: all.size, wanted: settings.workers }), measureAll);
  const ready = Promise.withResolvers<void>();
  let hasServed = false;
  let isStopping = false;
  let failures = 0;
  let lastAsked = 0;

  const metricsServer = settings.isMetricsEnabled
    ? createServer(metricsListener({ metrics, readiness, log }))
    : undefined;
  if (metricsServer) await listen(metricsServer, settings.metricsPort, host);

  cluster.setupPrimary({ exec: fileURLToPath(new URL('../main.ts', import.meta.url)), args: ['serve'] });
  for (let count = 0; count < settings.workers; count += 1) start();

  let stopped: Promise<void> | undefined;
  return {
    url,
    metricsUrl: metricsServer && urlOf(metricsServer),
    grpcAddress: settings.isGrpcEnabled ? new URL(urlAt(host, settings.grpcPort, false)).host : undefined,
    ready: ready.promise,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };

  function start(): void {
    const worker = cluster.fork();
    const supervised: Supervised = {
      worker,
      startedMs: performance.now(),
      isPrepared: false,
      lastMeasured: [],
    };
    all.set(worker.id, supervised);
    log.info('worker started', { started: worker.id, pid: worker.process.pid });
    worker.on('message', (message: unknown) => hear(supervised, message));
    worker.once('exit', (code, signal) => void bury(supervised, code, signal));
  }

  function hear(supervised: Supervised, given: unknown): void {
    const { id } = supervised.worker;
    const message = readFromWorker(given);
    switch (message?.kind) {
      case undefined:
        log.warn('a worker says what cannot be read', { from: id });
        for (const { worker } of all.values()) {
          send(worker, { kind: 'drop', by: id, round: NO_ROUND, changes: [{ anything: true }] });
        }
        break;
      case 'prepared':
        supervised.isPrepared = true;
        serveWhenPrepared();
        break;
      case 'changed': {
        const others = [...all.values()].filter((other) => other !== supervised && other.isPrepared);
        const { round, changes } = message;
        rounds.set(`${id} ${round}`, new Set(others.map(({ worker }) => worker.id)));
        for (const { worker } of others) send(worker, { kind: 'drop', by: id, round, changes });
        endRound(id, round);
        break;
      }
      case 'dropped':
        rounds.get(`${message.by} ${message.round}`)?.delete(id);
        endRound(message.by, message.round);
        break;
      case 'answered':
        asking.get(message.asked)?.(id, message.answer);
        break;
    }
  }

  function endRound(by: number, round: number): void {
    if (rounds.get(`${by} ${round}`)?.size !== 0) return;
    rounds.delete(`${by} ${round}`);
    const writer = all.get(by)?.worker;
    if (writer) send(writer, { kind: 'known', round });
  }

  /** At first all begin together: whoever was told that the server is ready may meet any of them. */
  function serveWhenPrepared(): void {
    const everyone = [...all.values()];
    const canServe = everyone.filter(({ isPrepared }) => isPrepared);
    if (!hasServed && canServe.length < everyone.length) return;
    for (const { worker } of canServe) send(worker, { kind: 'serve' });
    if (hasServed) return;
    hasServed = true;
    log.info('ready', { workers: canServe.length, afterMs: Math.round(performance.now() - started) });
    ready.resolve();
  }

  async function bury(supervised: Supervised, code: number | null, signal: string | null): Promise<void> {
    const { id, process } = supervised.worker;
    all.delete(id);
    metrics.keep(supervised.lastMeasured);
    for (const [key, waitedFor] of rounds) {
      const [by, round] = key.split(' ').map(Number) as [number, number];
      if (by === id) rounds.delete(key);
      else if (waitedFor.delete(id)) endRound(by, round);
    }
    if (isStopping) return;
    failures = performance.now() - supervised.startedMs > HEALTHY_MS ? 1 : failures + 1;
    const waitMs = backOffMs(failures - 1, RESTART);
    log.error('worker died', { died: id, pid: process.pid, code, signal, restartInMs: Math.round(waitMs) });
    metrics.restarted();
    // The others need not wait for it any more.
    if (all.size > 0) serveWhenPrepared();
    await delay(waitMs);
    if (!isStopping) start();
  }

  /** What the workers count; of those that do not answer in time, what they said last. */
  async function measureAll(): Promise<readonly Measured[]> {
    for (const [id, answer] of await askAll('metrics', prepared())) {
      const supervised = all.get(id);
      if (supervised) supervised.lastMeasured = readMeasured(answer);
    }
    return [...all.values()].map(({ lastMeasured }) => lastMeasured);
  }

  /**
   * A client may meet any worker, so it is as well as the one that is worst. At first all listen; who takes the place of
   * a dead one does not until it is prepared.
   */
  async function readiness(): Promise<Readiness> {
    const canServe = hasServed ? prepared() : [];
    // Where none can, those that are to take their places know why.
    const answers = await askAll('readiness', canServe.length > 0 ? canServe : [...all.values()]);
    return worstOf([...answers.values()]);
  }

  function prepared(): readonly Supervised[] {
    return [...all.values()].filter(({ isPrepared }) => isPrepared);
  }

  /** What these workers answer, by their id; nothing of those that do not in time. */
  async function askAll(
    about: Question,
    asked: readonly Supervised[],
  ): Promise<ReadonlyMap<number, unknown>> {
    lastAsked += 1;
    const number = lastAsked;
    const answers = new Map<number, unknown>();
    const answered = Promise.withResolvers<void>();
    asking.set(number, (id, answer) => {
      answers.set(id, answer);
      if (answers.size === asked.length) answered.resolve();
    });
    for (const { worker } of asked) send(worker, { kind: 'ask', asked: number, about });
    const timer = setTimeout(answered.resolve, asked.length === 0 ? 0 : ANSWER_DEADLINE_MS);
    await answered.promise;
    clearTimeout(timer);
    asking.delete(number);
    return answers;
  }

  async function stop(): Promise<void> {
    isStopping = true;
    log.info('draining', { workers: all.size });
    const ended = [...all.values()].map(
      ({ worker }) =>
        new Promise<void>((resolve) => {
          worker.once('exit', () => resolve());
          worker.process.kill('SIGTERM');
        }),
    );
    const timer = setTimeout(
      () => {
        for (const { worker } of all.values()) {
          log.error('worker did not end in time', { worker: worker.id });
          worker.process.kill('SIGKILL');
        }
      },
      settings.shutdownTimeoutSeconds * 1000 + EXTRA_SHUTDOWN_MS,
    );
    await Promise.all(ended);
    clearTimeout(timer);
    if (metricsServer) await closeServer(metricsServer, 0);
    log.info('stopped');
  }
}

function send(worker: Worker, message: ToWorker): void {
  // It may be gone without our having heard of it.
  if (worker.isConnected()) worker.send(message, () => {});
}

/** Workers that cannot listen would die one after the other; here it is one message. */
async function ensureFree(port: number, host: string): Promise<void> {
  const server = createServer();
  await listen(server, port, host);
  await closeServer(server, 0);
}
