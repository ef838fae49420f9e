import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, freePort } from './process.ts';

/** As in Dockerfile.operator and in `npm run operator`. */
const operatorFlags = ['--optimize-for-size', '--max-semi-space-size=4', '--heap-growing-percent=20'];

const main = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

/** The operator as a process of its own: whether it ends, and what it takes, is seen from outside. */
export async function startOperatorProcess(
  kubeconfig: string,
  identity: string,
  environment: Readonly<Record<string, string>> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'operator-'));
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, kubeconfig, { mode: 0o600 });
  const [healthPort, metricsPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [...operatorFlags, main], {
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: path,
      POD_NAME: identity,
      POD_NAMESPACE: 'default',
      HEALTH_PORT: String(healthPort),
      METRICS_PORT: String(metricsPort),
      LOG_LEVEL: 'info',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return {
    child,
    healthPort,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    log: () => log,
    /** The status and the words of /readyz or /healthz. */
    health: async (door: 'readyz' | 'healthz') => {
      const response = await fetch(`http://127.0.0.1:${healthPort}/${door}`);
      return { status: response.status, words: await response.text() };
    },
    metricsText: metrics,
    /** The sum over all labels. */
    metric: async (name: string) => {
      const lines = (await metrics()).split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    residentBytes: async () =>
      Number(/^process_resident_memory_bytes (\S+)/m.exec(await metrics())?.[1] ?? Number.NaN),
    stop: async () => {
      await end(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
    kill: async () => {
      await end(child, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
