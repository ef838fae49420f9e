import { expect } from 'chai';
import { openLog } from '../../../registry-server/log.ts';
import { type Archive, openArchive } from '../../../registry-server/store/archive/archive.ts';
import type { RegistryRecord } from '../../../registry-server/store/archive/layout.ts';
import { unseal } from '../../../registry-server/store/archive/layout.ts';
import { rebuild } from '../../../registry-server/store/archive/rebuild.ts';
import type { Bucket } from '../../../registry-server/store/bucket.ts';
import type { Database } from '../../../registry-server/store/database.ts';
import { migrate } from '../../../registry-server/store/migrate.ts';
import { sqlStore } from '../../../registry-server/store/sql-store.ts';
import type { SchemaContent, Store } from '../../../registry-server/store/store.ts';
import { databases } from '../../../registry-server/store/table.ts';
import { ask, dump, passedOver } from '../../build/archived.ts';
import { eventually } from '../../build/eventually.ts';
import { openPickyBucket } from '../../build/picky-bucket.ts';

const silent = openLog({ level: 'silent', format: 'json' });

const aContent = (n: number): SchemaContent => ({
  schemaType: 'AVRO',
  schema: JSON.stringify({ type: 'fixed', name: 'F', size: n }),
  references: [],
});

/** Two contexts, a subject in each, a schema that no version holds. */
async function fill(store: Store): Promise<void> {
  for (const context of ['.', '.other']) {
    for (const n of [1, 2]) {
      const name = { context, subject: 's' };
      const judgedAgainst = await store.readSubject(name, 'now');
      await store.addVersion({ name, judgedAgainst, content: aContent(n), targets: [] });
    }
  }
  for (const [id, n] of [
    [10, 10],
    [11, 11],
  ] as const) {
    const name = { context: '.', subject: 'imported' };
    const judgedAgainst = await store.readSubject(name, 'now');
    await store.importVersion({ name, judgedAgainst, content: aContent(n), targets: [], id, version: 1 });
  }
}

async function removeAll(store: Store, subject: string): Promise<void> {
  const name = { context: '.', subject };
  const { versions } = await store.readSubject(name, 'now');
  await store.removeVersions(name, () => ({
    versions: versions.map(({ version }) => version),
    isPermanent: true,
  }));
}

/** As it was after the migrations. */
function empty(database: Database): Promise<void> {
  return database.runScript(`truncate subjects, versions, schemas, schema_references, settings, contexts, outbox;
    update archive set is_on = false, destination = null, walk = null, holder = null, held_until = null`);
}

describe('the archive and a bucket that refuses an object', () => {
  let archive: Archive | undefined;
  const [database, second] = [databases.embedded(), databases.embedded()];
  const store = sqlStore(database);

  before(() => Promise.all([store.migrate(), migrate(second)]));
  beforeEach(() => empty(database));
  afterEach(async () => {
    await archive?.close();
    archive = undefined;
  });
  after(() => Promise.all([database.close(), second.close()]));

  function start(bucket: Bucket): void {
    archive = openArchive(database, bucket, silent, { shipped() {}, failed() {} });
    archive.start();
  }
  const wake = () => archive?.wake();
  const state = async () => {
    const [row] = await ask<{ pending: number; is_walked: boolean }>(
      database,
      'select (select count(*)::integer from outbox) as pending, walk is null as is_walked from archive',
    );
    return row;
  };
  const isComplete = (objects: ReadonlyMap<string, string | Uint8Array>) =>
    unseal<RegistryRecord>(`${objects.get('registry.json')}`)?.isComplete;
  const isWhole = (objects: ReadonlyMap<string, string | Uint8Array>) =>
    eventually(async () => {
      const found = await state();
      if (found?.pending !== 0 || !found.is_walked) wake();
      expect(found).to.deep.equal({ pending: 0, is_walked: true });
      expect(isComplete(objects)).to.equal(true);
      expect(archive?.status()).to.include({ status: 'up', pending: 0, isComplete: true });
    });

  async function rebuilt(bucket: Bucket) {
    await empty(second);
    const problems: string[] = [];
    await rebuild(second, bucket, {
      isPartial: false,
      isDryRun: false,
      problem: (problem) => problems.push(problem),
      progress() {},
    });
    return { problems, dumped: await dump(second) };
  }

  for (const [what, isRefused] of [
    ['a context', (key: string) => key === 'contexts/!2E.json'],
    ['every context', (key: string) => key.startsWith('contexts/')],
    ['a subject', (key: string) => key === 'subjects/!2E/s.json'],
    ['every subject', (key: string) => key.startsWith('subjects/')],
    ['every content', (key: string) => key.startsWith('contents/')],
    ['a loose schema', (key: string) => key.startsWith('loose/')],
    ['the object that says whose it is', (key: string) => key === 'registry.json'],
    ['everything', () => true],
  ] as const) {
    it(`does not take ${what} for shipped, nor itself for complete, until S3 takes it`, async () => {
      const { bucket, objects, refuses, tried } = openPickyBucket();
      await fill(store);
      refuses.put = isRefused;
      start(bucket);
      const refusedAgain = async () => {
        tried.clear();
        await eventually(() => {
          wake();
          expect([...tried].some(isRefused)).to.equal(true);
        });
      };
      await refusedAgain();
      await refusedAgain();
      // Something new comes, and is refused or held up, too.
      await fill(store).catch(() => {});
      await refusedAgain();
      expect(isComplete(objects)).not.to.equal(true);
      await eventually(() => {
        expect(archive?.status()).to.include({ status: 'down', isComplete: false });
        expect(archive?.status().cause).to.match(/too long/);
      });
      expect([...objects.keys()].some(isRefused)).to.equal(false);

      refuses.put = () => false;
      await isWhole(objects);
      const { problems, dumped } = await rebuilt(bucket);
      expect(problems).to.deep.equal([]);
      expect(dumped).to.deep.equal(passedOver(await dump(database)));
    });
  }

  it('keeps back what needs it and nothing else, however much of it there is', async () => {
    const { bucket, objects, refuses } = openPickyBucket();
    const isRefused = (key: string) => key.startsWith('subjects/!2E/refused');
    refuses.put = isRefused;
    const judgedAgainst = await store.readSubject({ context: '.', subject: 'new' }, 'now');
    const subjects = [...Array.from({ length: 600 }, (_, n) => `refused-${n}`), 'taken'];
    await Promise.all(
      subjects.map((subject) =>
        store.addVersion({
          name: { context: '.', subject },
          judgedAgainst,
          content: aContent(1),
          targets: [],
        }),
      ),
    );
    start(bucket);
    await eventually(() => {
      wake();
      expect([...objects.keys()]).to.include('subjects/!2E/taken.json');
    }, 20_000);
    refuses.put = () => false;
    await isWhole(objects);
  });

  for (const folder of ['subjects/', 'loose/', 'contents/']) {
    it(`goes on where S3 does not remove what is gone from ${folder}, and leaves what that needs`, async () => {
      const { bucket, objects, refuses, tried } = openPickyBucket();
      await fill(store);
      start(bucket);
      await isWhole(objects);
      refuses.remove = (key) => key.startsWith(folder);
      tried.clear();
      await store.importVersion({
        name: { context: '.', subject: 'holder' },
        judgedAgainst: await store.readSubject({ context: '.', subject: 'holder' }, 'now'),
        content: aContent(10),
        targets: [],
        id: 10,
        version: 1,
      });
      await removeAll(store, 'holder');
      await removeAll(store, 's');
      await eventually(() => {
        wake();
        expect([...tried].some(refuses.remove)).to.equal(true);
      });
      // All that is in the bucket still points at what is there.
      for (const [key, text] of objects) {
        const record = unseal<{ digest?: string; versions?: { digest: string }[] }>(`${text}`);
        for (const digest of [record?.digest, ...(record?.versions ?? []).map((version) => version.digest)]) {
          if (digest)
            expect([...objects.keys()], key).to.include(`contents/${digest.slice(0, 2)}/${digest}.json`);
        }
      }
      refuses.remove = () => false;
      await isWhole(objects);
      expect((await rebuilt(bucket)).dumped).to.deep.equal(passedOver(await dump(database)));
    });
  }

  it('begins its walk anew where the database has one that it does not understand', async () => {
    const { bucket, objects } = openPickyBucket();
    await fill(store);
    start(bucket);
    await isWhole(objects);
    await archive?.close();
    objects.delete('subjects/!2E/s.json');
    for (const walk of [
      '{"phase":"a newer one"}',
      '{}',
      '[]',
      '7',
      '{"phase":"settle","horizon":"x"}',
      '{"phase":"contents"}',
    ]) {
      objects.delete('subjects/!2E/s.json');
      await ask(database, `update archive set walk = '${walk}', holder = null`);
      start(bucket);
      await isWhole(objects);
      expect([...objects.keys()]).to.include('subjects/!2E/s.json');
      await archive?.close();
    }
  });

  for (const [title, until] of [
    ['has no end', 'null'],
    ['ends in a hundred years, as of a clock that was put back', `now() + interval '100 years'`],
    ['never ends', `'infinity'`],
  ] as const) {
    it(`takes the lease that ${title}`, async () => {
      const { bucket, objects } = openPickyBucket();
      await fill(store);
      await ask(database, `update archive set holder = 'somebody', held_until = ${until}`);
      start(bucket);
      await isWhole(objects);
    });
  }

  it('keeps the counter of a context that was removed', async () => {
    const { bucket, objects } = openPickyBucket();
    await fill(store);
    start(bucket);
    await isWhole(objects);
    const name = { context: '.other', subject: 's' };
    await store.removeVersions(name, () => ({ versions: [1, 2], isPermanent: true }));
    expect(await store.removeContext('.other')).to.equal(true);
    await isWhole(objects);
    const { problems, dumped } = await rebuilt(bucket);
    expect(problems).to.deep.equal([]);
    expect(dumped).to.deep.equal(passedOver(await dump(database)));
    expect(dumped.contexts).to.deep.include({ context: '.other', last_id: 1_002, is_removed: true });
  });
});
