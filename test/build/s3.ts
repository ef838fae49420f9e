import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { findGoTool } from './go-tool.ts';
import { end, freePort } from './process.ts';

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

const secret = 'archive-secret-of-a-test';

const tool = findGoTool({ command: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' });

/** Why there is none, for the title of a skipped suite. */
export const missingS3: string | undefined = 'reason' in tool ? `no S3: ${tool.reason}` : undefined;

/** Where the program is; it is built once. */
export function s3Program(): string {
  if ('reason' in tool) throw new Error(missingS3);
  return tool.program;
}

export async function startS3(): Promise<TestS3> {
  const program = s3Program();
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
