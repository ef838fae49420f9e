import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { end, freePort } from './process.ts';
import { quickStart } from './quick-start.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

/** A server in a process of its own, that can be killed. */
export interface Replica {
  readonly url: string;
  readonly metricsUrl: string;
  start(): void;
  /** Without a word to anybody. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  isReady(deadlineMs?: number): Promise<void>;
}

export async function openReplica(environment: Readonly<Record<string, string>>): Promise<Replica> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    await end(child, signal);
    child = undefined;
  };
  return {
    url,
    metricsUrl: `http://127.0.0.1:${metricsPort}`,
    start() {
      child ??= spawn(process.execPath, [main, 'serve'], {
        stdio: 'ignore',
        env: {
          PATH: process.env.PATH,
          ...quickStart,
          SERVER_HOST: '127.0.0.1',
          SERVER_PORT: String(port),
          ENABLE_GRPC: 'false',
          METRICS_PORT: String(metricsPort),
          GRACEFUL_SHUTDOWN_TIMEOUT: '0',
          LOG_LEVEL: 'error',
          ...environment,
        },
      });
    },
    kill: () => stop('SIGKILL'),
    stop: () => stop('SIGTERM'),
    isReady: (deadlineMs = 30_000) =>
      eventually(async () => {
        const { status } = await fetch(`${url}/ready`);
        if (status !== 200) throw new Error(`${url} is not ready: ${status}`);
      }, deadlineMs),
  };
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

/** Undefined when nobody answered, or not in time: what was asked for may have happened all the same. */
export async function askReplica(
  { url }: Pick<Replica, 'url'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(20_000),
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}
