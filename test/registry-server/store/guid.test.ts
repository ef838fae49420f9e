import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { aDatabase, ask, type Kind } from '../../build/archived.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../../build/postgres.ts';
import { type Reply, startServer, type TestServer } from '../../build/server.ts';

interface GuidCase {
  readonly guid: string;
  readonly schemaType: string;
  readonly schema: string;
  readonly canonical: string;
  readonly normalize?: boolean;
  readonly references?: readonly { readonly subject: string; readonly version: number }[];
  readonly target?: string;
  readonly metadata?: object;
  readonly ruleSet?: object;
}

const cases: readonly GuidCase[] = parse(
  readFileSync(new URL('../../cases/guids.yaml', import.meta.url), 'utf8'),
);

const migration = new URL('../../../registry-server/store/migrations/0006-guids.sql', import.meta.url);

/** Each schema with its reference, under subjects of its own. */
async function register(server: TestServer, row: GuidCase, context: string): Promise<Reply> {
  const { schemaType, schema, normalize, references = [], target, metadata, ruleSet } = row;
  const ask = (subject: string, body: object) =>
    server.ask(
      'POST',
      `/contexts/${context}/subjects/${subject}/versions?normalize=${normalize === true}`,
      body,
    );
  for (const { subject, version } of references) {
    await server.ask('PUT', `/contexts/${context}/config/${subject}`, { compatibility: 'NONE' });
    for (let number = 1; number <= version; number++) {
      const metadata = { properties: { number: String(number) } };
      expect((await ask(subject, { schemaType, schema: target, metadata })).status).to.equal(200);
    }
  }
  return ask('s', { schemaType, schema, references, metadata, ruleSet });
}

describe('guids', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
    await server.ready;
  });
  after(() => server.stop());

  for (const [i, row] of cases.entries()) {
    it(`are those of the reference: ${row.guid}, ${row.schemaType} ${row.schema.slice(0, 60)}`, async () => {
      const { body } = await register(server, row, `c${i}`);
      expect(body).to.include({ guid: row.guid, schema: row.canonical });
      const found = (await server.get(`/schemas/guids/${row.guid}`)).body;
      expect(found).to.include({ guid: row.guid, schema: row.canonical });
    });
  }
});

for (const kind of ['embedded', 'postgres'] as const satisfies readonly Kind[]) {
  const reason = kind === 'postgres' ? missingPostgres : undefined;
  (reason ? describe.skip : describe)(
    `guids of stored schemas: ${kind}${reason ? ` (${reason})` : ''}`,
    function () {
      this.timeout(90_000);
      let postgres: TestPostgres | undefined;
      before(async () => {
        if (kind === 'postgres') postgres = await startPostgres();
      });
      after(() => postgres?.stop());

      it('become those of the reference with a migration', async () => {
        const test = await aDatabase(kind, postgres);
        const first = await startServer(test.environment);
        await first.ready;
        for (const [i, row] of cases.entries()) await register(first, row, `c${i}`);
        await first.stop();

        const guids = async () =>
          (await ask<{ guid: string }>(database, 'select guid from schemas order by context, id')).map(
            ({ guid }) => guid,
          );
        const database = test.open();
        const right = await guids();
        expect(right).to.include.members(cases.map(({ guid }) => guid));
        await ask(database, 'update schemas set guid = gen_random_uuid()');
        await database.runScript(readFileSync(migration, 'utf8'));
        expect(await guids()).to.deep.equal(right);
        await database.close();
        test.remove();
      });
    },
  );
}
