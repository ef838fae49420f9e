import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { StoreUnavailable } from '../../../registry-server/store/database.ts';
import { fingerprint, guid } from '../../../registry-server/store/fingerprint.ts';
import { migrate } from '../../../registry-server/store/migrate.ts';
import { aDatabase, ask, type Kind } from '../../build/archived.ts';
import { eventually } from '../../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../../build/postgres.ts';
import { quickStart } from '../../build/quick-start.ts';
import { askReplica, openReplica } from '../../build/replica.ts';
import { anAvroRecord } from '../../build/schema.ts';
import { startServer } from '../../build/server.ts';

const main = fileURLToPath(new URL('../../../registry-server/main.ts', import.meta.url));
const numbers = readdirSync(new URL('../../../registry-server/store/migrations/', import.meta.url))
  .map((name) => Number(name.slice(0, 4)))
  .toSorted((a, b) => a - b);
const newest = numbers.at(-1) ?? 0;
const PROCESSES = 5;
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

const missing: Record<Kind, string | undefined> = { embedded: undefined, postgres: missingPostgres };

for (const kind of ['embedded', 'postgres'] as const) {
  const reason = missing[kind];
  (reason ? describe.skip : describe)(`migrations: ${kind}${reason ? ` (${reason})` : ''}`, function () {
    this.timeout(90_000);
    let postgres: TestPostgres | undefined;
    before(async () => {
      if (kind === 'postgres') postgres = await startPostgres();
    });
    after(() => postgres?.stop());

    it('bring a registry of the first release to the newest tables, with all that it holds', async () => {
      const test = await aDatabase(kind, postgres);
      const database = test.open();
      await migrate(database, [{ number: 7, name: '0007-registry.sql' }]);
      const contents = ['a', 'b', 'c'].map((field) => ({
        schemaType: 'AVRO',
        schema: anAvroRecord('R', [field]),
        references: [],
      }));
      // As the first release wrote it.
      const add = async (subject: string, i: number, revision: string) => {
        const content = contents[i] as (typeof contents)[number];
        const [settings] = await ask<{ revision: string }>(
          database,
          `select settings_revision('.', '${subject}')::text as revision`,
        );
        await database.query(
          {
            name: 'addVersionOfFirstRelease',
            text: 'select * from add_version($1, $2, $3::bigint, $4::bigint, $5::bytea, null, $6::uuid, $7, $8, null, null, null, $9::json)',
          },
          [
            '.',
            subject,
            revision,
            settings?.revision,
            fingerprint(content),
            guid(content),
            'AVRO',
            content.schema,
            '[]',
          ],
        );
      };
      const revisionOf = async (subject: string) =>
        (
          await ask<{ revision: string }>(
            database,
            `select revision::text as revision from subjects where subject = '${subject}'`,
          )
        )[0]?.revision ?? '0';
      for (const [subject, i] of [
        ['one', 0],
        ['one', 1],
        ['two', 1],
        ['hidden', 2],
      ] as const) {
        await add(subject, i, await revisionOf(subject));
      }
      await ask(database, `update versions set deleted = true where subject = 'hidden'`);
      await ask(database, `update subjects set has_live = false where subject = 'hidden'`);
      await ask(
        database,
        `insert into settings (context, subject, config, mode, revision)
         values ('.', 'two', '{"compatibility":"NONE"}', 'READONLY', nextval('revisions'))`,
      );
      expect((await migrate(database)).migration).to.equal(newest);
      expect((await migrate(database)).migration).to.equal(newest);
      await database.close();

      const server = await startServer(test.environment);
      await server.ready;
      try {
        expect((await server.get('/subjects')).body).to.deep.equal(['one', 'two']);
        expect((await server.get('/subjects?deleted=true')).body).to.deep.equal(['hidden', 'one', 'two']);
        expect((await server.get('/subjects/one/versions/2')).body).to.include({
          id: 2,
          schema: contents[1]?.schema,
        });
        expect((await server.get('/schemas/ids/3')).body.schema).to.equal(contents[2]?.schema);
        expect((await server.get('/config/two')).body.compatibilityLevel).to.equal('NONE');
        expect((await server.get('/mode/two')).body.mode).to.equal('READONLY');
        const known = await server.ask('POST', '/subjects/three/versions', { schema: contents[0]?.schema });
        expect(known.body).to.include({ id: 1, version: 1 });
        const added = await server.ask('POST', '/subjects/one/versions', {
          schema: anAvroRecord('R', ['z']),
        });
        expect(added.body).to.include({ id: 4, version: 3 });
      } finally {
        await server.stop();
        test.remove();
      }
    });

    it('that only add to the tables let a server of before them go on', async () => {
      const test = await aDatabase(kind, postgres);
      const database = test.open();
      await migrate(database);
      await ask(
        database,
        `insert into migrations (number, name, oldest_server) values (${newest + 1}, 'adds', '${version}')`,
      );
      const server = await startServer(test.environment);
      try {
        await server.ready;
        expect((await server.getReadiness()).body.checks.database).to.include({
          migration: newest + 1,
          oldestServer: version,
        });
        expect((await server.ask('POST', '/subjects/s/versions', { schema: '"int"' })).status).to.equal(200);
      } finally {
        await server.stop();
        await database.close();
        test.remove();
      }
    });

    it('name the oldest version that can work with the tables to a server that is older', async () => {
      const test = await aDatabase(kind, postgres);
      const database = test.open();
      await migrate(database);
      await ask(
        database,
        `insert into migrations (number, name, oldest_server)
         values (${newest + 1}, 'adds', '0.1.0'), (${newest + 2}, 'takes away', '0.10.0'), (${newest + 3}, 'adds', '0.9.0')`,
      );
      const older = await migrate(database, undefined, '0.9.5').catch((error: Error) => error.message);
      expect(older).to.equal(
        `the database is at migration ${newest + 3}, this server (0.9.5) knows ${newest}: run version 0.10.0 of the server or newer, or restore a backup of before its upgrade`,
      );
      expect(await migrate(database, undefined, '0.10.0')).to.deep.equal({
        migration: newest + 3,
        oldestServer: '0.10.0',
      });
      await database.close();
      test.remove();
    });

    if (kind === 'embedded') return;

    it(`are applied once, however many servers start on an empty database: ${PROCESSES} processes`, async () => {
      const test = await aDatabase(kind, postgres);
      const replicas = await Promise.all(
        Array.from({ length: PROCESSES }, () =>
          openReplica({ ...test.environment, DATABASE_MIN_CONNECTIONS: '1' }),
        ),
      );
      try {
        for (const replica of replicas) replica.start();
        await Promise.all(replicas.map((replica) => replica.isReady(60_000)));
        const ids = await Promise.all(
          replicas.map((replica) => askReplica(replica, 'POST', '/subjects/s/versions', { schema: '"int"' })),
        );
        expect(ids.map((answer) => answer?.body.id)).to.deep.equal(replicas.map(() => 1));
      } finally {
        await Promise.all(replicas.map((replica) => replica.stop()));
      }
      const database = test.open();
      const rows = await ask<{ number: number }>(database, 'select number from migrations order by number');
      await database.close();
      expect(rows.map(({ number }) => number)).to.deep.equal(numbers);
    });

    for (const [title, begin] of [
      [
        'while one of their statements runs',
        async (client: pg.Client) => {
          await client.query(`create function dawdle() returns event_trigger language plpgsql as $$
            begin perform pg_sleep(3.5); end $$`);
          await client.query(`create event trigger dawdle on ddl_command_start when tag in ('CREATE SEQUENCE')
            execute function dawdle()`);
          return async () => {};
        },
      ],
      [
        'while they wait for those of another server',
        async (client: pg.Client) => {
          await client.query('select pg_advisory_lock(7000)');
          const freed = delay(3_500).then(() => client.query('select pg_advisory_unlock(7000)'));
          return async () => {
            await freed;
          };
        },
      ],
    ] as const) {
      for (const how of ['migrate', 'serve'] as const) {
        it(`are limited by no time that requests have, ${title}: ${how}`, async () => {
          const test = await aDatabase(kind, postgres);
          const url = test.environment.DATABASE_URL ?? '';
          const client = new pg.Client({ connectionString: url });
          await client.connect();
          // Nor by what the database says of all its sessions.
          const { pathname } = new URL(url);
          await client.query(`alter database ${pathname.slice(1)} set statement_timeout = '900ms'`);
          await client.query('set statement_timeout = 0');
          const end = await begin(client);
          const env = {
            PATH: process.env.PATH,
            ...quickStart,
            REQUEST_TIMEOUT: '1',
            LOG_LEVEL: 'warn',
            ...test.environment,
          };
          try {
            if (how === 'migrate') {
              const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, 'migrate'], {
                env,
              });
              expect([stdout, stderr]).to.deep.equal(['', '']);
            } else {
              const lines: string[] = [];
              const server = await startServer({ REQUEST_TIMEOUT: '1', ...test.environment }, (line) =>
                lines.push(line),
              );
              await server.ready;
              expect(lines.join('')).not.to.include('waiting for the database');
              expect((await server.get('/ready')).status).to.equal(200);
              await server.stop();
            }
            await end();
            const { rows } = await client.query('select number from migrations order by number');
            expect(rows.map(({ number }) => number)).to.deep.equal(numbers);
          } finally {
            await client.end();
          }
        });
      }
    }

    it('are undone when they are given up, and hold nobody else up', async () => {
      const test = await aDatabase(kind, postgres);
      const client = new pg.Client({ connectionString: test.environment.DATABASE_URL });
      await client.connect();
      await client.query(`create function dawdle() returns event_trigger language plpgsql as $$
        begin perform pg_sleep(60); end $$`);
      await client.query(`create event trigger dawdle on ddl_command_start when tag in ('CREATE SEQUENCE')
        execute function dawdle()`);
      const database = test.open();
      const giving = new AbortController();
      const migrating = migrate(database, undefined, undefined, giving.signal).catch((error: Error) => error);
      await eventually(async () => {
        const { rows } = await client.query(
          `select from pg_locks where locktype = 'advisory' and objid = 7000 and granted`,
        );
        expect(rows).to.have.length(1);
      });
      giving.abort();
      expect(await migrating).to.be.instanceOf(StoreUnavailable);
      await client.query('drop event trigger dawdle');
      await migrate(database);
      await database.close();
      await client.end();
    });

    it('keep a server that is older than the tables from serving, and it says so', async () => {
      const test = await aDatabase(kind, postgres);
      const database = test.open();
      await migrate(database);
      await ask(database, `insert into migrations (number, name) values (${newest + 1}, 'of the future')`);
      const cause = `the database is at migration ${newest + 1}, this server (${version}) knows ${newest}: run the newer version of the server, or restore a backup of before its upgrade`;
      const replica = await openReplica(test.environment);
      replica.start();
      try {
        await eventually(async () => {
          const answer = await askReplica({ url: replica.metricsUrl }, 'GET', '/ready');
          expect([answer?.status, answer?.body.status, answer?.body.cause]).to.deep.equal([
            503,
            'down',
            cause,
          ]);
        }, 20_000);
        expect(
          (await askReplica(replica, 'POST', '/subjects/s/versions', { schema: '"int"' }))?.status,
        ).to.equal(500);
        const env = { PATH: process.env.PATH, ...quickStart, ...test.environment };
        const refused = await promisify(execFile)(process.execPath, [main, 'migrate'], { env }).catch(
          (error) => error,
        );
        expect([refused.code, refused.stderr]).to.deep.equal([1, `${cause}\n`]);
      } finally {
        await replica.stop();
        await database.close();
      }
    });
  });
}
