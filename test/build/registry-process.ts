import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { end, freePort } from './process.ts';
import { quickStart } from './quick-start.ts';

export interface RegistryProcess {
  readonly url: string;
  readonly metricsUrl: string;
  readonly grpcAddress: string;
  readonly child: ChildProcess;
  /** What it wrote so far. */
  readonly output: () => string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

/** The server as a process of its own on loopback, ready; in memory unless the environment says otherwise. */
export async function startRegistryProcess(
  environment: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = [],
  readyMs = 30_000,
): Promise<RegistryProcess> {
  const [port, metricsPort, grpcPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let output = '';
  const child = spawn(process.execPath, [...nodeOptions, main, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      ...quickStart,
      SERVER_HOST: '127.0.0.1',
      SERVER_PORT: String(port),
      METRICS_PORT: String(metricsPort),
      GRPC_PORT: String(grpcPort),
      GRACEFUL_SHUTDOWN_TIMEOUT: '0',
      DATABASE_MIN_CONNECTIONS: '2',
      LOG_LEVEL: 'warn',
      ...environment,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the server ended: ${output}`);
  });
  // Once it is ready, nobody waits for its end here.
  ended.catch(() => {});
  const isReady = eventually(async () => {
    if ((await fetch(`${url}/ready`)).status !== 200) throw new Error(`the server is not ready: ${output}`);
  }, readyMs);
  await Promise.race([isReady, ended]);
  return {
    url,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    child,
    output: () => output,
    stop: (signal = 'SIGTERM') => end(child, signal),
  };
}
