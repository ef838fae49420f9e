import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { eventually } from '../build/eventually.ts';
import { type Outage, sufferOutages } from '../build/outages.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { seeded } from '../build/random.ts';
import { missingRedis, startRedis, type TestRedis } from '../build/redis.ts';
import { missingS3, startS3 } from '../build/s3.ts';
import { anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer } from '../build/server.ts';

const missing = missingPostgres ?? missingRedis;

(missing ? describe.skip : describe)(`outages${missing ? ` (${missing})` : ''}`, function () {
  this.timeout(90_000);
  let postgres: TestPostgres;
  let redis: TestRedis;
  let server: TestServer;
  const lines: string[] = [];

  before(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    server = await startServer(
      {
        DATABASE_URL: await postgres.createDatabase('outage'),
        REDIS_URL: redis.url,
        REDIS_TIMEOUT: '1',
        DATABASE_ACQUIRE_TIMEOUT: '3',
      },
      (line) => lines.push(line),
    );
    await server.ready;
  });
  after(async () => {
    await server.stop();
    await Promise.all([postgres.stop(), redis.stop()]);
  });

  const status = async () => (await server.get('/ready')).body.status;
  const becomes = (wanted: string) => eventually(async () => expect(await status()).to.equal(wanted), 20_000);

  it('of PostgreSQL, killed and started again: every acknowledged registration is there', async () => {
    await becomes('up');
    const acknowledged: { subject: string; id: number; schema: string }[] = [];
    const failures: { status: number; body: { error_code: number }; seconds: number }[] = [];
    let isOver = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !isOver; i += 1) {
        const subject = `w${writer}-${i}`;
        const schema = anAvroRecord('R', [`f${writer}_${i}`]);
        const started = performance.now();
        const reply = await server.ask('POST', `/subjects/${subject}/versions`, { schema });
        if (reply.status === 200) acknowledged.push({ subject, id: reply.body.id, schema });
        else
          failures.push({
            status: reply.status,
            body: reply.body,
            seconds: (performance.now() - started) / 1000,
          });
        // The other side of a loop that would else spin while the database refuses.
        if (reply.status !== 200) await delay(20);
      }
    });
    await eventually(() => expect(acknowledged.length).to.be.greaterThan(50));
    for (let round = 0; round < 2; round += 1) {
      const before = acknowledged.length;
      await postgres.kill();
      await eventually(() => expect(failures.length).to.be.greaterThan(0));
      const { status: ready, body } = await server.getReadiness();
      expect([ready, body.status, body.checks.database.status]).to.deep.equal([503, 'down', 'down']);
      expect(body.cause).to.match(/database/);
      await postgres.start();
      await becomes('up');
      await eventually(() => expect(acknowledged.length).to.be.greaterThan(before + 50), 20_000);
    }
    isOver = true;
    await Promise.all(writers);

    for (const { subject, id, schema } of acknowledged) {
      const { body } = await server.get(`/subjects/${subject}/versions/1`);
      expect(body).to.include({ id, schema });
    }
    expect(new Set(acknowledged.map(({ id }) => id)).size).to.equal(acknowledged.length);
    for (const { status: code, body, seconds } of failures) {
      expect([code, body.error_code]).to.deep.equal([500, 50001]);
      expect(seconds).to.be.lessThan(5);
    }
  });

  it('of PostgreSQL: what is in memory is still served by id, and what changes is not', async () => {
    const { body } = await server.ask('POST', '/subjects/kept/versions', { schema: anAvroRecord('Kept') });
    await server.get(`/schemas/ids/${body.id}`);
    await server.get('/subjects/kept/versions/latest');
    await postgres.kill();
    await becomes('down');
    expect((await server.get(`/schemas/ids/${body.id}`)).status).to.equal(200);
    // A backend outlives its killed postmaster for a moment, and still answers.
    for (const path of ['/schemas/ids/999999', '/subjects/kept/versions/latest']) {
      await eventually(async () => expect((await server.get(path)).body.error_code).to.equal(50001));
    }
    await postgres.start();
    await becomes('up');
    expect((await server.get('/subjects/kept/versions/latest')).body.id).to.equal(body.id);
  });

  it('of room on the disk: what is there can be read, and /ready says what cannot be done until there is room', async () => {
    await becomes('up');
    const url = postgres.url.replace(/\/postgres$/, '/outage');
    const { body } = await server.ask('POST', '/subjects/roomy/versions', { schema: anAvroRecord('Roomy') });
    const inDatabase = async (statement: string) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(statement).finally(() => client.end());
    };
    await inDatabase(`create function full_disk() returns event_trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$;
      create function full_table() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$;
      create trigger full_disk before insert on schemas execute function full_table();
      create event trigger full_disk on ddl_command_start when tag in ('CREATE TABLE') execute function full_disk()`);
    const refused = await server.ask('POST', '/subjects/roomless/versions', {
      schema: anAvroRecord('Roomless'),
    });
    expect([refused.status, refused.body.error_code]).to.deep.equal([500, 50001]);
    expect(refused.body.message).to.match(/no room left on its disk/);
    const ready = await server.getReadiness();
    expect([ready.status, ready.body.status]).to.deep.equal([200, 'degraded']);
    expect(ready.body.checks.writes).to.deep.include({ status: 'down', reason: 'DiskFull' });
    expect((await server.get(`/schemas/ids/${body.id}`)).status).to.equal(200);

    await inDatabase('drop event trigger full_disk; drop trigger full_disk on schemas');
    await becomes('up');
    const taken = await server.ask('POST', '/subjects/roomless/versions', {
      schema: anAvroRecord('Roomless'),
    });
    expect(taken.status).to.equal(200);
  });

  describe('of its tables', () => {
    let client: pg.Client;
    before(async () => {
      await becomes('up');
      client = new pg.Client({ connectionString: postgres.url.replace(/\/postgres$/, '/outage') });
      await client.connect();
    });
    after(() => client.end());

    const tables = ['migrations', 'registry', 'contexts', 'schemas', 'subjects', 'versions'];
    tables.push('schema_references', 'settings', 'archive', 'outbox');
    const kinds: readonly (readonly [string, string, string])[] = [
      ...tables.map((name): [string, string, string] => [
        `${name} is missing`,
        `alter table ${name} rename to gone`,
        `alter table gone rename to ${name}`,
      ]),
      [
        'the sequence of revisions is missing',
        'alter sequence revisions rename to gone',
        'alter sequence gone rename to revisions',
      ],
      [
        'the row of the registry is missing',
        'create table kept as select * from registry; delete from registry',
        'insert into registry select * from kept; drop table kept',
      ],
      [
        'they are those of an older server',
        'create table kept as select * from migrations; delete from migrations where number > 3',
        'delete from migrations; insert into migrations select * from kept; drop table kept',
      ],
      [
        'they are in another schema',
        'alter schema public rename to gone',
        'alter schema gone rename to public',
      ],
    ];
    for (const [title, take, giveBack] of kinds) {
      it(`says that it is down, and why, while ${title}`, async () => {
        await client.query(take);
        try {
          const { status: code, body } = await server.getReadiness();
          expect([code, body.status, body.checks.database.status]).to.deep.equal([503, 'down', 'down']);
          expect(body.checks.database.reason).to.equal('TablesChanged');
          expect(body.cause).to.match(/the tables of the registry|does not exist/);
        } finally {
          await client.query(giveBack);
        }
        await becomes('up');
      });
    }

    it('waits for no lock on them', async () => {
      await client.query('begin; lock table schemas, subjects, registry in access exclusive mode');
      try {
        expect(await status()).to.equal('up');
      } finally {
        await client.query('rollback');
      }
    });
  });

  it('of Redis: slower, never wrong; degraded, yet ready', async () => {
    const replica = await startServer({
      DATABASE_URL: postgres.url.replace(/\/postgres$/, '/outage'),
      REDIS_URL: redis.url,
      REDIS_TIMEOUT: '1',
    });
    await replica.ready;
    try {
      const ids: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        const { body } = await server.ask('POST', `/subjects/redis-${i}/versions`, {
          schema: anAvroRecord('R', [`redis${i}`]),
        });
        ids.push(body.id);
      }
      const expectAt = async (on: TestServer, i: number) =>
        expect((await on.get(`/schemas/ids/${ids[i]}`)).body.schema).to.equal(
          anAvroRecord('R', [`redis${i}`]),
        );
      await expectAt(replica, 0);
      await redis.stop();
      await becomes('degraded');
      expect((await server.get('/ready')).status).to.equal(200);
      await expectAt(replica, 1);
      await redis.start();
      await becomes('up');
      await eventually(async () => expect((await replica.get('/ready')).body.status).to.equal('up'));
      await expectAt(replica, 2);

      redis.freeze();
      const started = performance.now();
      await expectAt(replica, 3);
      await expectAt(replica, 4);
      expect(performance.now() - started).to.be.lessThan(2_500);
      redis.thaw();
      await becomes('up');
      await expectAt(replica, 5);
    } finally {
      await replica.stop();
    }
  });

  it('at the start: listens, says why it is not ready, and begins when the database is there', async () => {
    await postgres.kill();
    const early = await startServer({ DATABASE_URL: postgres.url });
    try {
      expect((await early.get('/health')).status).to.equal(200);
      const { status: code, body } = await early.getReadiness();
      expect([code, body.status]).to.deep.equal([503, 'down']);
      expect(body.cause).to.equal('the database refuses connections');
      expect((await early.get('/subjects')).body.error_code).to.equal(50001);
      await postgres.start();
      await early.ready;
      await eventually(async () => expect((await early.get('/ready')).status).to.equal(200));
    } finally {
      await early.stop();
    }
  });

  it('never put a password into the log', () => {
    expect(lines.join('')).to.include('change feed').and.not.include('not-checked');
  });
});

const missingWorld = missing ?? missingS3;

(missingWorld ? describe.skip : describe)(
  `outages under load, at three servers${missingWorld ? ` (${missingWorld})` : ''}`,
  function () {
    this.timeout(180_000);

    it('of Redis, S3, PostgreSQL and a server: no acknowledged write is lost, and what is not needed is not missed', async () => {
      const [postgres, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3()]);
      const random = seeded();
      try {
        const outages: Outage[] = [];
        await sufferOutages({ postgres, redis, s3 }, 1.5, random, (outage) => outages.push(outage));
        expect(outages.length).to.equal(4);
        for (const { title, before, during, after, acknowledged, lost } of outages) {
          const said = `${title}, TEST_SEED=${random.seed}`;
          expect(lost, said).to.equal(0);
          expect(acknowledged, said).to.be.greaterThan(10);
          expect(before.errors, said).to.deep.equal({});
          const isNeeded = !/Redis|S3/.test(title);
          if (!isNeeded) expect([during.errors, after.errors], said).to.deep.equal([{}, {}]);
          // The database is away, or nobody is there: nothing that says it was refused.
          for (const error of Object.keys({ ...during.errors, ...after.errors })) {
            expect(['none', '500 50001'], said).to.include(error);
          }
        }
      } finally {
        await Promise.all([redis.stop(), s3.remove(), postgres.stop()]);
      }
    });
  },
);
