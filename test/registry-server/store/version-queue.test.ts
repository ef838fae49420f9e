import { expect } from 'chai';
import { sqlStore } from '../../../registry-server/store/sql-store.ts';
import type { Store } from '../../../registry-server/store/store.ts';
import { databases } from '../../../registry-server/store/table.ts';

describe('versions that are written together', () => {
  let store: Store;
  let context: string;
  let count = 0;
  const statements: string[] = [];

  before(async () => {
    const database = databases.embedded();
    store = sqlStore({
      ...database,
      query(statement, values) {
        statements.push(statement.name ?? '');
        return database.query(statement, values);
      },
    });
    await store.migrate();
  });
  after(() => store.close());
  beforeEach(() => {
    count += 1;
    context = `.${count}`;
    statements.splice(0);
  });

  async function add(subject: string, schema: string) {
    const name = { context, subject };
    const judgedAgainst = await store.readSubject(name, 'now');
    return () =>
      store.addVersion({
        name,
        judgedAgainst,
        content: { schemaType: 'AVRO', schema, references: [] },
        targets: [],
      });
  }
  const numbers = (length: number) => Array.from({ length }, (_, i) => i + 1);

  it('get ids without gap or repeat, in fewer statements', async () => {
    const adds = await Promise.all(numbers(40).map((i) => add(`s${i}`, `"${i}"`)));
    statements.splice(0);
    const added = await Promise.all(adds.map((write) => write()));
    expect(added.map((one) => one?.id).toSorted((a = 0, b = 0) => a - b)).to.deep.equal(numbers(40));
    expect(new Set(added.map((one) => one?.version))).to.deep.equal(new Set([1]));
    expect(statements.filter((name) => name.startsWith('add')).length).to.be.below(10);
  });

  it('share an id when they are equal', async () => {
    const adds = await Promise.all(numbers(10).map((i) => add(`s${i}`, '"same"')));
    const added = await Promise.all(adds.map((write) => write()));
    expect(added).to.deep.equal(numbers(10).map(() => ({ id: 1, version: 1 })));
  });

  it('are judged one by one: of two against the same state, one is not written', async () => {
    const write = [await add('s', '"a"'), await add('s', '"b"'), await add('t', '"c"')];
    const added = await Promise.all(write.map((one) => one()));
    expect(added).to.deep.include(undefined);
    expect(added.filter((one) => one !== undefined)).to.have.length(2);
    expect((await store.readSubject({ context, subject: 's' }, 'now')).versions).to.have.length(1);
  });

  it('do not fail for each other', async () => {
    const adds = await Promise.all([add('s', '"a"'), add('t', '"\u0000"'), add('u', '"c"')]);
    const added = await Promise.allSettled(adds.map((write) => write()));
    expect(added.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.readSubject({ context, subject: 't' }, 'now')).versions).to.deep.equal([]);
    expect((await (await add('v', '"d"'))())?.id).to.equal(3);
  });
});
