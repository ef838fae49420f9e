import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { ApiError, type Cluster, isConflict } from '../../operator/cluster.ts';
import { runOperator } from '../../operator/main.ts';
import type { Spec } from '../../operator/registry.ts';
import { readSettings } from '../../operator/settings.ts';
import { find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, childrenNamed } from '../build/children.ts';
import { type FieldPath, inWords, ownedFields, readField, spoiled } from '../build/owned-fields.ts';

const spec: Spec = {
  ingress: { enabled: true, http: { hosts: ['registry.example.com'], tlsSecretName: 'tls' } },
  monitoring: { dashboards: { enabled: true } },
};
const mostMs = 5_000;

describe('every field that the operator holds, edited by another client', function () {
  this.timeout(300_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  const stopping = new AbortController();
  let ended: Promise<unknown>;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    const settings = readSettings({
      METRICS_PORT: '0',
      HEALTH_PORT: '0',
      LOG_LEVEL: 'error',
    });
    ended = runOperator({ ...settings, namespace: 'default' }, stopping.signal);
    await cluster.apply(aRegistryNamed('edited', spec));
  });
  after(async () => {
    stopping.abort();
    await ended;
    await server?.close();
  });

  for (const child of childrenNamed('edited', spec)) {
    it(`of ${child.kind} ${child.metadata.name} is repaired in less than ${mostMs / 1000} s`, async () => {
      await until('it is there', () => find(cluster, child), 30_000);
      const fields = ownedFields(await cluster.get(child));
      let edits = 0;
      let longestMs = 0;
      const refused: string[] = [];
      for (const path of fields) {
        const wanted = readField(await cluster.get(child), path);
        if (!(await isSpoiled(path, wanted))) {
          refused.push(inWords(path));
          continue;
        }
        edits += 1;
        const startedMs = performance.now();
        await until(
          `${inWords(path)} is as wanted`,
          async () => isDeepStrictEqual(readField(await cluster.get(child), path), wanted),
          mostMs,
        );
        longestMs = Math.max(longestMs, performance.now() - startedMs);
      }
      console.log(
        `      ${child.kind} ${child.metadata.name}: ${edits} of ${fields.length} fields edited, the last repair after at most ` +
          `${Math.round(longestMs)} ms${refused.length === 0 ? '' : `; cannot be edited: ${refused.join(' ')}`}`,
      );
      expect(edits).to.be.above(0);
    });

    /** Whether the API server took one of the edits. */
    const isSpoiled = async (path: FieldPath, wanted: unknown): Promise<boolean> => {
      const tries = spoiled(await cluster.get(child), path).length;
      for (let index = 0; index < tries; index += 1) {
        for (;;) {
          const edited = spoiled(await cluster.get(child), path)[index];
          if (edited === undefined) break;
          try {
            const taken = await cluster.update(edited);
            if (isDeepStrictEqual(readField(taken, path), wanted)) break;
            return true;
          } catch (error) {
            // The operator or the server wrote it meanwhile.
            if (isConflict(error)) continue;
            if (!(error instanceof ApiError)) throw error;
            break;
          }
        }
      }
      return false;
    };
  }
});
