import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { eventually } from './eventually.ts';
import { end, findOnPath, freePort } from './process.ts';

/** A real S3 that keeps its objects as files, on loopback. */
export interface TestS3 {
  /** The settings of a server that archives to a bucket of its own. */
  createBucket(name: string): Record<string, string>;
  /** Where the object of a key is, to be looked at and damaged. */
  fileOf(bucket: string, key: string): string;
  start(): Promise<void>;
  /** Its objects stay. */
  stop(): Promise<void>;
  /** It holds its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

const version = 'v1.8.0';
const program = join(cacheFolder, 'bin', `versitygw-${version}`);
const secret = 'archive-secret-of-a-test';

function findProgram(): string | undefined {
  if (existsSync(program)) return undefined;
  const go = findOnPath('go') ?? ['/usr/local/go/bin/go'].find(existsSync);
  if (!go) return 'no S3: Go, which builds versitygw, is not on PATH';
  process.stderr.write(`Building versitygw from Go modules (once; kept in ${cacheFolder}).\n`);
  const folder = join(cacheFolder, 'bin', `.new-${process.pid}-versitygw`);
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync(go, ['install', '-p', '2', `github.com/versity/versitygw/cmd/versitygw@${version}`], {
      cwd: '/',
      env: { ...process.env, GOBIN: folder, GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' },
      stdio: 'pipe',
      timeout: 15 * 60_000,
    });
    renameSync(join(folder, 'versitygw'), program);
  } catch (error) {
    return `no S3: versitygw cannot be built (${String((error as { stderr?: Buffer }).stderr ?? error).slice(-300)})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return undefined;
}

/** Why there is none, for the title of a skipped suite. */
export const missingS3: string | undefined = findProgram();

export async function startS3(): Promise<TestS3> {
  if (missingS3 !== undefined) throw new Error(missingS3);
  const folder = mkdtempSync(join(tmpdir(), 'registry-s3-'));
  const objects = join(folder, 'objects');
  mkdirSync(objects);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    // No metadata: they would be extended attributes, which not every temporary folder takes.
    server = spawn(
      program,
      ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', 'posix', '--nometa', objects],
      {
        cwd: folder,
        stdio: 'ignore',
        env: { PATH: process.env.PATH, ROOT_ACCESS_KEY_ID: 'archive', ROOT_SECRET_ACCESS_KEY: secret },
      },
    );
    // Refused without a signature, and that is an answer.
    await eventually(() => fetch(endpoint), 20_000);
  }

  await start();
  return {
    createBucket(name) {
      mkdirSync(join(objects, name), { recursive: true });
      return {
        S3_ENDPOINT: endpoint,
        S3_BUCKET: name,
        S3_PATH_STYLE: 'true',
        S3_ACCESS_KEY_ID: 'archive',
        S3_SECRET_ACCESS_KEY: secret,
      };
    },
    fileOf: (bucket, key) => join(objects, bucket, key),
    start,
    async stop() {
      server?.kill('SIGCONT');
      await end(server, 'SIGKILL');
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async remove() {
      server?.kill('SIGCONT');
      await end(server, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
