import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { clusterFolders } from './folders.ts';

const credentials = (cluster: Cluster) => {
  const { certificates } = clusterFolders(cluster.name);
  const read = (file: string) => readFileSync(join(certificates, file));
  return { ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') };
};

/** A GET as the cluster's administrator. Undefined when nothing answers, or not with 200. */
export const askApi = (cluster: Cluster, path: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const giveUp = () => resolve(undefined);
    const call = request(
      `https://127.0.0.1:${cluster.ports.api}${path}`,
      { ...credentials(cluster), timeout: 2_000, agent: false },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => resolve(answer.statusCode === 200 ? body : undefined));
        answer.on('error', giveUp);
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', giveUp);
    call.end();
  });

export const isApiReady = async (cluster: Cluster): Promise<boolean> =>
  (await askApi(cluster, '/readyz')) !== undefined;
