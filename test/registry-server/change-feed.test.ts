import { expect } from 'chai';
import pg from 'pg';
import { readNotification } from '../../registry-server/store/read-change.ts';
import { readFromWorker, readToWorker } from '../../registry-server/workers/worker-messages.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { type Random, seeded } from '../build/random.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';

const tooLong = 'n'.repeat(1_025);

/** What a server notifies, and others write in its place. None of them may be taken for a change that is known. */
const unreadable: readonly string[] = [
  '',
  ' ',
  'x',
  '\u0001',
  'null',
  'true',
  '0',
  '-1e999',
  '"purged"',
  '[]',
  '[{"purged":true}]',
  '[[[[[[[[',
  '{}',
  '{"context"',
  '{"context":".","subject":"s"',
  '{"context":".","subject":"s"}}',
  '{"context":"."}',
  '{"subject":"s"}',
  '{"context":".","subject":""}',
  '{"context":"","subject":"s"}',
  '{"context":null,"subject":"s"}',
  '{"context":["."],"subject":"s"}',
  '{"context":".","subject":{"length":1}}',
  '{"context":1,"subject":2}',
  '{"settingsOf":7}',
  '{"settingsOf":""}',
  '{"settingsOf":null}',
  '{"settingsOf":["."]}',
  '{"purged":false}',
  '{"purged":"true"}',
  '{"purged":1}',
  '{"purged":true,"settingsOf":"."}',
  '{"context":".","subject":"s","purged":true}',
  '{"context":".","subject":"s","since":"a newer server"}',
  '{"renamed":{"context":".","subject":"s"}}',
  '{"__proto__":{"purged":true}}',
  '{"constructor":{"prototype":{}}}',
  `{"context":".","subject":"${tooLong}"}`,
  `{"settingsOf":".${tooLong}"}`,
  '['.repeat(3_900) + ']'.repeat(3_900),
  'x'.repeat(7_900),
];

const readable: readonly [string, object][] = [
  ['{"context":".","subject":"s"}', { context: '.', subject: 's' }],
  ['{"subject":"s","context":".c"}', { context: '.c', subject: 's' }],
  ['{"settingsOf":"."}', { settingsOf: '.' }],
  ['{"purged":true}', { purged: true }],
];

/** A notification of ours in which something is not as it was written. */
function damaged(random: Random): string {
  const [text] = readable[random.below(readable.length)] as [string, object];
  const at = random.below(text.length);
  const junk = ['', '\u0007', '"', '{', '\\', 'ü', '0', ','][random.below(8)] as string;
  return random.below(3) === 0
    ? text.slice(0, at)
    : text.slice(0, at) + junk + text.slice(at + random.below(3));
}

describe('what a notification says', () => {
  for (const text of unreadable) {
    it(`cannot be read, so anything may have changed: ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(readNotification(text)).to.deep.equal({ anything: true });
    });
  }
  for (const [text, change] of readable) {
    it(`is a change: ${text}`, () => expect(readNotification(text)).to.deep.equal(change));
  }
  it('is always some change, whatever was damaged in it', () => {
    const random = seeded(Number(process.env.TEST_SEED ?? 1));
    for (let n = 0; n < 2_000; n += 1) {
      const change = readNotification(damaged(random));
      const isKnown =
        'context' in change || 'settingsOf' in change || 'purged' in change || 'anything' in change;
      expect(isKnown).to.equal(true);
    }
  });
});

describe('what a worker and its supervisor say to each other', () => {
  const junk: readonly unknown[] = [
    null,
    undefined,
    0,
    'serve',
    [],
    {},
    { kind: 'unknown' },
    { kind: 'changed' },
    { kind: 'dropped', by: '1', round: 2 },
    { kind: 'drop', by: 1 },
    { kind: 'known' },
    { kind: 'measure', asked: 'all' },
    { kind: 'measured' },
  ];
  it('is taken for nothing where it cannot be read', () => {
    for (const message of junk) {
      expect([readFromWorker(message), readToWorker(message)]).to.deep.equal([undefined, undefined]);
    }
  });
  it('means that anything may have changed where a change cannot be read', () => {
    const anything = { anything: true };
    for (const changes of [undefined, null, 'x', 7, {}]) {
      expect(readToWorker({ kind: 'drop', by: 1, round: 1, changes })).to.have.deep.property('changes', [
        anything,
      ]);
    }
    const changes = [null, { context: '.', subject: 's' }, { subject: 1 }];
    expect(readFromWorker({ kind: 'changed', round: 3, changes })).to.deep.equal({
      kind: 'changed',
      round: 3,
      changes: [anything, { context: '.', subject: 's' }, anything],
    });
  });
});

describe(`notifications of others${missingPostgres ? ` (skipped: ${missingPostgres})` : ''}`, () => {
  let postgres: TestPostgres;
  let server: RegistryProcess | undefined;

  before(async function () {
    if (missingPostgres) return this.skip();
    postgres = await startPostgres();
    await postgres.run('create role stranger login');
  });
  afterEach(() => server?.stop());
  after(() => postgres?.stop());

  for (const workers of ['1', '2']) {
    it(`end no replica, and are taken for a change of anything: ${workers} workers`, async () => {
      const url = await postgres.createDatabase(`feed_${workers}`);
      server = await startRegistryProcess({ DATABASE_URL: url, WORKERS: workers });
      const ask = async (method: string, path: string, body?: object) => {
        const response = await fetch(server?.url + path, {
          method,
          headers: { 'Content-Type': 'application/json', Connection: 'close' },
          body: body && JSON.stringify(body),
        });
        // biome-ignore lint/suspicious/noExplicitAny: bodies of several shapes
        return { status: response.status, body: (await response.json()) as any };
      };
      const levels = () => Promise.all([1, 2, 3, 4].map(() => ask('GET', '/config/s')));
      await ask('POST', '/subjects/s/versions', { schema: '"int"' });
      await ask('PUT', '/config/s', { compatibility: 'FULL' });
      await eventually(async () =>
        expect((await levels()).map(({ body }) => body.compatibilityLevel)).to.deep.equal(
          Array(4).fill('FULL'),
        ),
      );

      const owner = new pg.Client({ connectionString: url });
      const stranger = new pg.Client({ connectionString: url.replace('registry:', 'stranger:') });
      await Promise.all([owner.connect(), stranger.connect()]);
      try {
        const random = seeded(Number(process.env.TEST_SEED ?? 1));
        const payloads = [...unreadable, ...Array.from({ length: 100 }, () => damaged(random))];
        for (const payload of payloads) {
          await stranger.query('select pg_notify($1, $2)', ['schema_registry', payload]);
        }
        await stranger.query('notify schema_registry');
        // Behind the back of all, so that only the notification can have made them look.
        for (const [at, level] of ['BACKWARD', 'FORWARD', 'NONE'].entries()) {
          await owner.query(`update settings set config = $1 where subject = 's'`, [
            { compatibility: level },
          ]);
          await stranger.query('select pg_notify($1, $2)', ['schema_registry', unreadable[at * 7] ?? 'x']);
          await eventually(async () =>
            expect((await levels()).map(({ body }) => body.compatibilityLevel)).to.deep.equal(
              Array(4).fill(level),
            ),
          );
        }
        expect(server.child.exitCode).to.equal(null);
        expect(server.output()).not.to.match(/worker died|Error/);
        expect((await ask('POST', '/subjects/s/versions', { schema: '"long"' })).body).to.include({
          version: 2,
        });
      } finally {
        await Promise.all([owner.end(), stranger.end()]);
      }
    });
  }
});
