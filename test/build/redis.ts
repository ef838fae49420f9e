import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { end, findOnPath, freePort } from './process.ts';

/** A real Redis that keeps nothing, on loopback. */
export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** It holds its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
}

interface Program {
  readonly path: string;
  readonly libraries?: string;
}

// The program is in redis-tools, its name in redis-server; the other two are what it links to.
const packages = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

function findProgram(): Program | undefined {
  const installed = findOnPath('redis-server');
  if (installed) return { path: installed };
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'llm-schema-registry', 'redis');
  const path = join(cache, 'usr', 'bin', 'redis-server');
  if (!existsSync(path)) {
    if (!findOnPath('apt-get') || !findOnPath('dpkg')) return undefined;
    process.stderr.write(
      `No redis-server on PATH: unpacking Debian's into ${cache}; nothing is installed.\n`,
    );
    mkdirSync(cache, { recursive: true });
    try {
      execFileSync('apt-get', ['download', ...packages], { cwd: cache, stdio: 'pipe' });
    } catch {
      return undefined;
    }
    for (const file of readdirSync(cache).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', file, '.'], { cwd: cache });
    }
  }
  return {
    path,
    libraries: join(cache, 'usr', 'lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`),
  };
}

/** Its program; undefined where there is none. */
export const redisProgram = findProgram();
const program = redisProgram;

/** Why there is none, for the title of a skipped suite. */
export const missingRedis: string | undefined = program
  ? undefined
  : 'no Redis: redis-server is not on PATH, and Debian packages cannot be had';

/** @param args more of redis-server's arguments */
export function startRedis(...args: readonly string[]): Promise<TestRedis> {
  return startProgram(() => ['--save', '', ...args]);
}

/** A sentinel that alone decides who is the master of that name. */
export function startSentinel(name: string, masterPort: string): Promise<TestRedis> {
  return startProgram((folder) => {
    const path = join(folder, 'sentinel.conf');
    // It writes what it learns into its configuration.
    if (!existsSync(path)) {
      const lines = [
        `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
        `sentinel down-after-milliseconds ${name} 500`,
        `sentinel failover-timeout ${name} 2000`,
      ];
      writeFileSync(path, `${lines.join('\n')}\n`);
    }
    return [path, '--sentinel'];
  });
}

async function startProgram(argsIn: (folder: string) => readonly string[]): Promise<TestRedis> {
  if (!program) throw new Error(missingRedis);
  const folder = mkdtempSync(join(tmpdir(), 'registry-redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = [...argsIn(folder), '--port', String(port), '--bind', '127.0.0.1'];
    server = spawn((program as Program).path, args, {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, LD_LIBRARY_PATH: program?.libraries },
    });
    await eventually(() => answers(port));
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    async stop() {
      server?.kill('SIGCONT');
      await end(server, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
  };
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
