import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { addresses, inside } from '../../hack/cluster/network.ts';
import { end } from './process.ts';
import { s3Program } from './s3.ts';

const bucket = 'archive';
const port = 7070;
const secretAccessKey = 'archive-secret-of-a-test';

/** The Secret that `credentialsSecretRef` of the archive names, for the namespace of a registry. */
export const archiveKeys = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'archive-keys' },
  stringData: { accessKeyId: 'archive', secretAccessKey },
};

/** A real S3 on the node of a cluster, where its pods reach it; its objects are files. */
export function startS3InCluster({ name }: { readonly name: string }) {
  const folder = mkdtempSync(join(tmpdir(), 's3-in-cluster-'));
  mkdirSync(join(folder, bucket));
  let running: ChildProcess | undefined;

  function start(): void {
    const [command = '', ...args] = inside(clusterFolders(name), [
      s3Program(),
      ...['--port', `${addresses.node}:${port}`, '--quiet', 'posix', '--nometa', folder],
    ]);
    running = spawn(command, args, {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, ROOT_ACCESS_KEY_ID: 'archive', ROOT_SECRET_ACCESS_KEY: secretAccessKey },
    });
  }

  start();
  return {
    /** For `spec.artifacts.s3`, beside the Secret `archiveKeys`. */
    spec: {
      bucket,
      endpoint: `http://${addresses.node}:${port}`,
      pathStyle: true,
      credentialsSecretRef: { name: archiveKeys.metadata.name },
    },
    /** Where the object of a key is, to be looked at and damaged. */
    fileOf: (key: string) => join(folder, bucket, key),
    start,
    /** Its objects stay. */
    stop: () => end(running, 'SIGTERM'),
    async remove() {
      await end(running, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type S3InCluster = ReturnType<typeof startS3InCluster>;
