import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { until } from '../build/api-server.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { missingS3 } from '../build/s3.ts';
import { archiveKeys, type S3InCluster, startS3InCluster } from '../build/s3-in-cluster.ts';

const withoutArchive = JSON.stringify([{ op: 'remove', path: '/spec/artifacts' }]);

/** Run in a pod of the server: a request, and its answer. */
const ask = `
const [method, path, body] = process.argv.slice(1);
fetch('http://127.0.0.1:8080' + path, { method, body, headers: { 'content-type': 'application/json' } })
  .then(async (answer) => console.log(JSON.stringify([answer.status, await answer.json()])));
`;

(missingS3 ? describe.skip : describe)(
  `a registry with an archive${missingS3 ? ` (${missingS3})` : ''}`,
  function () {
    this.timeout(300_000);
    let cluster: RunningCluster;
    let registry: RegistryInCluster;
    let s3: S3InCluster;

    before(async function () {
      this.timeout(40 * 60_000); // The first build of the binaries and images.
      cluster = await runningCluster();
      s3 = startS3InCluster(cluster);
      const bucket = { ...s3.spec, drill: { reads: 10 } };
      registry = await registryIn(cluster, 'lost', { ...small, artifacts: { s3: bucket } }, [archiveKeys]);
      await registry.ready();
    });
    after(async () => {
      await registry?.remove();
      await s3?.remove();
    });

    const request = async (...order: string[]): Promise<[status: number, body: Record<string, unknown>]> =>
      JSON.parse(
        await cluster.kubectl([
          ...['exec', '-n', 'lost', 'deploy/lost', '-c', 'server', '--'],
          ...['node', '-e', ask, ...order],
        ]),
      );
    const register = (subject: string, schema: string) =>
      request('POST', `/subjects/${subject}/versions`, JSON.stringify({ schema }));

    it('is tried by a drill, which names what was changed in the bucket by hand', async () => {
      await register('tried', '"bytes"');
      const object = s3.fileOf('subjects/!2E/tried.json');
      await until('the archive has it', async () => existsSync(object) || undefined, 60_000);
      const begin = (job: string) => registry.kubectl('create', 'job', '--from=cronjob/lost-drill', job);
      await begin('first');
      await registry.says('ArchiveVerified', 'True', 'Verified', { timeoutMs: 120_000 });
      const whole = readFileSync(object, 'utf8');
      writeFileSync(object, whole.replace('"version":1', '"version":2'));
      await begin('second');
      await registry.says('ArchiveVerified', 'False', 'ArchiveDiffers', { timeoutMs: 120_000 });
      const said = await registry.kubectl('get', 'schemaregistry', 'lost', '-o', 'yaml');
      expect(said).to.include('subjects/!2E/tried.json: damaged').and.to.include('lastVerified');
      writeFileSync(object, whole);
    });

    it('comes back by itself with its ids when the volume of its PostgreSQL is lost', async () => {
      expect((await register('orders', '"string"'))[1].id).to.equal(2);
      expect((await register('users', '"long"'))[1].id).to.equal(3);
      const isShipped = () => existsSync(s3.fileOf('subjects/!2E/users.json'));
      await until('the archive has it', async () => isShipped() || undefined, 60_000);

      await registry.kubectl('delete', 'pvc', 'data-lost-postgres-0', '--wait=false');
      await registry.kubectl('delete', 'pod', 'lost-postgres-0', '--grace-period=1');
      await registry.says('DatabaseReady', 'False', 'Restoring', { timeoutMs: 180_000 });
      await registry.ready();
      expect((await request('GET', '/subjects/users/versions/1'))[1]).to.include({ id: 3, schema: '"long"' });
      expect((await register('new', '"float"'))[1].id).to.be.above(1_000);
    });

    it('is not served without its archive when the volume is lost again, until the loss is accepted; ids go on above', async () => {
      await registry.kubectl('patch', 'sr', 'lost', '--type=json', '-p', withoutArchive);
      await registry.says('Reconciling', 'False', 'Settled', { timeoutMs: 120_000 });
      await registry.ready();
      const { identity, dependencies } = (await registry.get()).status ?? {};
      const { database } = dependencies as { readonly database: { readonly volume?: object } };
      expect(database.volume).to.have.keys('sizeBytes', 'freeBytes');
      const { registryId } = identity as { readonly registryId: string };
      await registry.kubectl('delete', 'pvc', 'data-lost-postgres-0', '--wait=false');
      await registry.kubectl('delete', 'pod', 'lost-postgres-0', '--grace-period=1');
      await registry.says('DatabaseReady', 'False', 'DataLost', {
        timeoutMs: 180_000,
        saying: new RegExp(`the database is empty, and that of registry ${registryId}`),
      });
      expect((await request('GET', '/subjects'))[0]).to.equal(500);

      await registry.kubectl(
        'annotate',
        'sr',
        'lost',
        `llm-schema-registry.io/accept-data-loss=${registryId}`,
      );
      await registry.says('DatabaseReady', 'True', 'Ready', { timeoutMs: 120_000 });
      await registry.ready();
      expect((await register('after', '"float"'))[1].id).to.be.above(100_000);
    });
  },
);
