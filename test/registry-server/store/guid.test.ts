import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Reply, TestServer } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

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

/** Each schema with its reference, under subjects of its own. */
async function register(server: Pick<TestServer, 'ask'>, row: GuidCase, context: string): Promise<Reply> {
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
  const server = suiteServer();

  for (const [i, row] of cases.entries()) {
    it(`are those of the reference: ${row.guid}, ${row.schemaType} ${row.schema.slice(0, 60)}`, async () => {
      const { body } = await register(server, row, `c${i}`);
      expect(body).to.include({ guid: row.guid, schema: row.canonical });
      const found = (await server.get(`/schemas/guids/${row.guid}`)).body;
      expect(found).to.include({ guid: row.guid, schema: row.canonical });
    });
  }
});
