import { expect } from 'chai';
import { cachedStore } from '../../../registry-server/store/cached.ts';
import { sqlStore } from '../../../registry-server/store/sql-store.ts';
import type { ChangeListener, SchemaContent, Store } from '../../../registry-server/store/store.ts';
import { databases } from '../../../registry-server/store/table.ts';

/** A store in memory behind a cache whose change feed is ours to play. */
describe('the cache before the store', () => {
  let bare: Store;
  let store: ReturnType<typeof cachedStore>;
  let feed: ChangeListener;
  const read: string[] = [];
  const name = { context: '.', subject: 's' };
  const content: SchemaContent = { schemaType: 'AVRO', schema: '"int"', references: [] };

  before(async () => {
    bare = sqlStore(databases.embedded());
    await bare.migrate();
    const watched: Store = {
      ...bare,
      readSubject(of, asOf) {
        read.push(`subject ${of.subject}`);
        return bare.readSubject(of, asOf);
      },
      findIdOf(context, wanted) {
        read.push('id');
        return bare.findIdOf(context, wanted);
      },
      watch(listener) {
        feed = listener;
        listener.connected('0');
      },
    };
    store = cachedStore(watched, { maxEntries: 100, shared: undefined, wasRead: () => {} });
    store.watch({ changed() {}, connected() {}, lost() {} });
  });
  after(() => bare.close());
  beforeEach(() => read.splice(0));

  it('takes a name that it never met for new, under the settings of its context', async () => {
    await bare.changeSettings({ context: '.', subject: '' }, () => ({ config: { compatibility: 'FULL' } }));
    feed.changed({ settingsOf: '.' });
    const guessed = await store.readSubject(name, 'guess');
    expect(guessed).to.include({ revision: '0', lastVersion: 0 });
    expect(guessed.settings.context.config).to.deep.equal({ compatibility: 'FULL' });
    await store.readSubject({ context: '.', subject: 't' }, 'guess');
    expect(read).to.deep.equal(['subject ']);
  });

  it('is told when the guess was wrong, and nothing is written', async () => {
    const guessed = await store.readSubject(name, 'guess');
    expect(await store.addVersion({ name, judgedAgainst: guessed, content, targets: [] })).to.deep.equal({
      id: 1,
      version: 1,
    });
    expect(await store.addVersion({ name, judgedAgainst: guessed, content, targets: [] })).to.equal(
      undefined,
    );
    expect((await bare.readSubject(name, 'now')).versions).to.have.length(1);
  });

  it('does not guess about what it met', async () => {
    expect((await store.readSubject(name, 'guess')).lastVersion).to.equal(1);
    await store.readSubject(name, 'guess');
    expect(read).to.deep.equal(['subject s']);
  });

  it('keeps the id of a content until schemas are removed for good, or the feed is lost', async () => {
    const ask = async () => {
      read.splice(0);
      expect(await store.findIdOf('.', content)).to.equal(1);
      return read.length;
    };
    expect([await ask(), await ask()]).to.deep.equal([1, 0]);
    feed.changed({ purged: true });
    expect([await ask(), await ask()]).to.deep.equal([1, 0]);
    feed.lost();
    expect([await ask(), await ask()]).to.deep.equal([1, 1]);
    feed.connected('0');
    expect([await ask(), await ask()]).to.deep.equal([1, 0]);
  });

  it('shows what it holds, and nothing about subjects while the feed is lost', async () => {
    const state = await store.readSubject(name, 'recent');
    const schema = await store.findSchema('.', 1);
    expect([store.peekSubject(name), store.peekSchema('.', 1)]).to.deep.equal([state, schema]);
    feed.lost();
    expect([store.peekSubject(name), store.peekSchema('.', 1)]).to.deep.equal([undefined, schema]);
    await store.readSubject(name, 'now');
    expect(store.peekSubject(name)).to.equal(undefined);
    feed.connected('0');
  });
});
