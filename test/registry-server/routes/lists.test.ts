import { expect } from 'chai';
import { anAvroRecord } from '../../build/schema.ts';
import { startServer } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

interface Listed {
  readonly subject: string;
  readonly version: number;
  readonly aliases?: readonly string[];
}

describe('lists and aliases over HTTP', () => {
  const server = suiteServer();
  let count = 0;
  let p: string;

  beforeEach(() => {
    count += 1;
    p = `p${count}-`;
  });

  const register = async (subject: string, body: object = {}) =>
    (await server.ask('POST', `/subjects/${subject}/versions`, { schema: anAvroRecord('R'), ...body })).body;
  const get = async (path: string) => (await server.get(path)).body;
  const list = async (query: string) =>
    (await get(`/schemas?${query}`)).map(({ subject, version }: Listed) => `${subject} ${version}`);

  describe('GET /schemas', () => {
    beforeEach(async () => {
      await register(`${p}b`, { ruleSet: { domainRules: [{ name: 'r', type: 'CEL', mode: 'WRITE' }] } });
      await register(`${p}b`, { schema: anAvroRecord('R', ['a', 'b']), ruleSet: {} });
      await register(`${p}a`);
      await register(`:.c${count}:${p}c`);
      await server.ask('DELETE', `/subjects/${p}a`);
    });

    it('shows whole schemas by subject and version, of the default context unless it is told', async () => {
      const [first] = await get(`/schemas?subjectPrefix=${p}`);
      expect(first).to.deep.include({ subject: `${p}b`, version: 1, schema: anAvroRecord('R') });
      expect(first).to.include.keys('id', 'guid', 'ruleSet', 'schemaType', 'ts');
      expect(await list(`subjectPrefix=${p}`)).to.deep.equal([`${p}b 1`, `${p}b 2`]);
      expect(await list(`subjectPrefix=:*:${p}`)).to.deep.equal([
        `:.c${count}:${p}c 1`,
        `${p}b 1`,
        `${p}b 2`,
      ]);
      expect(await list(`subjectPrefix=:.c${count}:`)).to.deep.equal([`:.c${count}:${p}c 1`]);
    });

    it('filters, then pages', async () => {
      expect(await list(`subjectPrefix=${p}&deleted=true`)).to.deep.equal([`${p}a 1`, `${p}b 1`, `${p}b 2`]);
      expect(await list(`subjectPrefix=${p}&latestOnly=true`)).to.deep.equal([`${p}b 2`]);
      expect(await list(`subjectPrefix=${p}&ruleType=CEL`)).to.deep.equal([`${p}b 1`]);
      expect(await list(`subjectPrefix=${p}&deleted=true&offset=1&limit=1`)).to.deep.equal([`${p}b 1`]);
    });
  });

  it('has one order over all contexts: that of UTF-16, by the name with its context', async () => {
    const own = await startServer();
    await own.ready;
    try {
      const tails = [
        '',
        '-',
        'a',
        'B',
        '0',
        '~',
        ':',
        '/',
        'é',
        '\ud7ff',
        '\ue000',
        '\uffee',
        '\u{10000}',
        '\u{10fffd}',
      ];
      const heads = ['', 'a', '5', 'Z', ':', ':.', '\uf8ff', '\u{1f600}'];
      const names = heads.flatMap((head) => tails.map((tail) => head + tail)).filter((name) => name !== '');
      const contexts = ['', ':.a:', ':.a-b:', ':.A:', ':.\ue000:', ':.\u{10000}:'];
      const all = [...new Set(contexts.flatMap((context) => names.map((name) => context + name)))]
        .filter((name) => !/^:\.[^:]*:?$/.test(name))
        .sort();
      for (const name of all.toReversed()) {
        const at = `/subjects/${encodeURIComponent(name)}/versions`;
        expect((await own.ask('POST', at, { schema: '"int"' })).status, JSON.stringify(name)).to.equal(200);
      }
      const listed = async (path: string) => (await own.get(path)).body;
      const whole = await listed('/subjects');
      expect(whole).to.deep.equal(all);
      const paged = [];
      for (let offset = 0; offset < all.length; offset += 7) {
        paged.push(...(await listed(`/subjects?offset=${offset}&limit=7`)));
      }
      expect(paged).to.deep.equal(all);
      const schemas: Listed[] = await listed('/schemas?subjectPrefix=:*:');
      expect(schemas.map(({ subject }) => subject)).to.deep.equal(all);
      for (const context of ['', ...contexts]) {
        for (const prefix of ['', 'a', ':', '\ue000', '\u{1f600}']) {
          const wanted = all.filter((name) =>
            context === ''
              ? !/^:\./.test(name) && name.startsWith(prefix)
              : name.startsWith(context + prefix),
          );
          const subjectPrefix = encodeURIComponent(context + prefix);
          expect(await listed(`/subjects?subjectPrefix=${subjectPrefix}`)).to.deep.equal(wanted);
          const few: Listed[] = await listed(`/schemas?subjectPrefix=${subjectPrefix}&offset=1&limit=5`);
          expect(few.map(({ subject }) => subject)).to.deep.equal(wanted.slice(1, 6));
        }
      }
    } finally {
      await own.stop();
    }
  });

  it('writes a list that is longer than one part whole, and in order', async () => {
    const names = Array.from({ length: 130 }, (_, n) => `${p}${String(n).padStart(3, '0')}`);
    await Promise.all(names.map((name) => register(name)));
    expect(await list(`subjectPrefix=${p}`)).to.deep.equal(names.map((name) => `${name} 1`));
    expect(await list(`subjectPrefix=${p}&offset=3&limit=120`)).to.deep.equal(
      names.slice(3, 123).map((name) => `${name} 1`),
    );
    const { type } = await server.get(`/schemas?subjectPrefix=${p}`);
    expect(type).to.equal('application/vnd.schemaregistry.v1+json');
  });

  describe('an alias', () => {
    const alias = async (of: string, target: string) =>
      expect((await server.ask('PUT', `/config/${of}`, { alias: target })).body).to.deep.equal({
        alias: target,
      });

    it('stands for its subject in every path of subjects, and for reading ids', async () => {
      const { id } = await register(`${p}real`);
      await alias(`${p}alias`, `${p}real`);
      expect(await get(`/subjects/${p}alias/versions/latest`)).to.include({ id, subject: `${p}real` });
      expect(await get(`/subjects/${p}alias/versions`)).to.deep.equal([1]);
      expect(await get(`/schemas/ids/${id}?subject=${p}alias`)).to.include({ subject: `${p}real` });
      expect(await register(`${p}alias`, { schema: anAvroRecord('R', ['a', 'b']) })).to.include({
        version: 2,
      });
      const found = await server.ask('POST', `/subjects/${p}alias`, { schema: anAvroRecord('R') });
      expect(found.body).to.include({ subject: `${p}real`, version: 1 });
      const reader = {
        schema: '{"type":"array","items":"R"}',
        references: [{ name: 'R', subject: `${p}alias`, version: 1 }],
      };
      const { id: readerId } = await register(`${p}reader`, reader);
      expect(await get(`/subjects/${p}real/versions/1/referencedby`)).to.deep.equal([readerId]);
      expect((await server.ask('DELETE', `/subjects/${p}alias/versions/2`)).body).to.equal(2);
      expect(await get(`/subjects/${p}real/versions`)).to.deep.equal([1]);
    });

    it('has its own config and mode, and goes one step only', async () => {
      await register(`${p}real`);
      await alias(`${p}one`, `${p}real`);
      await alias(`${p}two`, `${p}one`);
      expect((await get(`/config/${p}real`)).error_code).to.equal(40408);
      expect((await get(`/subjects/${p}two/versions`)).error_code).to.equal(40401);
    });

    it('is seen at once where it is changed', async () => {
      await register(`${p}x`);
      await register(`${p}y`);
      await alias(`${p}alias`, `${p}x`);
      expect((await get(`/subjects/${p}alias/versions/1`)).subject).to.equal(`${p}x`);
      await alias(`${p}alias`, `${p}y`);
      expect((await get(`/subjects/${p}alias/versions/1`)).subject).to.equal(`${p}y`);
      await server.ask('PUT', `/config/${p}alias`, { alias: null });
      expect((await get(`/subjects/${p}alias/versions/1`)).error_code).to.equal(40401);
    });

    it('is listed with what it stands for', async () => {
      await register(`real-${p}`);
      await alias(`${p}alias`, `real-${p}`);
      const found: readonly Listed[] = await get(`/schemas?subjectPrefix=${p}&aliases=true`);
      expect(found.map(({ subject, aliases }) => [subject, aliases])).to.deep.equal([
        [`real-${p}`, [`${p}alias`]],
      ]);
    });

    it('is listed in the order of all, page by page, and as far behind the end as a client asks', async () => {
      const names = ['a', 'b', 'c', 'd'].map((name) => `${p}${name}`);
      for (const name of [...names, `0-${p}`, `z-${p}`]) await register(name);
      await register(`:.z:${p}`);
      await alias(`${p}x`, `z-${p}`);
      await alias(`${p}y`, `0-${p}`);
      await alias(`${p}z`, `:.z:${p}`);
      const all = [`0-${p}`, `:.z:${p}`, ...names, `z-${p}`];
      const listed = async (query: string) =>
        (await get(`/schemas?subjectPrefix=${p}&aliases=true${query}`)).map(({ subject }: Listed) => subject);
      expect(await listed('')).to.deep.equal(all);
      for (const offset of all.keys()) {
        expect(await listed(`&offset=${offset}&limit=2`)).to.deep.equal(all.slice(offset, offset + 2));
      }
      expect(await listed('&offset=2147483647')).to.deep.equal([]);
    });
  });
});
