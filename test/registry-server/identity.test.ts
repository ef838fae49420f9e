import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openLog } from '../../registry-server/log.ts';
import type { Identity } from '../../registry-server/store/identity/identity.ts';
import { openIdentityGuard } from '../../registry-server/store/identity/identity-guard.ts';
import { databases } from '../../registry-server/store/table.ts';
import { ask } from '../build/archived.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer, withServer } from '../build/server.ts';

const silent = openLog({ level: 'silent', format: 'json' });

async function register(server: TestServer, subject: string, field = subject): Promise<number> {
  const { body, status } = await server.ask('POST', `/subjects/${subject}/versions`, {
    schema: anAvroRecord('R', [field]),
  });
  expect(status).to.equal(200);
  return body.id;
}

/** Which database a server says that it has. */
async function identityOf(server: TestServer): Promise<Identity> {
  const { registryId, lastId, revision } = (await server.getReadiness()).body.checks.database;
  return { registryId, lastId, revision };
}

const says = (server: TestServer, reason: string, ...words: readonly string[]) =>
  eventually(async () => {
    const { body } = await server.getReadiness();
    expect([body.status, body.reason]).to.deep.equal(['down', reason]);
    for (const each of words) expect(body.cause).to.include(each);
  });

const isRefused = async (server: TestServer) => {
  expect((await server.get('/subjects')).status).to.equal(500);
  const { status } = await server.ask('POST', '/subjects/new/versions', { schema: '"string"' });
  expect(status).to.equal(500);
};

(missingPostgres ? describe.skip : describe)(
  `a server that knows which database its registry had${missingPostgres ? ` (${missingPostgres})` : ''}`,
  () => {
    let postgres: TestPostgres;
    let folder: string;
    let files = 0;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'registry-identity-'));
      postgres = await startPostgres();
      // Two registries, and one of them as it was before.
      await withServer({ DATABASE_URL: await postgres.createDatabase('older') }, (server) =>
        register(server, 'first'),
      );
      await postgres.run('create database newer template older');
      await withServer({ DATABASE_URL: urlOf('newer') }, async (server) => {
        for (const subject of ['second', 'third']) await register(server, subject);
        expected = await eventually(async () => {
          const identity = await identityOf(server);
          expect(identity.lastId).to.equal(3);
          return identity;
        });
      });
      await withServer({ DATABASE_URL: await postgres.createDatabase('other') }, (server) =>
        register(server, 'other'),
      );
    });
    after(async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    let expected: Identity;
    const open = (url: string) =>
      databases.postgres(
        { url, minConnections: 0, maxConnections: 1, acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 },
        silent,
      );
    const urlOf = (name: string) => postgres.url.replace(/\/postgres$/, `/${name}`);

    /** A database that is a copy of another, and the file that says that it is to be the newer one. */
    async function copyOf(template: string | undefined, noted: object | undefined = expected) {
      files += 1;
      const name = `copy_${files}`;
      await postgres.run(`create database ${name}${template ? ` template ${template}` : ''}`);
      const file = join(folder, `${name}.json`);
      if (noted) writeFileSync(file, JSON.stringify(noted));
      const environment = { DATABASE_URL: urlOf(name), REGISTRY_IDENTITY_FILE: file };
      return { name, file, environment };
    }

    /** The database of a server becomes another one, as where its volume is replaced. */
    async function replace(name: string, template: string | undefined): Promise<void> {
      await postgres.run(`drop database ${name} with (force)`);
      await postgres.run(`create database ${name}${template ? ` template ${template}` : ''}`);
    }

    it('serves the one that it is told of, and any where it is told of none', async () => {
      for (const noted of [expected, undefined]) {
        const { environment } = await copyOf('newer', noted);
        await withServer(environment, async (server) => {
          expect(await register(server, 'fourth')).to.equal(4);
        });
      }
    });

    it('does not serve one that is empty, makes no table in it, and goes on when it is put back', async () => {
      const { name, environment } = await copyOf(undefined);
      const server = await startServer(environment);
      try {
        await says(
          server,
          'DataLost',
          `the database is empty, and that of registry ${expected.registryId} with ids up to 3 is expected`,
          `or accept the loss by the annotation llm-schema-registry.io/accept-data-loss: ${expected.registryId}`,
        );
        await isRefused(server);
        const database = open(environment.DATABASE_URL);
        expect(await ask(database, `select to_regclass('migrations') as found`)).to.deep.equal([
          { found: null },
        ]);
        await database.close();
        await replace(name, 'newer');
        await server.ready;
        expect(await register(server, 'fourth')).to.equal(4);
      } finally {
        await server.stop();
      }
    });

    const others = [
      {
        title: 'is that of another registry',
        template: 'other',
        words: ', and that of registry',
      },
      { title: 'is older', template: 'older', words: 'the database is an older copy with ids up to 1' },
    ];
    for (const { title, template, words } of others) {
      it(`does not serve one that ${title}, until the loss is accepted; ids go on above all that may have been given`, async () => {
        const { file, environment } = await copyOf(template);
        const server = await startServer(environment);
        try {
          await says(server, 'DatabaseReplaced', words);
          await isRefused(server);
          writeFileSync(file, JSON.stringify({ ...expected, isGivenUp: true }));
          await server.ready;
          expect(await register(server, 'after')).to.equal(100_004);
          expect(await register(server, ':.new:after', 'after')).to.equal(100_004);
          const now = await identityOf(server);
          expect(now.registryId).not.to.equal(expected.registryId);
        } finally {
          await server.stop();
        }
        // Once more is not twice.
        await withServer(environment, async (again) => {
          expect(await register(again, 'again')).to.equal(100_005);
        });
      });
    }

    it('does not serve one that lacks changes, though it lacks no id', async () => {
      const noted = { ...expected, revision: expected.revision + 1_001 };
      const { environment } = await copyOf('newer', noted);
      const server = await startServer(environment);
      try {
        await says(server, 'DatabaseReplaced', 'the database is an older copy that lacks 1001 changes');
      } finally {
        await server.stop();
      }
    });

    it('begins in an empty one where the loss is accepted, with several servers at once', async () => {
      const { environment } = await copyOf(undefined, { ...expected, isGivenUp: true });
      const servers = await Promise.all([1, 2].map(() => startServer(environment)));
      try {
        await Promise.all(servers.map((server) => server.ready));
        const [first, second] = servers as [TestServer, TestServer];
        expect(await register(first, 'after')).to.equal(100_004);
        expect(await register(second, 'another')).to.equal(100_005);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    });

    it('tells how much room the volume of its PostgreSQL has, where somebody says so', async () => {
      const { name, environment } = await copyOf('newer');
      await postgres.run(`comment on database ${name} is 'volume: 1000 KiB, 250 KiB free'`);
      await withServer(environment, async (server) => {
        const { volume } = (await server.getReadiness()).body.checks.database;
        expect(volume).to.deep.equal({ sizeBytes: 1_024_000, freeBytes: 256_000 });
        const metrics = await (await fetch(`${server.metricsUrl}/metrics`)).text();
        expect(metrics).to.include('schema_registry_db_volume_bytes{state="free"} 256000');
      });
    });

    it('does not serve where the file does not say which', async () => {
      const { file, environment } = await copyOf('newer', { registryId: 'x' });
      const server = await startServer(environment);
      try {
        await says(server, 'DataLost', `${file} does not say which database is expected`);
      } finally {
        await server.stop();
      }
    });

    it('serves no more when its database becomes another one, and begins anew when it is back', async () => {
      const { name, environment } = await copyOf('newer');
      const { promise, resolve: lost } = Promise.withResolvers<void>();
      const server = await startServer(environment, undefined, lost);
      try {
        await server.ready;
        expect((await server.get('/schemas/ids/1')).status).to.equal(200);
        await replace(name, 'other');
        await says(server, 'DatabaseReplaced', 'the database is that of registry');
        await isRefused(server);
        expect((await server.get('/schemas/ids/1')).status).to.equal(500);
        await replace(name, 'newer');
        await promise;
      } finally {
        await server.stop();
      }
    });

    it('begins anew when its database becomes an empty one, and only where it then knows that it was lost', async () => {
      for (const isKnown of [true, false]) {
        const { name, file, environment } = await copyOf('newer');
        const database = open(environment.DATABASE_URL);
        const asked = Promise.withResolvers<void>();
        const begun = Promise.withResolvers<void>();
        const guard = openIdentityGuard(database, {
          file: isKnown ? file : undefined,
          canRestore: async () => {
            asked.resolve();
            return false;
          },
          log: silent,
          lookMs: 50,
        });
        await guard.mustBeExpected();
        guard.watch({
          lost: (loss) => begun.reject(loss),
          canBeginAnew: () => (isKnown ? begun.resolve() : begun.reject(new Error('it does not know'))),
        });
        await replace(name, undefined);
        await (isKnown ? begun.promise : Promise.race([asked.promise, begun.promise]));
        guard.close();
        await database.close();
      }
    });

    it('notes itself which one is in its folder', async () => {
      const data = join(folder, 'data');
      const file = join(folder, 'embedded.json');
      const environment = { DATA_FOLDER: data, REGISTRY_IDENTITY_FILE: file };
      const before = await withServer(environment, (server) => identityOf(server));
      expect(existsSync(file)).to.equal(true);
      rmSync(data, { recursive: true });
      const server = await startServer(environment);
      try {
        await says(server, 'DataLost', 'the database is empty', `"isGivenUp": true in ${file}`);
        writeFileSync(file, JSON.stringify({ ...before, isGivenUp: true }));
        await server.ready;
        expect(await register(server, 'after')).to.equal(100_001);
        expect(JSON.parse(readFileSync(file, 'utf8')).registryId).not.to.equal(before.registryId);
      } finally {
        await server.stop();
      }
    });
  },
);
