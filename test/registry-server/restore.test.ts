import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { openLog } from '../../registry-server/log.ts';
import { openBucket } from '../../registry-server/open-bucket.ts';
import { readSettings } from '../../registry-server/settings.ts';
import { openArchive } from '../../registry-server/store/archive/archive.ts';
import { keys } from '../../registry-server/store/archive/layout.ts';
import { type Recovering, recover } from '../../registry-server/store/archive/recover.ts';
import type { Bucket } from '../../registry-server/store/bucket.ts';
import type { Database } from '../../registry-server/store/database.ts';
import type { Identity } from '../../registry-server/store/identity/identity.ts';
import { migrate } from '../../registry-server/store/migrate.ts';
import { DataLost } from '../../registry-server/store/not-served.ts';
import {
  aDatabase,
  dump,
  isShipped,
  type Kind,
  passedOver,
  register,
  type TestDatabase,
} from '../build/archived.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { startServer, type TestServer, withServer } from '../build/server.ts';

const silent = openLog({ level: 'silent', format: 'json' });
const REGISTRY_NAME = 'team-a/registry';
const reason = missingS3 ?? missingPostgres;

(reason ? describe.skip : describe)(
  `a registry whose database was lost${reason ? ` (${reason})` : ''}`,
  () => {
    let postgres: TestPostgres;
    let s3: TestS3;
    let buckets = 0;
    const databases: TestDatabase[] = [];
    /** An archive that no test changes. */
    let own: Awaited<ReturnType<typeof archived>>;
    before(async () => {
      [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
      own = await archived();
    });
    after(async () => {
      for (const database of databases) database.remove();
      await Promise.all([postgres.stop(), s3.remove()]);
    });

    function nextBucket(): Record<string, string> {
      buckets += 1;
      return s3.createBucket(`lost-${buckets}`);
    }

    async function nextDatabase(kind: Kind = 'embedded'): Promise<TestDatabase> {
      const database = await aDatabase(kind, postgres);
      databases.push(database);
      return database;
    }

    /** A registry with two subjects, archived. */
    async function archived() {
      const database = await nextDatabase();
      const bucket: Record<string, string> = { ...nextBucket(), REGISTRY_NAME };
      await withServer({ ...database.environment, ...bucket }, async (server) => {
        await register(server, 'orders', 'a');
        await register(server, ':.dev:users', 'b');
        await isShipped(server);
      });
      const opened = database.open();
      const dumped = await dump(opened);
      await opened.close();
      return { bucket, dumped };
    }

    /** As a server of the registry recovers, which nobody else claims. */
    function recovering(database: Database, bucket: Bucket): Recovering {
      return {
        database,
        bucket,
        log: silent,
        name: REGISTRY_NAME,
        restore: undefined,
        tell() {},
        signal: new AbortController().signal,
        claimMs: 0,
      };
    }

    /** What becomes of an empty database beside a bucket, and what is in it then. */
    async function recovered(environment: Record<string, string>, how: Partial<Recovering> = {}) {
      const database = (await nextDatabase()).open();
      const bucket = (await openBucket(readSettings(environment))) as Bucket;
      const told: string[] = [];
      await migrate(database);
      try {
        const failure = await recover({
          ...recovering(database, bucket),
          tell: (words) => void told.push(words),
          ...how,
        }).catch((error: Error) => error);
        return { failure, told, dumped: await dump(database), address: bucket.address };
      } finally {
        bucket.close();
        await database.close();
      }
    }

    it('comes back by itself before it answers, by one of the servers that start', async () => {
      const bucket = { ...nextBucket(), REGISTRY_NAME };
      const before = await nextDatabase('postgres');
      await withServer({ ...before.environment, ...bucket }, async (server) => {
        expect(await register(server, 'orders', 'a')).to.equal(1);
        await isShipped(server);
      });
      const after = await nextDatabase('postgres');
      const servers = await Promise.all([1, 2].map(() => startServer({ ...after.environment, ...bucket })));
      try {
        const [first] = servers as [TestServer, TestServer];
        await eventually(async () => {
          const answers = await Promise.all(
            servers.map(async (server) => (await server.getReadiness()).body),
          );
          expect(answers.map(({ reason }) => reason)).to.include('Restoring');
        });
        expect((await first.get('/subjects')).status).to.equal(500);
        await Promise.all(servers.map((server) => server.ready));
        for (const server of servers) {
          expect((await server.get('/subjects/orders/versions/1')).body.id).to.equal(1);
        }
        expect(await register(first, 'orders', 'a', 'b')).to.be.above(1_000);
        await isShipped(first);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    });

    it('has what its archive has, and tells how far it has come', async () => {
      const { bucket, dumped } = await archived();
      const result = await recovered(bucket);
      expect(result.failure).to.equal(undefined);
      expect(result.dumped).to.deep.equal(passedOver(dumped));
      expect(result.told.at(-1)).to.equal(`restoring from ${result.address}: 2 of 2 subjects, 100 %`);
    });

    it('gives no id twice, though the last ones were not shipped, nor the context that they are in: three times', async () => {
      const bucket = { ...nextBucket(), REGISTRY_NAME };
      const given = new Map<string, Set<number>>();
      const take = (context: string, id: number) => {
        const ids = given.get(context) ?? new Set();
        expect(ids.has(id), `${id} in ${context}`).to.equal(false);
        given.set(context, ids.add(id));
      };
      for (let loss = 0; loss < 3; loss += 1) {
        const database = await nextDatabase();
        const opened = database.open();
        await migrate(opened);
        const opening = (await openBucket(readSettings(bucket))) as Bucket;
        await recover(recovering(opened, opening));
        opening.close();
        await opened.close();
        if (loss === 0) {
          await withServer({ ...database.environment, ...bucket }, async (server) => {
            take('.', await register(server, 'known', 'a'));
            await isShipped(server);
          });
        }
        // Nothing of this is shipped: there is no bucket.
        await withServer(database.environment, async (server) => {
          for (let i = 0; i < 5; i += 1) {
            take('.', await register(server, `lost-${loss}-${i}`, `f${loss}${i}`));
            take('.new', await register(server, `:.new:lost-${loss}-${i}`, `f${loss}${i}`));
          }
        });
      }
    });

    it('is not served where that is asked for, nor from an archive that has no name or another', async () => {
      const never = await recovered(own.bucket, { restore: 'Never' });
      expect((never.failure as Error).message).to.equal(
        `the database is empty, and ${never.address} holds the archive of a registry: set S3_RESTORE (spec.artifacts.s3.restore) to WhenEmpty to bring it back, or choose another S3_PREFIX to begin anew`,
      );
      const other = await recovered(own.bucket, { name: 'team-b/registry', restore: 'WhenEmpty' });
      expect((other.failure as Error).message).to.equal(
        `${other.address} holds the archive of the registry team-a/registry, and this one is team-b/registry: choose another S3_PREFIX`,
      );
      for (const { dumped } of [never, other]) expect(dumped.subjects).to.deep.equal([]);

      const { REGISTRY_NAME: _, ...unnamed } = own.bucket;
      expect((await recovered(unnamed, { name: undefined })).failure).to.be.instanceOf(DataLost);
    });

    it('is not served from a damaged archive, which is named by its keys, but for what is whole when that is asked for', async () => {
      const { bucket, dumped } = await archived();
      const [broken] = (dumped.schemas as { fingerprint: string }[]).map(({ fingerprint }) =>
        keys.content(fingerprint.replace('\\x', '')),
      );
      rmSync(s3.fileOf(bucket.S3_BUCKET ?? '', broken as string));
      const refused = await recovered(bucket);
      expect((refused.failure as Error).message).to.equal(
        `the database is empty, and the archive at ${refused.address} is damaged: ${broken}: missing; put back what is missing, or set S3_RESTORE (spec.artifacts.s3.restore) to Partial to do without it`,
      );
      expect(refused.dumped.subjects).to.deep.equal([]);
      const partial = await recovered(bucket, { restore: 'Partial' });
      expect(partial.failure).to.equal(undefined);
      expect(partial.dumped.versions).to.have.length(1);
    });

    it('is taken for a new one where its bucket is away and nobody says that it is not', async () => {
      const environment = { ...(await nextDatabase()).environment, ...own.bucket };
      await s3.stop();
      const server = await startServer(environment);
      try {
        await server.ready;
        expect((await server.getReadiness()).body.status).to.equal('degraded');
      } finally {
        await s3.start();
        await server.stop();
      }
    });

    it('waits for a bucket that is away where it is to be restored, and says so', async () => {
      const { bucket } = own;
      const environment = { ...(await nextDatabase()).environment, ...bucket, S3_RESTORE: 'WhenEmpty' };
      await s3.stop();
      const server = await startServer(environment);
      try {
        await eventually(async () => {
          const { status, reason, cause } = (await server.getReadiness()).body;
          expect([status, reason]).to.deep.equal(['down', 'DataLost']);
          expect(cause).to.include('holds what it had cannot be known');
        });
        expect((await server.get('/subjects')).status).to.equal(500);
      } finally {
        await s3.start();
        await server.stop();
      }
    });

    describe('and that knows which database it had', () => {
      const known = async (parts: Partial<Identity> = {}): Promise<Identity> => {
        const [registry] = own.dumped.registry as { readonly registry_id: string }[];
        return { registryId: registry?.registry_id ?? '', lastId: 1, revision: 1, ...parts };
      };

      it('comes back whatever it is called, with ids above all that is known', async () => {
        const expected = await known({ lastId: 50_000 });
        const { failure, dumped } = await recovered(own.bucket, { name: undefined, expected });
        expect(failure).to.equal(undefined);
        const ids = (dumped.contexts as { readonly last_id: number }[]).map(({ last_id: id }) => id);
        expect(ids).to.deep.equal([50_000, 50_000]);
      });

      it('waits for a bucket that is away', async () => {
        await s3.stop();
        try {
          const { failure } = await recovered(own.bucket, { expected: await known() });
          expect((failure as Error).message).to.include('holds what it had cannot be known');
        } finally {
          await s3.start();
        }
      });

      it('does not come back from the archive of another', async () => {
        const [expected, registryId] = [
          await known({ registryId: randomUUID() }),
          (await known()).registryId,
        ];
        const { failure, address, dumped } = await recovered(own.bucket, { expected });
        expect((failure as Error).message).to.equal(
          `the database is empty, that of registry ${expected.registryId} is expected, and ${address} holds the archive of registry ${registryId}: choose another S3_PREFIX`,
        );
        expect(dumped.subjects).to.deep.equal([]);
      });
    });

    it('is not served from the archive of a registry that is alive', async () => {
      const { bucket } = await archived();
      const alive = await nextDatabase();
      const living = alive.open();
      await migrate(living);
      const shared = (await openBucket(readSettings(bucket))) as Bucket;
      await recover(recovering(living, shared));
      const archive = openArchive(
        living,
        shared,
        silent,
        { shipped() {}, failed() {} },
        { name: REGISTRY_NAME },
      );
      archive.start();
      let waking: NodeJS.Timeout | undefined;
      try {
        await eventually(() => expect(archive.status()).to.include({ status: 'up', isComplete: true }));
        waking = setInterval(() => archive.wake(), 200);
        const { failure, address } = await recovered(bucket, { claimMs: 4_000 });
        expect((failure as Error).message).to.equal(
          `the database is empty, and another registry ships to ${address}: choose another S3_PREFIX, or stop the other one`,
        );
      } finally {
        clearInterval(waking);
        await archive.close();
        await living.close();
      }
    });

    it('is what it is where its database holds something', async () => {
      const { bucket } = own;
      const database = await nextDatabase();
      await withServer(database.environment, (server) => register(server, 'other', 'x'));
      await withServer({ ...database.environment, ...bucket }, async (server) => {
        expect((await server.get('/subjects')).body).to.deep.equal(['other']);
      });
    });
  },
);
