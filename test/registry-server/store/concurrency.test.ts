import { expect } from 'chai';
import { eventually } from '../../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../../build/postgres.ts';
import { anAvroRecord } from '../../build/schema.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const REPLICAS = 4;

(missingPostgres ? describe.skip : describe)(
  `several servers on one PostgreSQL${missingPostgres ? ` (${missingPostgres})` : ''}`,
  () => {
    let postgres: TestPostgres;
    let servers: readonly TestServer[];

    before(async () => {
      postgres = await startPostgres();
      const environment = {
        DATABASE_URL: await postgres.createDatabase('shared'),
        DATABASE_MAX_CONNECTIONS: '8',
      };
      // At once, on an empty database: they migrate it together.
      servers = await Promise.all(Array.from({ length: REPLICAS }, () => startServer(environment)));
      await Promise.all(servers.map(({ ready }) => ready));
    });
    after(async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await postgres.stop();
    });

    const replica = (i: number) => servers[i % REPLICAS] as TestServer;
    const register = async (i: number, subject: string, schema: string, query = '') => {
      const { status, body, text } = await replica(i).ask(
        'POST',
        `/subjects/${encodeURIComponent(subject)}/versions${query}`,
        { schema },
      );
      expect(status, text).to.equal(200);
      return body as { id: number; version: number };
    };
    const times = <T>(n: number, work: (i: number) => Promise<T>) =>
      Promise.all(Array.from({ length: n }, (_, i) => work(i)));

    it('give the same schema, registered by all at once, one id and one version', async () => {
      const answers = await times(64, (i) => register(i, ':.same:s', '"int"'));
      for (const answer of answers) expect(answer).to.include({ id: 1, version: 1 });
      expect((await replica(0).get('/subjects/:.same:s/versions')).body).to.deep.equal([1]);
    });

    it('give the same new schema in many subjects one id', async () => {
      const answers = await times(64, (i) => register(i, `:.many:s${i}`, '"long"'));
      expect(new Set(answers.map(({ id }) => id))).to.deep.equal(new Set([1]));
      const next = await register(0, ':.many:next', '"double"');
      expect(next.id).to.equal(2);
    });

    it('number different schemas of one subject without gap or repeat', async () => {
      const count = 48;
      const answers = await times(count, (i) => register(i, ':.one:s', anAvroRecord('R', [`f${i}`])));
      const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
      const upTo = Array.from({ length: count }, (_, i) => i + 1);
      expect(sorted(answers.map(({ version }) => version))).to.deep.equal(upTo);
      expect(sorted(answers.map(({ id }) => id))).to.deep.equal(upTo);
      for (const i of [0, 1, 2, 3]) {
        expect((await replica(i).get('/subjects/:.one:s/versions')).body).to.deep.equal(upTo);
      }
    });

    it('never let two schemas in that do not fit each other', async () => {
      const types = ['int', 'string', 'boolean', 'bytes', 'float', 'double', 'long'];
      for (let round = 0; round < 6; round += 1) {
        const replies = await Promise.all(
          types.map((type, i) =>
            replica(i).ask('POST', `/subjects/clash-${round}/versions`, {
              schema: JSON.stringify({
                type: 'record',
                name: 'R',
                fields: [{ name: 'a', type: { type: 'array', items: type } }],
              }),
            }),
          ),
        );
        expect(
          replies.map(({ status }) => status).every((status) => status === 200 || status === 409),
        ).to.equal(true);
        const { body } = await replica(round).get(`/subjects/clash-${round}/versions`);
        // What was let in can be read by what came after it.
        for (const version of body.slice(1)) {
          const { body: stored } = await replica(0).get(`/subjects/clash-${round}/versions/${version}`);
          const check = await replica(0).ask(
            'POST',
            `/compatibility/subjects/clash-${round}/versions/${version - 1}`,
            { schema: stored.schema },
          );
          expect(check.body.is_compatible).to.equal(true);
        }
      }
    });

    it('never let a schema point at a version that is removed meanwhile', async () => {
      for (let round = 0; round < 10; round += 1) {
        await register(round, `base-${round}`, anAvroRecord('Base'));
        await replica(round).ask('DELETE', `/subjects/base-${round}`);
        const [user, removal] = await Promise.all([
          replica(round + 1).ask('POST', `/subjects/user-${round}/versions`, {
            schema: '{"type":"record","name":"User","fields":[{"name":"b","type":"Base"}]}',
            references: [{ name: 'Base', subject: `base-${round}`, version: 1 }],
          }),
          replica(round + 2).ask('DELETE', `/subjects/base-${round}?permanent=true`),
        ]);
        expect([user.status, removal.status].toSorted()).to.deep.equal([200, 422]);
      }
    });

    it('let nothing be written after a read-only mode was acknowledged', async () => {
      let written = 0;
      const writers = times(8, async (writer) => {
        for (let i = 0; ; i += 1) {
          const path = `/subjects/${encodeURIComponent(`:.ro:s${writer}`)}/versions`;
          const reply = await replica(writer).ask('POST', path, {
            schema: anAvroRecord('R', [`f${writer}_${i}`]),
          });
          if (reply.status !== 200) return reply.body.error_code;
          written += 1;
        }
      });
      await eventually(() => expect(written).to.be.greaterThan(20));
      await replica(0).ask('PUT', `/mode/${encodeURIComponent(':.ro:')}`, { mode: 'READONLY' });
      // A lookup of an id that was never given asks the database, whatever caches hold.
      const lastId = async () => {
        let id = written;
        while ((await replica(1).get(`/schemas/ids/${id + 1}?subject=:.ro:`)).status === 200) id += 1;
        return id;
      };
      const atAcknowledgement = await lastId();
      expect(new Set(await writers)).to.deep.equal(new Set([42205]));
      expect(await lastId()).to.equal(atAcknowledgement);
    });

    it('see what another wrote, in no time', async () => {
      for (let i = 0; i < 20; i += 1) {
        await replica(i + 1).get('/subjects/seen/versions/latest');
        const { version } = await register(i, 'seen', anAvroRecord('R', [`f${i}`]), '?force=true');
        // The one that took it at once, the others as soon as they are told.
        expect((await replica(i).get('/subjects/seen/versions/latest')).body.version).to.equal(version);
        const deadline = performance.now() + 1_000;
        while ((await replica(i + 1).get('/subjects/seen/versions/latest')).body.version !== version) {
          expect(performance.now()).to.be.lessThan(deadline);
        }
      }
    });
  },
);
