import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { keys } from '../../registry-server/store/archive/layout.ts';
import { aDatabase, dump, isShipped, passedOver, register, type TestDatabase } from '../build/archived.ts';
import { eventually } from '../build/eventually.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { startServer, type TestServer, withServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

(missingS3 ? describe.skip : describe)(
  `a new registry that begins with the archive of another one${missingS3 ? ` (${missingS3})` : ''}`,
  () => {
    let s3: TestS3;
    let buckets = 0;
    const databases: TestDatabase[] = [];
    before(async () => {
      s3 = await startS3();
    });
    after(async () => {
      for (const database of databases) database.remove();
      await s3.remove();
    });

    function nextBucket(): Record<string, string> {
      buckets += 1;
      return s3.createBucket(`bootstrap-${buckets}`);
    }

    async function nextDatabase(): Promise<TestDatabase> {
      const database = await aDatabase('embedded', undefined);
      databases.push(database);
      return database;
    }

    async function dumpOf(database: TestDatabase) {
      const opened = database.open();
      const dumped = await dump(opened);
      await opened.close();
      return dumped;
    }

    /** Another registry, archived and gone; its bucket as a registry that begins names it. */
    async function another() {
      const database = await nextDatabase();
      const bucket = nextBucket();
      await withServer(
        { ...database.environment, ...bucket, REGISTRY_NAME: 'team-a/registry' },
        async (server) => {
          await register(server, 'orders', 'a');
          await register(server, ':.dev:users', 'b');
          await server.ask('PUT', '/config/orders', { compatibility: 'FULL' });
          await isShipped(server);
        },
      );
      const dumped = await dumpOf(database);
      return { name: bucket.S3_BUCKET ?? '', dumped, environment: begun(bucket), database, bucket };
    }

    function begun(bucket: Record<string, string>): Record<string, string> {
      return Object.fromEntries(Object.entries(bucket).map(([name, value]) => [`BOOTSTRAP_${name}`, value]));
    }

    /** Every object of a bucket, with what is in it. */
    function objectsIn(bucket: string): Record<string, string> {
      const folder = s3.fileOf(bucket, '');
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      );
      return Object.fromEntries(
        files.map(({ parentPath, name }) => [
          `${parentPath}/${name}`,
          readFileSync(`${parentPath}/${name}`, 'utf8'),
        ]),
      );
    }

    /** What a server says that does not serve. */
    async function refusal(environment: Record<string, string>, reason = 'BootstrapFailed') {
      const server = await startServer({ ...(await nextDatabase()).environment, ...environment });
      try {
        return await eventually(async () => {
          const { body } = await server.getReadiness();
          expect([body.status, body.reason]).to.deep.equal(['down', reason]);
          expect((await server.get('/subjects')).status).to.equal(500);
          return body.cause as string;
        });
      } finally {
        await server.stop();
      }
    }

    it('has what the other one has, with an identity of its own, and leaves that archive as it was', async () => {
      const { name, dumped, environment } = await another();
      const before = objectsIn(name);
      const database = await nextDatabase();
      const own = nextBucket();
      const named = { ...database.environment, ...own, REGISTRY_NAME: 'staging/registry', ...environment };
      await withServer(named, async (server) => {
        expect((await server.get('/subjects/orders/versions/1')).body.id).to.equal(1);
        await isShipped(server);
      });
      const { registry, ...begunWith } = await dumpOf(database);
      const { registry: other, ...expected } = passedOver(dumped);
      expect(begunWith).to.deep.equal(expected);
      expect(registry).to.not.deep.equal(other);
      expect(objectsIn(name)).to.deep.equal(before);
    });

    it('begins with what the other one was at a snapshot, or says which there are', async () => {
      const { database, bucket, environment } = await another();
      const taking = { PATH: process.env.PATH, LOG_LEVEL: 'error', ...database.environment, ...bucket };
      await promisify(execFile)(process.execPath, [main, 'archive', 'snapshots', 'take', 'before'], {
        env: taking,
      });
      await withServer({ ...database.environment, ...bucket }, async (server) => {
        await register(server, 'later', 'l');
        await isShipped(server);
      });
      const at = { ...environment, BOOTSTRAP_AT: 'before' };
      await withServer({ ...(await nextDatabase()).environment, ...at }, async (server) => {
        expect((await server.get('/subjects')).body).to.have.members([':.dev:users', 'orders']);
        expect(await register(server, 'mine', 'm')).to.be.above(1_002);
      });
      expect(await refusal({ ...environment, BOOTSTRAP_AT: '2020-01-01T00:00:00Z' })).to.match(
        /^2020-01-01T00:00:00Z is before the first snapshot at s3:.*, which is before of /,
      );
    });

    it('goes on with what it has, whatever becomes of the other one', async () => {
      const { name, environment } = await another();
      const database = await nextDatabase();
      const begin = { ...database.environment, ...environment };
      const id = await withServer(begin, (server) => register(server, 'mine', 'c'));
      expect(id).to.be.above(1_000);
      rmSync(s3.fileOf(name, 'registry.json'));
      await withServer(begin, async (server) => {
        expect((await server.get('/subjects')).body).to.have.members([':.dev:users', 'mine', 'orders']);
      });
    });

    it('comes back from its own archive when its database is lost, and not from the other one', async () => {
      const { environment } = await another();
      const own = { ...nextBucket(), REGISTRY_NAME: 'staging/registry', ...environment };
      const id = await withServer({ ...(await nextDatabase()).environment, ...own }, async (server) => {
        const given = await register(server, 'mine', 'c');
        await isShipped(server);
        return given;
      });
      await withServer({ ...(await nextDatabase()).environment, ...own }, async (server) => {
        expect((await server.get('/subjects/mine/versions/1')).body.id).to.equal(id);
        expect(await register(server, 'more', 'd')).to.be.above(id);
      });
    });

    it('does not begin before its own archive can be asked', async () => {
      const { environment } = await another();
      const own = { ...nextBucket(), S3_ENDPOINT: 'http://127.0.0.1:1', REGISTRY_NAME: 'staging/registry' };
      expect(await refusal({ ...own, ...environment }, 'DataLost')).to.include('cannot be known');
    });

    it('does not begin with an archive that is not there, and begins once it is', async () => {
      const bucket = nextBucket();
      const database = await nextDatabase();
      expect(await refusal(begun(bucket))).to.match(
        /^there is no archive at s3:.*registry\.json is missing$/,
      );
      await withServer({ ...database.environment, ...bucket }, async (server: TestServer) => {
        await register(server, 'orders', 'a');
        await isShipped(server);
      });
      await withServer({ ...(await nextDatabase()).environment, ...begun(bucket) }, async (server) => {
        expect((await server.get('/subjects')).body).to.deep.equal(['orders']);
      });
    });

    it('names what is damaged, and begins with what is whole where that is asked for', async () => {
      const { name, dumped, environment } = await another();
      const [broken = ''] = (dumped.schemas as { fingerprint: string }[]).map(({ fingerprint }) =>
        keys.content(fingerprint.replace('\\x', '')),
      );
      rmSync(s3.fileOf(name, broken));
      expect(await refusal(environment)).to.match(
        new RegExp(
          `is damaged: ${broken}: missing; put back what is missing, or set BOOTSTRAP_PARTIAL \\(spec.bootstrap.archive.partial\\) to true`,
        ),
      );
      const partial = { ...environment, BOOTSTRAP_PARTIAL: 'true' };
      await withServer({ ...(await nextDatabase()).environment, ...partial }, async (server) => {
        expect((await server.get('/subjects')).body).to.have.length(1);
      });
    });

    it('waits for an S3 that is away, and says so', async () => {
      const { environment } = await another();
      await s3.stop();
      try {
        expect(await refusal(environment)).to.include(
          'the archive that this registry is to begin with cannot be read: S3 refuses connections',
        );
      } finally {
        await s3.start();
      }
    });
  },
);
