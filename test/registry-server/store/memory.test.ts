import { expect } from 'chai';
import { cachedStore } from '../../../registry-server/store/cached.ts';
import { sqlStore } from '../../../registry-server/store/sql-store.ts';
import type {
  Change,
  ChangeListener,
  SchemaContent,
  Store,
  SubjectState,
} from '../../../registry-server/store/store.ts';
import { databases } from '../../../registry-server/store/table.ts';
import type { SubjectName } from '../../../registry-server/subject-name.ts';

const looks = [
  'readSubject',
  'findSchema',
  'listSchemasByGuid',
  'findDigest',
  'findIdOf',
  'listIdsOfText',
  'listIdsWithReferences',
  'findLastId',
  'listSettings',
  'listSubjects',
  'listVersions',
  'listContextsOf',
  'listAliases',
  'listUses',
  'listReferrers',
  'listContexts',
  'countHoldings',
] as const satisfies readonly (keyof Store)[];
const life = [
  'kind',
  'migrate',
  'watch',
  'status',
  'poolUsage',
  'volume',
  'close',
] as const satisfies readonly (keyof Store)[];

type Write = Exclude<keyof Store, (typeof looks)[number] | (typeof life)[number]>;
type Feed = 'held' | 'cut' | 'alive';

const contents: readonly SchemaContent[] = ['int', 'long', 'float', 'double', 'string', 'bytes'].map(
  (name) => ({
    schemaType: 'AVRO',
    schema: JSON.stringify(name),
    references: [],
  }),
);
const [a, b, c, d, e, f] = contents as [
  SchemaContent,
  SchemaContent,
  SchemaContent,
  SchemaContent,
  SchemaContent,
  SchemaContent,
];

interface Case {
  readonly title: string;
  /** What is there before, beside subjects `s` (a, b) and `t` (a). */
  readonly before?: (store: Store, context: string) => Promise<unknown>;
  readonly write: (store: Store, context: string) => Promise<unknown>;
}

async function add(store: Store, name: SubjectName, content: SchemaContent) {
  const judgedAgainst = await store.readSubject(name, 'now');
  return store.addVersion({ name, judgedAgainst, content, targets: [] });
}

async function importAs(
  store: Store,
  name: SubjectName,
  content: SchemaContent,
  id: number,
  version: number,
) {
  const judgedAgainst = await store.readSubject(name, 'now');
  return store.importVersion({ name, judgedAgainst, content, targets: [], id, version });
}

const remove = (store: Store, name: SubjectName, versions: number[], isPermanent: boolean) =>
  store.removeVersions(name, () => ({ versions, isPermanent }));

async function empty(store: Store, context: string): Promise<void> {
  for (const subject of ['s', 't', 'u']) {
    const { versions } = await store.readSubject({ context, subject }, 'now');
    if (versions.length === 0) continue;
    await remove(
      store,
      { context, subject },
      versions.map(({ version }) => version),
      true,
    );
  }
}

/** A method that is added to the interface needs its cases here, or its place above. */
const cases: { readonly [method in Write]: readonly Case[] } = {
  addVersion: [
    {
      title: 'to a subject that is there',
      write: (store, context) => add(store, { context, subject: 's' }, c),
    },
    { title: 'to a new subject', write: (store, context) => add(store, { context, subject: 'u' }, c) },
    {
      title: 'in the place of one that was deleted',
      before: (store, context) => remove(store, { context, subject: 's' }, [1], false),
      write: (store, context) => add(store, { context, subject: 's' }, a),
    },
  ],
  importVersion: [
    { title: 'of a new id', write: (store, context) => importAs(store, { context, subject: 'u' }, d, 50, 7) },
    {
      title: 'over a version that is there',
      write: (store, context) => importAs(store, { context, subject: 's' }, d, 60, 1),
    },
    {
      title: 'of a content that has an id',
      write: (store, context) => importAs(store, { context, subject: 'u' }, a, 70, 1),
    },
  ],
  removeVersions: [
    { title: 'softly', write: (store, context) => remove(store, { context, subject: 's' }, [2], false) },
    { title: 'for good', write: (store, context) => remove(store, { context, subject: 's' }, [2], true) },
    {
      title: 'for good, with the subject and its settings',
      before: (store, context) =>
        store.changeSettings({ context, subject: 's' }, () => ({ config: { compatibility: 'NONE' } })),
      write: (store, context) => remove(store, { context, subject: 's' }, [1, 2], true),
    },
    {
      title: 'for good, twice, the highest id of the context first',
      before: (store, context) => remove(store, { context, subject: 's' }, [2], true),
      write: (store, context) => remove(store, { context, subject: 't' }, [1], true),
    },
  ],
  changeSettings: [
    {
      title: 'of a subject',
      write: (store, context) =>
        store.changeSettings({ context, subject: 's' }, () => ({ mode: 'READONLY' })),
    },
    {
      title: 'of a context',
      write: (store, context) => store.changeSettings({ context, subject: '' }, () => ({ mode: 'READONLY' })),
    },
    {
      title: 'of all',
      write: (store) =>
        store.changeSettings({ context: '.__GLOBAL', subject: '' }, ({ global }) => ({
          config: { normalize: global.config?.normalize !== true },
        })),
    },
  ],
  removeContext: [
    {
      title: 'that is empty',
      before: empty,
      write: (store, context) => store.removeContext(context),
    },
    {
      title: 'that holds a schema which no version has',
      before: async (store, context) => {
        await importAs(store, { context, subject: 'u' }, d, 80, 1);
        await importAs(store, { context, subject: 'u' }, e, 81, 1);
        await empty(store, context);
      },
      write: (store, context) => store.removeContext(context),
    },
    {
      title: 'with settings',
      before: async (store, context) => {
        await store.changeSettings({ context, subject: '' }, () => ({ config: { compatibility: 'FULL' } }));
        await empty(store, context);
      },
      write: (store, context) => store.removeContext(context),
    },
    {
      title: 'that is not empty',
      write: (store, context) => store.removeContext(context),
    },
  ],
};

/** The change feed of one replica, between the database's and its memory. */
function openGate(truth: Store, readPurges: () => Promise<string>) {
  let listener: ChangeListener | undefined;
  let feed: Feed = 'cut';
  const kept: Change[] = [];
  return {
    store: {
      ...truth,
      watch(given: ChangeListener) {
        listener = given;
      },
    } satisfies Store,
    hear(change: Change) {
      if (feed === 'held') kept.push(change);
      if (feed === 'alive') listener?.changed(change);
    },
    async turn(to: Feed) {
      if (to === 'cut' && feed !== 'cut') listener?.lost();
      if (to !== 'cut' && feed === 'cut') listener?.connected(await readPurges());
      feed = to;
      if (to === 'alive') for (const change of kept.splice(0)) listener?.changed(change);
    },
  };
}

describe('what memory holds after a write', () => {
  const database = databases.embedded();
  const truth = sqlStore(database);
  let contexts = 0;
  const heard: Change[] = [];
  let hear: (change: Change) => void = () => {};

  before(async () => {
    await truth.migrate();
    await new Promise<void>((resolve) => {
      truth.watch({
        changed(change) {
          heard.push(change);
          hear(change);
        },
        connected: () => resolve(),
        lost() {},
      });
    });
  });
  after(() => truth.close());

  async function readPurges(): Promise<string> {
    const [row] = await database.query<{ purges: string }>({
      name: 'purges',
      text: 'select purges::text as purges from registry',
    });
    return row?.purges ?? '';
  }

  it('is looked at after every write of the interface', () => {
    const methods = Object.keys(truth).filter(
      (method) => ![...looks, ...life].some((known) => known === method),
    );
    expect(methods.toSorted()).to.deep.equal(Object.keys(cases).toSorted());
  });

  async function openReplica() {
    const gate = openGate(truth, readPurges);
    const store = cachedStore(gate.store, { maxEntries: 1_000, shared: undefined, wasRead: () => {} });
    store.watch({ changed() {}, connected() {}, lost() {} });
    await gate.turn('alive');
    return { gate, store };
  }
  type Replica = Awaited<ReturnType<typeof openReplica>>;

  const names = (context: string) =>
    ['', 's', 't', 'u'].map((subject) => ({ context, subject }) satisfies SubjectName);
  const ids = [1, 2, 3, 4, 5, 50, 51, 60, 61, 70, 71, 80, 81, 82, 83];

  const shown = ({ versions, settings, lastVersion }: SubjectState) => ({ versions, settings, lastVersion });

  /** Looks at everything, so that it is remembered, and compares it with what the database has. */
  async function look({ store }: Replica, context: string): Promise<void> {
    for (const name of names(context)) {
      const now = shown(await truth.readSubject(name, 'now'));
      const held = store.peekSubject(name);
      if (held) expect(shown(held), `held of ${name.subject}`).to.deep.equal(now);
      const guess = await store.readSubject(name, 'guess');
      // A name that was never met may be taken for new, under the settings of its context.
      if (guess.revision !== '0') expect(shown(guess), `guess of ${name.subject}`).to.deep.equal(now);
      else expect(guess.settings.context).to.deep.equal(now.settings.context);
      expect(shown(await store.readSubject(name, 'recent')), name.subject).to.deep.equal(now);
    }
    for (const id of ids) {
      const stored = await truth.findSchema(context, id);
      if (store.peekSchema(context, id)) expect(store.peekSchema(context, id)).to.deep.equal(stored);
      expect(await store.findSchema(context, id), `schema ${id}`).to.deep.equal(stored);
    }
    for (const content of contents) {
      const id = await truth.findIdOf(context, content);
      expect(await store.findIdOf(context, content), `id of ${content.schema}`).to.equal(id);
    }
  }

  /** Until the database has told of everything that was written before. */
  async function isTold(): Promise<void> {
    const mark = { settingsOf: `.mark${contexts}-${heard.length}` };
    await database.query({ name: 'mark', text: `select pg_notify('schema_registry', $1)` }, [
      JSON.stringify(mark),
    ]);
    while (!heard.some((change) => 'settingsOf' in change && change.settingsOf === mark.settingsOf)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  for (const [method, variants] of Object.entries(cases)) {
    for (const { title, before: prepare, write } of variants) {
      for (const feed of ['held', 'cut', 'alive'] as const) {
        it(`${method} ${title}, with the feed ${feed}`, async () => {
          contexts += 1;
          const context = `.c${contexts}`;
          const [writer, other] = [await openReplica(), await openReplica()];
          hear = (change) => {
            writer.gate.hear(change);
            other.gate.hear(change);
          };
          const { store } = writer;
          await add(store, { context, subject: 's' }, a);
          await add(store, { context, subject: 's' }, b);
          await add(store, { context, subject: 't' }, a);
          await prepare?.(store, context);
          await isTold();
          const given = new Map<number, string>();
          const noteIds = async () => {
            for (const id of ids) {
              const schema = (await truth.findSchema(context, id))?.schema;
              if (schema === undefined) continue;
              expect(given.get(id) ?? schema, `another schema under id ${id}`).to.equal(schema);
              given.set(id, schema);
            }
          };
          await noteIds();
          for (const replica of [writer, other]) await look(replica, context);

          await writer.gate.turn(feed);
          await other.gate.turn(feed);
          const lastId = await truth.findLastId(context);
          await write(store, context);
          await look(writer, context);
          await noteIds();

          // An id that is given now was never given before.
          const added = await add(store, { context, subject: 'v' }, f);
          expect(added?.id).to.be.greaterThan(lastId);
          await look(writer, context);
          await noteIds();

          await isTold();
          await writer.gate.turn('alive');
          await other.gate.turn('alive');
          for (const replica of [writer, other]) await look(replica, context);
        });
      }
    }
  }
});
