import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { openCuttingProxy } from '../build/cutting-proxy.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { anAvroRecord } from '../build/schema.ts';
import { type Reply, startServer, type TestServer } from '../build/server.ts';

type Proxy = Awaited<ReturnType<typeof openCuttingProxy>>;

interface Registered {
  readonly subject: string;
  readonly schema: string;
  readonly reply: Reply;
}

/** It takes ten seconds to find out that a primary has vanished without a word, and these tests are not about how long. */
const FAILOVER_MS = 60_000;

const portOf = ({ url }: TestPostgres) => Number(new URL(url).port);

(missingPostgres ? describe.skip : describe)(
  `a PostgreSQL that fails over${missingPostgres ? ` (${missingPostgres})` : ''}`,
  function () {
    this.timeout(3 * FAILOVER_MS);
    let first: TestPostgres;
    let second: TestPostgres;
    let proxy: Proxy;
    let server: TestServer;
    let turn = 0;

    before(async () => {
      first = await startPostgres();
      await first.createDatabase('registry');
      second = await first.standby();
      proxy = await openCuttingProxy(portOf(first));
      server = await startServer({
        DATABASE_URL: `postgres://registry:not-checked@127.0.0.1:${proxy.port}/registry`,
        // On a machine that has other work to do a failover takes longer than a registration would wait for it.
        DATABASE_ACQUIRE_TIMEOUT: String(FAILOVER_MS / 1000),
        REQUEST_TIMEOUT: String((2 * FAILOVER_MS) / 1000),
      });
      await server.ready;
    });
    after(async () => {
      await server?.stop();
      await proxy?.close();
      await Promise.all([first?.stop(), second?.stop()]);
    });

    /** Clients that never ask again, for as long as something happens. */
    async function registeredWhile(happens: () => Promise<void>): Promise<readonly Registered[]> {
      const all: Registered[] = [];
      let isOver = false;
      const writers = Array.from({ length: 4 }, async () => {
        while (!isOver) {
          turn += 1;
          const subject = `s${turn}`;
          const schema = anAvroRecord('R', [`f${turn}`]);
          const reply = await server.ask('POST', `/subjects/${subject}/versions`, { schema });
          all.push({ subject, schema, reply });
          await delay(2);
        }
      });
      const someMore = async () => {
        const before = all.length;
        await eventually(() => expect(all.length).to.be.above(before + 20), FAILOVER_MS);
      };
      await someMore();
      await happens();
      await someMore();
      isOver = true;
      await Promise.all(writers);
      return all;
    }

    async function expectAll(registered: readonly Registered[]): Promise<void> {
      const failed = registered.filter(({ reply }) => reply.status !== 200);
      expect(failed.map(({ reply }) => reply.text)).to.deep.equal([]);
      expect(new Set(registered.map(({ reply }) => reply.body.id)).size).to.equal(registered.length);
      for (const { subject, schema, reply } of registered) {
        const { body } = await server.get(`/subjects/${subject}/versions`);
        expect(body).to.deep.equal([1]);
        expect((await server.get(`/subjects/${subject}/versions/1`)).body).to.include({
          id: reply.body.id,
          schema,
        });
      }
    }

    it('no registration fails or is made twice where connections are cut in the middle of it', async () => {
      const registered = await registeredWhile(async () => {
        for (let round = 0; round < 10; round += 1) {
          await delay(30);
          proxy.cut();
        }
      });
      await expectAll(registered);
    });

    it('waits for writes that are refused for a while on connections that stay, and reads meanwhile', async () => {
      const { body } = await server.ask('POST', '/subjects/kept/versions', { schema: anAvroRecord('Kept') });
      const registered = await registeredWhile(async () => {
        await allowWrites(false);
        await eventually(async () => {
          const ready = await server.getReadiness();
          expect([ready.status, ready.body.status]).to.deep.equal([200, 'degraded']);
          expect(ready.body.checks.writes).to.deep.include({ status: 'down', reason: 'ReadOnly' });
        });
        expect((await server.get(`/schemas/ids/${body.id}`)).status).to.equal(200);
        expect((await server.get('/subjects/kept/versions/1')).status).to.equal(200);
        await allowWrites(true);
        await eventually(async () => expect((await server.getReadiness()).body.status).to.equal('up'));
      });
      await expectAll(registered);
    });

    it('goes on at the new primary after a switchover, though the old one still answers as a standby', async () => {
      const registered = await registeredWhile(async () => {
        await first.end();
        await second.run('select pg_promote()');
        await first.follow(second);
        // New connections still lead to the old primary, which takes no writes.
        await eventually(async () =>
          expect((await server.getReadiness()).body.checks.writes?.reason).to.equal('ReadOnly'),
        );
        proxy.leadTo(portOf(second));
      });
      await expectAll(registered);
      const { body } = await server.getReadiness();
      expect([body.status, body.checks.writes]).to.deep.equal(['up', undefined]);
      expect((await server.ask('PUT', '/config/s1', { compatibility: 'NONE' })).status).to.equal(200);
      expect((await server.ask('DELETE', '/subjects/s1')).body).to.deep.equal([1]);
    });

    it('breaks off what a primary was asked that vanished without a word, and asks the new one', async () => {
      const third = await second.standby();
      try {
        await eventually(async () => expect((await server.getReadiness()).body.status).to.equal('up'));
        const registered = await registeredWhile(async () => {
          proxy.silence();
          await third.run('select pg_promote()');
          proxy.leadTo(portOf(third));
        });
        await expectAll(registered);
        proxy.leadTo(portOf(second));
        proxy.cut();
      } finally {
        await third.stop();
      }
    });

    it('says so, once no writes were taken for longer than a failover lasts', async () => {
      const impatient = await startServer({
        DATABASE_URL: second.url.replace(/\/postgres$/, '/registry'),
        DATABASE_ACQUIRE_TIMEOUT: '1',
      });
      try {
        await impatient.ready;
        await allowWrites(false, second);
        const reply = await impatient.ask('POST', '/subjects/late/versions', {
          schema: anAvroRecord('Late'),
        });
        expect([reply.status, reply.body.error_code]).to.deep.equal([500, 50001]);
        expect(reply.body.message).to.match(/takes no writes: it is a standby, or set to be read only$/);
      } finally {
        await allowWrites(true, second);
        await impatient.stop();
      }
    });

    async function allowWrites(isAllowed: boolean, at = first): Promise<void> {
      const client = new pg.Client({ connectionString: at.url });
      await client.connect();
      await client.query(
        `alter system ${isAllowed ? 'reset default_transaction_read_only' : 'set default_transaction_read_only = on'}`,
      );
      await client.query('select pg_reload_conf()');
      await client.end();
    }
  },
);
