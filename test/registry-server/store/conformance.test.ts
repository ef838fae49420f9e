import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CompatibilityLevel } from '../../../registry-server/compatibility/modes.ts';
import { openLog } from '../../../registry-server/log.ts';
import { cachedStore } from '../../../registry-server/store/cached.ts';
import type { Database } from '../../../registry-server/store/database.ts';
import { DatabaseTooNew, migrate } from '../../../registry-server/store/migrate.ts';
import { openRedis } from '../../../registry-server/store/redis.ts';
import { sqlStore } from '../../../registry-server/store/sql-store.ts';
import type {
  NewVersion,
  Part,
  SchemaContent,
  Store,
  SubjectFilter,
} from '../../../registry-server/store/store.ts';
import { databases } from '../../../registry-server/store/table.ts';
import type { SubjectName } from '../../../registry-server/subject-name.ts';
import { eventually } from '../../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../../build/postgres.ts';
import { missingRedis, startRedis, type TestRedis } from '../../build/redis.ts';

type Kind = keyof typeof databases;
type Layer = 'bare' | 'behind memory' | 'behind memory and Redis';

const silent = openLog({ level: 'silent', format: 'json' });

const layers: readonly Layer[] = ['bare', 'behind memory', 'behind memory and Redis'];
const missing: Record<Kind, string | undefined> = { embedded: undefined, postgres: missingPostgres };

for (const kind of Object.keys(databases) as Kind[]) {
  for (const layer of layers) {
    const reason = missing[kind] ?? (layer === 'behind memory and Redis' ? missingRedis : undefined);
    (reason ? describe.skip : describe)(`store: ${kind}, ${layer}${reason ? ` (${reason})` : ''}`, () => {
      conforms(kind, layer);
    });
  }
}

function conforms(kind: Kind, layer: Layer): void {
  let postgres: TestPostgres | undefined;
  let redis: TestRedis | undefined;
  let url: string;
  let folder: string;
  let store: Store;
  let context: string;
  let name: SubjectName;

  function open(): Database {
    if (kind === 'embedded') return databases.embedded(folder);
    return databases.postgres(
      { url, minConnections: 1, maxConnections: 10, acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 },
      silent,
    );
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-store-'));
    if (kind === 'postgres') postgres = await startPostgres();
    url = (await postgres?.createDatabase('registry')) ?? '';
    if (layer === 'behind memory and Redis') redis = await startRedis();
    store = sqlStore(open());
    if (layer !== 'bare') {
      const shared =
        redis && openRedis({ url: redis.url, timeoutMs: 1_000, ttlSeconds: 60 }, silent, () => {});
      if (shared) await eventually(() => expect(shared.isUp()).to.equal(true));
      const cached = cachedStore(store, { maxEntries: 1_000, shared, wasRead: () => {} });
      store = cached;
      await store.migrate();
      cached.watch({ changed() {}, connected() {}, lost() {} });
      await eventually(() => expect(cached.isFeedAlive()).to.equal(true));
    }
    await store.migrate();
  });
  after(async () => {
    await store.close();
    await redis?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    context = `.${randomUUID()}`;
    name = { context, subject: 's' };
  });

  const aContent = (text = '"int"', rest: Partial<SchemaContent> = {}): SchemaContent => ({
    schemaType: 'AVRO',
    schema: text,
    references: [],
    ...rest,
  });

  async function add(content: SchemaContent, to = name, targets: NewVersion['targets'] = []) {
    const judgedAgainst = await store.readSubject(to, 'now');
    return store.addVersion({ name: to, judgedAgainst, content, targets });
  }
  const remove = (versions: number[], isPermanent: boolean, from = name) =>
    store.removeVersions(from, () => ({ versions, isPermanent }));
  const versions = async (of = name) =>
    (await store.readSubject(of, 'recent')).versions.map(({ version, id, isDeleted }) => [
      version,
      id,
      isDeleted,
    ]);

  it('counts ids in a context and versions in a subject', async () => {
    expect(await add(aContent('"int"'))).to.deep.equal({ id: 1, version: 1 });
    expect(await add(aContent('"long"'))).to.deep.equal({ id: 2, version: 2 });
    expect(await add(aContent('"int"'), { context, subject: 't' })).to.deep.equal({ id: 1, version: 1 });
    expect(await add(aContent('"int"'), { context: `${context}b`, subject: 's' })).to.deep.equal({
      id: 1,
      version: 1,
    });
    expect(await versions()).to.deep.equal([
      [1, 1, false],
      [2, 2, false],
    ]);
  });

  it('gives back what was stored, byte for byte', async () => {
    const schema = JSON.stringify({ type: 'string', doc: 'ünï ✓ 😀 \\u0000 \ud83d\ude00 \'"$1' });
    const references = [{ name: '__proto__', subject: 'base', version: 1 }];
    await add(aContent('"base"'), { context, subject: 'base' });
    const target = { name: { context, subject: 'base' }, version: 1, id: 1 };
    const added = await add(aContent(schema, { references, schemaType: 'JSON' }), name, [{ ...target }]);
    for (const _read of ['first', 'cached']) {
      const stored = await store.findSchema(context, added?.id ?? 0);
      expect(stored).to.include({ context, schema, schemaType: 'JSON' });
      expect(stored?.references).to.deep.equal(references);
      expect(await store.listSchemasByGuid(stored?.guid ?? '')).to.deep.equal([stored]);
      expect(await store.findIdOf(context, aContent(schema, { references, schemaType: 'JSON' }))).to.equal(
        added?.id,
      );
    }
    expect(await store.findSchema(context, 99)).to.equal(undefined);
    expect(await store.findIdOf(context, aContent(schema))).to.equal(undefined);
  });

  it('refuses a write that was judged against another state', async () => {
    const judgedAgainst = await store.readSubject(name, 'now');
    await add(aContent('"int"'));
    expect(
      await store.addVersion({ name, judgedAgainst, content: aContent('"long"'), targets: [] }),
    ).to.equal(undefined);
    const later = await store.readSubject(name, 'now');
    await store.changeSettings({ context, subject: '' }, () => ({ mode: 'READONLY' }));
    expect(
      await store.addVersion({ name, judgedAgainst: later, content: aContent('"long"'), targets: [] }),
    ).to.equal(undefined);
    expect(await versions()).to.have.length(1);
    expect(await store.findIdOf(context, aContent('"long"'))).to.equal(undefined);
  });

  it('refuses a write whose reference is no longer what was read', async () => {
    const target = { name: { context, subject: 'base' }, version: 1, id: 5 };
    expect(await add(aContent(), name, [target])).to.equal(undefined);
    expect(await versions()).to.deep.equal([]);
  });

  it('hides, then removes; ids are never used again', async () => {
    await add(aContent('"int"'));
    await add(aContent('"long"'));
    await remove([2], false);
    expect((await versions()).at(-1)).to.deep.equal([2, 2, true]);
    expect(await store.findSchema(context, 2)).not.to.equal(undefined);
    await remove([2], true);
    expect(await versions()).to.have.length(1);
    expect(await store.findSchema(context, 2)).to.equal(undefined);
    expect(await add(aContent('"long"'))).to.deep.equal({ id: 3, version: 3 });
  });

  it('keeps a schema that another subject holds', async () => {
    await add(aContent());
    await add(aContent(), { context, subject: 't' });
    await remove([1], false);
    await remove([1], true);
    expect(await store.findSchema(context, 1)).not.to.equal(undefined);
    expect(await store.listUses(context, 1)).to.deep.equal([
      { name: { context, subject: 't' }, version: 1, isDeleted: false },
    ]);
  });

  it('starts a subject at version 1 again when all of it was removed, without its settings', async () => {
    await add(aContent('"int"'));
    await store.changeSettings(name, () => ({ mode: 'READONLY', config: { normalize: true } }));
    await remove([1], false);
    await remove([1], true);
    const { settings, lastVersion } = await store.readSubject(name, 'recent');
    expect([settings.subject, lastVersion]).to.deep.equal([{ config: undefined, mode: undefined }, 0]);
    expect(await add(aContent('"long"'))).to.include({ version: 1 });
  });

  it('replaces a hidden version by one of equal content, unless something points at it', async () => {
    await add(aContent('"int"'));
    await remove([1], false);
    expect(await add(aContent('"int"'))).to.deep.equal({ id: 1, version: 2 });
    expect(await versions()).to.deep.equal([[2, 1, false]]);
    const target = { name, version: 2, id: 1 };
    await add(
      aContent('"x"', { references: [{ name: 'r', subject: 's', version: 2 }] }),
      { context, subject: 't' },
      [target],
    );
    await remove([2], false);
    await add(aContent('"int"'));
    expect(await versions()).to.deep.equal([
      [2, 1, true],
      [3, 1, false],
    ]);
  });

  it('knows who points at a version', async () => {
    await add(aContent('"int"'));
    const to = { context, subject: 't' };
    await add(aContent('"x"', { references: [{ name: 'r', subject: 's', version: 1 }] }), to, [
      { name, version: 1, id: 1 },
    ]);
    const [referrer] = await store.listReferrers(name, 1);
    expect(referrer).to.deep.equal({ version: 1, context, id: 2, isLive: true, isOwn: false });
    await remove([1], false, to);
    expect((await store.listReferrers(name, 1))[0]).to.include({ isLive: false });
    await remove([1], true, to);
    expect(await store.listReferrers(name, 1)).to.deep.equal([]);
  });

  it('undoes all of a removal whose decision throws', async () => {
    await add(aContent());
    const failing = store.removeVersions(name, () => {
      throw new Error('decided against it');
    });
    expect(await failing.catch((error: Error) => error.message)).to.equal('decided against it');
    expect(await versions()).to.deep.equal([[1, 1, false]]);
  });

  it('shows settings of the subject, its context and the whole, and their change at once', async () => {
    const level = (compatibility: CompatibilityLevel) => ({ config: { compatibility } });
    await store.readSubject(name, 'recent');
    await store.changeSettings(name, () => level('NONE'));
    await store.changeSettings({ context, subject: '' }, () => level('FULL'));
    const { settings } = await store.readSubject(name, 'recent');
    expect(settings.subject.config).to.deep.equal({ compatibility: 'NONE' });
    expect(settings.context.config).to.deep.equal({ compatibility: 'FULL' });
    await store.changeSettings(name, (before) => {
      expect(before.subject.config).to.deep.equal({ compatibility: 'NONE' });
      return {};
    });
    expect((await store.readSubject(name, 'recent')).settings.subject.config).to.equal(undefined);
  });

  it('lists subjects by context, prefix, state and page', async () => {
    for (const subject of ['b', 'a', 'ab', 'a%']) await add(aContent(), { context, subject });
    await remove([1], false, { context, subject: 'ab' });
    const list = async (filter: Partial<SubjectFilter>, part: Partial<Part<SubjectName>> = {}) => {
      const all = { context, prefix: '', show: 'live', ...filter } as const;
      const found = await store.listSubjects(all, { offset: 0, limit: 100, ...part });
      return found.filter((one) => one.context === context).map(({ subject }) => subject);
    };
    expect(await list({})).to.deep.equal(['a', 'a%', 'b']);
    expect(await list({ prefix: 'a%' })).to.deep.equal(['a%']);
    expect(await list({ show: 'deleted' })).to.deep.equal(['ab']);
    expect(await list({ show: 'all' }, { offset: 1, limit: 2 })).to.deep.equal(['a%', 'ab']);
    expect(await list({ show: 'all' }, { after: { context, subject: 'a%' } })).to.deep.equal(['ab', 'b']);
    expect(await list({ show: 'all' }, { after: { context, subject: 'a' }, limit: 1 })).to.deep.equal(['a%']);
    expect(await list({ context: undefined }, { after: { context, subject: '' } })).to.include('b');
    expect(await store.listContexts()).to.include(context);
  });

  describe('metadata and rules', () => {
    const contract = { metadata: { properties: { owner: 'a' } }, ruleSet: { enableAt: 'x' } };

    it('belong to the content, and are given back with it', async () => {
      const plain = await add(aContent());
      const full = await add(aContent('"int"', contract));
      expect([plain?.id, full?.id]).to.deep.equal([1, 2]);
      expect(await store.findSchema(context, 2)).to.deep.include(contract);
      expect(await store.findSchema(context, 1)).not.to.have.any.keys('metadata', 'ruleSet');
      expect(await store.findIdOf(context, aContent('"int"', contract))).to.equal(2);
      expect(await store.listIdsOfText(context, aContent())).to.deep.equal([2]);
    });
  });

  describe('importing', () => {
    async function take(id: number, version: number, content = aContent(), to = name) {
      const judgedAgainst = await store.readSubject(to, 'now');
      return store.importVersion({ name: to, judgedAgainst, content, targets: [], id, version });
    }

    it('keeps ids and numbers, and counts on behind them', async () => {
      expect(await take(40, 7)).to.deep.equal({ version: 7 });
      expect(await take(30, 0, aContent('"long"'))).to.deep.equal({ version: 8 });
      expect(await store.findLastId(context)).to.equal(40);
      expect(await add(aContent('"string"'))).to.deep.equal({ id: 41, version: 9 });
    });

    it('never gives an id to another content, and finds a content under its second id', async () => {
      await take(1, 1);
      expect(await take(1, 2, aContent('"long"'))).to.equal('taken');
      expect(await take(2, 1, aContent(), { context, subject: 't' })).to.deep.equal({ version: 1 });
      expect(await store.findIdOf(context, aContent())).to.equal(1);
      expect(await store.listIdsOfText(context, aContent())).to.deep.equal([2]);
      expect(await versions()).to.deep.equal([[1, 1, false]]);
    });

    it('is repeated without a trace, and brings a soft-deleted version back', async () => {
      await take(1, 3);
      await remove([3], false);
      expect(await take(1, 3)).to.deep.equal({ version: 3 });
      expect(await take(1, 3)).to.deep.equal({ version: 3 });
      expect(await versions()).to.deep.equal([[3, 1, false]]);
    });

    it('is not done under settings that have changed', async () => {
      const judgedAgainst = await store.readSubject(name, 'now');
      await store.changeSettings(name, () => ({ mode: 'READONLY' }));
      const late = { name, judgedAgainst, content: aContent(), targets: [], id: 1, version: 1 };
      expect(await store.importVersion(late)).to.equal(undefined);
      expect(await versions()).to.deep.equal([]);
    });
  });

  it('removes a context that is empty, with its settings, and gives none of its ids again', async () => {
    await add(aContent());
    await store.changeSettings({ context, subject: '' }, (_, hasLive) => {
      expect(hasLive).to.equal(true);
      return { mode: 'READONLY' };
    });
    expect(await store.removeContext(context)).to.equal(false);
    await remove([1], false);
    expect(await store.removeContext(context)).to.equal(false);
    await remove([1], true);
    expect(await store.removeContext(context)).to.equal(true);
    expect(await store.listContexts()).not.to.include(context);
    expect((await store.readSubject(name, 'recent')).settings.context).to.deep.equal({
      config: undefined,
      mode: undefined,
    });
    expect(await add(aContent('"new"'))).to.deep.equal({ id: 2, version: 1 });
  });

  it('lists versions part by part, with filters', async () => {
    const rules = {
      ruleSet: {
        domainRules: [{ name: 'r', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', disabled: false }],
      },
    };
    for (const subject of ['b', 'a', 'c']) await add(aContent(), { context, subject });
    await add(aContent('"long"', rules as Partial<SchemaContent>), { context, subject: 'b' });
    await remove([1], false, { context, subject: 'c' });
    const list = async (filter: object, part: object = {}) => {
      const all = { context, prefix: '', withDeleted: false, latestOnly: false, ...filter };
      const found = await store.listVersions(all, { offset: 0, limit: 100, ...part });
      return found.map(({ name: { subject }, version, content }) => `${subject}${version} ${content.schema}`);
    };
    expect(await list({})).to.deep.equal(['a1 "int"', 'b1 "int"', 'b2 "long"']);
    expect(await list({}, { after: { context, subject: 'b', version: 1 } })).to.deep.equal(['b2 "long"']);
    expect(await list({}, { offset: 1, limit: 1 })).to.deep.equal(['b1 "int"']);
    expect(await list({ withDeleted: true, prefix: 'c' })).to.deep.equal(['c1 "int"']);
    expect(await list({ latestOnly: true })).to.deep.equal(['a1 "int"', 'b2 "long"']);
    expect(await list({ ruleType: 'CEL' })).to.deep.equal(['b2 "long"']);
  });

  it('knows which contexts hold a name, and which subjects stand for others', async () => {
    const subject = `only-${context}`;
    await add(aContent(), { context, subject });
    expect(await store.listContextsOf(subject)).to.deep.equal([context]);
    await store.changeSettings(name, () => ({ config: { alias: subject } }));
    expect(await store.listAliases()).to.deep.include({ name, alias: subject });
    expect(await store.listSettings(context)).to.deep.equal([
      { name, config: { alias: subject }, mode: undefined },
    ]);
  });

  it('says what it is', async () => {
    const status = await store.status(2_000);
    expect(status.kind).to.equal(kind);
    expect(status.migration).to.be.greaterThan(1);
    expect(status.version).to.match(/^\d+(\.\d+)*$/);
  });

  it('counts what it holds: schemas once, versions and subjects by whether they are deleted', async () => {
    const ofAvro = async () => {
      const { subjects, types } = await store.countHoldings();
      return { subjects, ...types.find(({ type }) => type === 'AVRO') };
    };
    await add(aContent());
    const before = await ofAvro();
    const other = { context, subject: 'other' };
    await add(aContent('"long"'));
    await add(aContent('"long"'), other);
    await remove([1], false);
    await remove([1], false, other);
    const after = await ofAvro();
    expect(after.subjects.live).to.equal(before.subjects.live);
    expect(after.subjects.deleted).to.equal(before.subjects.deleted + 1);
    expect(after.schemas).to.equal((before.schemas ?? 0) + 1);
    expect(after.versions?.live).to.equal(before.versions?.live);
    expect(after.versions?.deleted).to.equal((before.versions?.deleted ?? 0) + 2);
  });

  if (layer !== 'bare') return;

  it('tells of every committed change', async () => {
    const told: unknown[] = [];
    const connected = new Promise<string>((resolve) => {
      store.watch({ changed: (change) => told.push(change), connected: resolve, lost() {} });
    });
    expect(await connected).to.match(/^\d+$/);
    await add(aContent());
    await store.changeSettings({ context, subject: '' }, () => ({}));
    await remove([1], false);
    await remove([1], true);
    const all = [name, { settingsOf: context }, name, { purged: true }, name];
    await eventually(() => expect(told).to.deep.equal(all));
  });

  if (kind === 'embedded') return;

  it('is migrated once by many servers that start together', async () => {
    url = (await postgres?.createDatabase('fresh')) ?? '';
    const several = [open(), open(), open(), open()];
    const reached = await Promise.all(several.map((database) => migrate(database)));
    expect(new Set(reached.map(({ migration }) => migration))).to.have.property('size', 1);
    await Promise.all(several.map((database) => database.close()));
  });

  it('is refused by a server older than its tables', async () => {
    url = (await postgres?.createDatabase('newer')) ?? '';
    const database = open();
    await migrate(database);
    await database.query({
      name: 'later',
      text: `insert into migrations (number, name) values (99, 'later')`,
    });
    const error = await migrate(database).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(DatabaseTooNew).with.property('message').that.includes('migration 99');
    await database.close();
  });
}
