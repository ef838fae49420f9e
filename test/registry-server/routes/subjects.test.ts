import { expect } from 'chai';
import { aJsonObject, anAvroRecord } from '../../build/schema.ts';
import type { Reply } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

describe('subjects and schemas over HTTP', () => {
  const server = suiteServer();
  let count = 0;
  let s: string;

  beforeEach(() => {
    count += 1;
    s = `subject-${count}`;
  });

  const register = (subject: string, body: Record<string, unknown>, query = '') =>
    server.ask('POST', `/subjects/${encodeURIComponent(subject)}/versions${query}`, body);
  const registerAvro = (subject: string, fields?: string[]) =>
    register(subject, { schema: anAvroRecord(`R${count}`, fields) });
  const expectError = (reply: Reply, code: number, ...words: string[]) => {
    expect(reply.body).to.have.keys('error_code', 'message');
    expect([reply.body.error_code, reply.status]).to.deep.equal([code, Number(String(code).slice(0, 3))]);
    for (const word of words) expect(reply.body.message).to.include(word);
  };

  describe('registration', () => {
    it('answers id, version, guid, type and schema', async () => {
      const schema = anAvroRecord(`R${count}`);
      const { status, body, type } = await register(s, { schema });
      expect(status).to.equal(200);
      expect(type).to.equal('application/vnd.schemaregistry.v1+json');
      expect(body).to.have.keys('id', 'version', 'guid', 'schemaType', 'schema');
      expect(body).to.include({ version: 1, schemaType: 'AVRO', schema });
      expect(body.guid).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    });

    it('gives content that the subject holds its old id and version, an older one too', async () => {
      const first = await registerAvro(s, ['a']);
      await registerAvro(s, ['a', 'b']);
      expect((await registerAvro(s, ['a'])).body).to.deep.equal(first.body);
      expect((await server.get(`/subjects/${s}/versions`)).body).to.deep.equal([1, 2]);
    });

    it('takes whitespace for nothing', async () => {
      const schema = anAvroRecord(`R${count}`);
      const { body } = await register(s, { schema });
      const again = await register(s, { schema: JSON.stringify(JSON.parse(schema), null, 4) });
      expect(again.body).to.deep.equal(body);
    });

    it('gives equal content in two subjects one id', async () => {
      const one = await registerAvro(s);
      const two = await registerAvro(`${s}-b`);
      expect(two.body).to.include({ id: one.body.id, guid: one.body.guid, version: 1 });
    });

    it('leaves no gap in ids after failures', async () => {
      const { body: before } = await registerAvro(s, ['a']);
      expectError(await register(s, { schema: '{"type":"nonsense"}' }), 42201);
      expectError(
        await register(s, { schema: anAvroRecord(`R${count}`, ['a', { name: 'b', type: 'int' }]) }),
        40901,
      );
      const { body: next } = await registerAvro(s, ['a', 'b']);
      expect(next.id).to.equal(before.id + 1);
      expect(next.version).to.equal(2);
    });

    it('refuses what the level forbids, in the words of the reference', async () => {
      await register(s, { schema: '"int"' });
      expectError(
        await register(s, { schema: '"string"' }),
        40901,
        `Schema being registered is incompatible with an earlier schema for subject "${s}", details: [`,
      );
      expect((await register(s, { schema: '"string"' }, '?force=true')).status).to.equal(200);
    });

    const refused: readonly (readonly [string, Record<string, unknown>, number])[] = [
      ['an empty request', {}, 42201],
      ['an empty schema', { schema: '' }, 42201],
      ['an unknown type', { schema: '"int"', schemaType: 'XML' }, 42201],
      ['a type named like a member of every object', { schema: '"int"', schemaType: '__proto__' }, 42201],
      ['a schema that is not text', { schema: { type: 'int' } }, 42201],
      ['references that are no list', { schema: '"int"', references: {} }, 42201],
      ['a reference without a name', { schema: '"int"', references: [{ subject: 'x', version: 1 }] }, 42201],
      [
        'a reference to nothing',
        { schema: '"int"', references: [{ name: 'x', subject: 'not there', version: 1 }] },
        42201,
      ],
      ['a version that is not the next', { schema: '"int"', version: 7 }, 42201],
      ['an id outside import mode', { schema: '"int"', id: 4 }, 42205],
      ['an id that is no number', { schema: '"int"', id: 'x' }, 400],
    ];
    for (const [title, body, code] of refused) {
      it(`refuses ${title}`, async () => {
        expectError(await register(s, body), code);
        expectError(await server.get(`/subjects/${s}/versions`), 40401);
      });
    }

    it('refuses a schema beyond the limit, and a body far beyond it', async () => {
      const long = (bytes: number) =>
        JSON.stringify({ type: 'fixed', name: 'f', size: 1, doc: 'x'.repeat(bytes) });
      expectError(await register(s, { schema: long(1_048_576) }), 42209);
      expectError(await register(s, { schema: long(4_000_000) }), 413);
      expect((await register(s, { schema: long(1_000_000) })).status).to.equal(200);
    });

    for (const subject of [
      '__GLOBAL',
      '__EMPTY',
      'tab\there',
      'a\u0000b',
      'x'.repeat(1025),
      ':.__GLOBAL:x',
      ':.ctx:',
    ]) {
      it(`refuses the subject ${JSON.stringify(subject.slice(0, 20))}`, async () => {
        expectError(await register(subject, { schema: '"int"' }), 42208, 'is not a valid.');
      });
    }

    for (const [method, path, body] of [
      ['GET', '/subjects/a%00b/versions'],
      ['GET', '/subjects/a%00b/versions/1'],
      ['POST', '/subjects/a%00b', { schema: '"int"' }],
      ['DELETE', '/subjects/a%00b'],
      ['GET', '/subjects/a%00b/metadata'],
      ['POST', '/compatibility/subjects/a%00b/versions', { schema: '"int"' }],
      ['GET', '/config/a%00b'],
      ['DELETE', '/config/a%00b'],
      ['GET', '/mode/:.a%00b:'],
      ['DELETE', '/mode/a%00b'],
      ['DELETE', '/contexts/a%00b'],
      ['GET', '/contexts/a%00b/subjects'],
    ] as const) {
      it(`finds nothing with a NUL in its name: ${method} ${path}`, async () => {
        expectError(await server.ask(method, path, body), 400);
      });
    }

    for (const subject of [
      'a/b',
      'a b',
      'ünï-✓-😀',
      '%2F',
      'a?b#c',
      '__proto__',
      'constructor',
      'latest',
      '-1',
      "'; drop table subjects; --",
    ]) {
      it(`keeps the subject ${subject} as it is`, async () => {
        const path = `/subjects/${encodeURIComponent(subject)}`;
        expect((await server.ask('POST', `${path}/versions`, { schema: '"int"' })).status).to.equal(200);
        expect((await server.get(`${path}/versions/latest`)).body.subject).to.equal(subject);
        expect((await server.get('/subjects')).body).to.include(subject);
      });
    }
  });

  describe('lookup', () => {
    const lookup = (body: unknown, query = '', subject = s) =>
      server.ask('POST', `/subjects/${subject}${query}`, body as object);

    for (const schema of ['', ' ', '\n\t \r', '\u0000\u001f', null, undefined]) {
      for (const schemaType of [undefined, 'JSON', 'PROTOBUF', 'AVRO', 'XML', '', 7]) {
        it(`finds nothing for ${JSON.stringify({ schema, schemaType })}`, async () => {
          const sent = { schema, schemaType, references: schemaType === 'JSON' ? [] : undefined };
          for (const query of ['', '?normalize=true', '?deleted=true', '?format=resolved']) {
            expectError(await lookup(sent, query), 40401, `Subject '${s}' not found.`);
          }
          await registerAvro(s);
          for (const query of ['', '?normalize=true', '?deleted=true', '?format=resolved']) {
            expectError(await lookup(sent, query), 40403, 'Schema not found');
          }
          await server.ask('DELETE', `/subjects/${s}`);
          expectError(await lookup(sent), 40401);
          expectError(await lookup(sent, '?deleted=true'), 40403);
        });
      }
    }

    it('still refuses what is no schema, and a type that does not exist', async () => {
      await registerAvro(s);
      expectError(await lookup({ schema: '"nonsense"' }), 42201);
      expectError(await lookup({ schema: '"int"', schemaType: 'XML' }), 42201);
      // Java's blanks end at the space: this one is text.
      expectError(await lookup({ schema: '\u00a0' }), 42201);
    });
  });

  describe('reading', () => {
    it('answers a version by number, latest and -1', async () => {
      const { body: registered } = await registerAvro(s, ['a']);
      await registerAvro(s, ['a', 'b']);
      const { ts, ...body } = (await server.get(`/subjects/${s}/versions/1`)).body;
      expect(body).to.deep.equal({ subject: s, ...registered });
      expect(Math.abs(Date.now() - ts)).to.be.lessThan(60_000);
      for (const wanted of ['latest', 'LATEST', '-1', '2', 'latest/']) {
        expect((await server.get(`/subjects/${s}/versions/${wanted}`)).body.version).to.equal(2);
      }
      const text = await server.get(`/subjects/${s}/versions/1/schema`);
      expect(text.text).to.equal(registered.schema);
    });

    for (const wanted of ['0', '-2', 'abc', '2147483648', '1.5', '99999999999999999999']) {
      it(`refuses the version ${wanted}`, async () => {
        await registerAvro(s);
        expectError(await server.get(`/subjects/${s}/versions/${wanted}`), 42202, `'${wanted}'`, '2^31-1');
      });
    }

    it('tells an unknown subject from an unknown version', async () => {
      await registerAvro(s);
      expectError(await server.get(`/subjects/${s}/versions/2`), 40402, 'Version 2 not found.');
      expectError(
        await server.get(`/subjects/none-${s}/versions/1`),
        40401,
        `Subject 'none-${s}' not found.`,
      );
      expectError(await server.get(`/subjects/none-${s}/versions`), 40401);
    });

    it('answers a schema by id, with the subject only when it was named', async () => {
      const { body: registered } = await registerAvro(s);
      const { id, version, ...content } = registered;
      expect((await server.get(`/schemas/ids/${id}`)).body).to.deep.equal(content);
      const { ts: _, ...named } = (await server.get(`/schemas/ids/${id}?subject=${s}`)).body;
      expect(named).to.deep.equal({ subject: s, version, ...content });
      expect((await server.get(`/schemas/ids/${id}/schema`)).text).to.equal(content.schema);
      expect((await server.get(`/schemas/ids/${id}/subjects`)).body).to.deep.equal([s]);
      expect((await server.get(`/schemas/ids/${id}/versions`)).body).to.deep.equal([
        { subject: s, version: 1 },
      ]);
      expect((await server.get(`/schemas/guids/${content.guid}`)).body).to.deep.equal(content);
      expect((await server.get(`/schemas/guids/${content.guid}/ids`)).body).to.deep.equal([
        { context: '.', id },
      ]);
    });

    it('knows neither ids nor guids that it did not give', async () => {
      expectError(await server.get('/schemas/ids/2000000'), 40403, 'Schema 2000000 not found');
      expectError(await server.get('/schemas/ids/0'), 40403);
      expectError(await server.get('/schemas/ids/-1'), 40403);
      expectError(await server.get('/schemas/guids/not-one'), 40403);
      for (const id of ['abc', '1.5', '99999999999']) {
        expectError(await server.get(`/schemas/ids/${id}`), 404, 'HTTP 404 Not Found');
      }
    });

    it('lists subjects by prefix, page and state', async () => {
      for (const name of ['a', 'b', 'c']) await registerAvro(`${s}/${name}`);
      await server.ask('DELETE', `/subjects/${s}%2Fb`);
      const list = async (query: string) =>
        (await server.get(`/subjects?subjectPrefix=${s}/${query}`)).body.map((name: string) =>
          name.slice(-1),
        );
      expect(await list('')).to.deep.equal(['a', 'c']);
      expect(await list('&deleted=true')).to.deep.equal(['a', 'b', 'c']);
      expect(await list('&deletedOnly=true&deleted=true')).to.deep.equal(['b']);
      expect(await list('&offset=1&limit=1')).to.deep.equal(['c']);
      expect(await list('&limit=-1')).to.deep.equal(['a', 'c']);
      // A Java int: what clients send for "all".
      expect(await list('&limit=2147483647&offset=0')).to.deep.equal(['a', 'c']);
      expectError(await server.get('/subjects?limit=2147483648'), 404, 'HTTP 404 Not Found');
    });

    it('looks a schema up', async () => {
      const { body: registered } = await registerAvro(s, ['a']);
      const look = (subject: string, fields: string[], query = '') =>
        server.ask('POST', `/subjects/${subject}${query}`, { schema: anAvroRecord(`R${count}`, fields) });
      expect((await look(s, ['a'])).body).to.deep.include({ subject: s, ...registered });
      expectError(await look(s, ['other']), 40403, 'Schema not found');
      expectError(await look(`none-${s}`, ['a']), 40401);
      expectError(await server.ask('POST', `/subjects/${s}`, { schema: 'nonsense' }), 42201);
      await server.ask('DELETE', `/subjects/${s}`);
      expectError(await look(s, ['a']), 40401);
      expect((await look(s, ['a'], '?deleted=true')).body).to.deep.include({
        subject: s,
        ...registered,
        deleted: true,
      });
    });

    it('tells contexts apart, with ids of their own', async () => {
      const one = await registerAvro(`:.one-${s}:x`);
      const two = await registerAvro(`:.two-${s}:x`, ['other']);
      expect([one.body.id, two.body.id]).to.deep.equal([1, 1]);
      expect((await server.get('/contexts')).body).to.include.members(['.', `.one-${s}`, `.two-${s}`]);
      expect((await server.get('/subjects')).body).to.include(`:.one-${s}:x`);
      const stored = await server.get(`/schemas/ids/1?subject=:.two-${s}:`);
      expect(stored.body.schema).to.equal(two.body.schema);
    });
  });

  describe('deletion', () => {
    beforeEach(async () => {
      await registerAvro(s, ['a']);
      await registerAvro(s, ['a', 'b']);
    });

    it('hides a version, then removes it', async () => {
      const at = `/subjects/${s}/versions/2`;
      const { id } = (await server.get(at)).body;
      expectError(await server.ask('DELETE', `${at}?permanent=true`), 40407);
      expect((await server.ask('DELETE', at)).text).to.equal('2');
      expectError(
        await server.ask('DELETE', at),
        40406,
        `Subject '${s}' Version 2 was soft deleted.Set permanent=true to delete permanently`,
      );
      expectError(await server.get(at), 40402);
      expect((await server.get(`${at}?deleted=true`)).body.deleted).to.equal(true);
      expect((await server.get(`/subjects/${s}/versions/latest`)).body.version).to.equal(1);
      expect((await server.get(`/subjects/${s}/versions?deletedAsNegative=true`)).body).to.deep.equal([
        1, -2,
      ]);
      expect((await server.get(`/subjects/${s}/versions?deletedOnly=true`)).body).to.deep.equal([2]);
      expect((await server.get(`/schemas/ids/${id}`)).status).to.equal(200);
      expect((await server.get(`/schemas/ids/${id}/versions`)).body).to.deep.equal([]);
      expect((await server.ask('DELETE', `${at}?permanent=true`)).body).to.equal(2);
      expectError(await server.get(`${at}?deleted=true`), 40402);
      expectError(await server.get(`/schemas/ids/${id}`), 40403);
    });

    it('never means a soft-deleted version by latest, even when those are shown', async () => {
      const latest = `/subjects/${s}/versions/latest`;
      await server.ask('DELETE', `/subjects/${s}/versions/2`);
      expect((await server.get(`${latest}?deleted=true`)).body.version).to.equal(1);
      await server.ask('DELETE', `/subjects/${s}/versions/1`);
      expectError(await server.get(latest), 40401);
      expectError(await server.get(`${latest}?deleted=true`), 40402, 'Version -1 not found.');
      expectError(await server.ask('DELETE', latest), 40402, 'Version -1 not found.');
      expectError(await server.ask('DELETE', `${latest}?permanent=true`), 40402);
      expect((await server.get(`/subjects/${s}/versions?deleted=true`)).body).to.deep.equal([1, 2]);
    });

    it('lists nothing where a subject has no deleted version, and knows the subject all the same', async () => {
      expect((await server.get(`/subjects/${s}/versions?deletedOnly=true`)).body).to.deep.equal([]);
      expectError(await server.get(`/subjects/none-${s}/versions?deletedOnly=true`), 40401);
    });

    it('hides a subject, then removes it; versions then start at 1 with ids never used before', async () => {
      const { id } = (await server.get(`/subjects/${s}/versions/2`)).body;
      expectError(await server.ask('DELETE', `/subjects/${s}?permanent=true`), 40405);
      expect((await server.ask('DELETE', `/subjects/${s}`)).body).to.deep.equal([1, 2]);
      expectError(
        await server.ask('DELETE', `/subjects/${s}`),
        40404,
        `Subject '${s}' was soft deleted.Set permanent=true to delete permanently`,
      );
      expectError(await server.get(`/subjects/${s}/versions`), 40401);
      expect((await server.get(`/subjects/${s}/versions?deleted=true`)).body).to.deep.equal([1, 2]);
      expect((await server.ask('DELETE', `/subjects/${s}?permanent=true`)).body).to.deep.equal([1, 2]);
      expectError(await server.ask('DELETE', `/subjects/${s}?permanent=true`), 40401);
      const { body } = await registerAvro(s, ['z']);
      expect(body.version).to.equal(1);
      expect(body.id).to.be.greaterThan(id);
    });

    it('gives content that comes back a new version and its old id', async () => {
      const { id } = (await server.get(`/subjects/${s}/versions/2`)).body;
      await server.ask('DELETE', `/subjects/${s}/versions/2`);
      expect((await registerAvro(s, ['a', 'b'])).body).to.include({ id, version: 3 });
      expect((await server.get(`/subjects/${s}/versions?deleted=true`)).body).to.deep.equal([1, 3]);
    });

    it('does not judge against what is deleted', async () => {
      await server.ask('DELETE', `/subjects/${s}`);
      expect((await register(s, { schema: '"string"' })).body.version).to.equal(3);
    });

    it('knows only what is there', async () => {
      expectError(await server.ask('DELETE', `/subjects/none-${s}`), 40401);
      expectError(await server.ask('DELETE', `/subjects/none-${s}/versions/1`), 40401);
      expectError(await server.ask('DELETE', `/subjects/${s}/versions/9`), 40402);
      expectError(await server.ask('DELETE', `/subjects/${s}/versions/x`), 42202);
      expect((await server.ask('DELETE', `/subjects/${s}/versions/latest`)).body).to.equal(2);
    });
  });

  describe('references', () => {
    const reference = (version = 1) => ({ name: 'Base', subject: `${s}-base`, version });
    const user = JSON.stringify({ type: 'record', name: 'User', fields: [{ name: 'base', type: 'Base' }] });
    beforeEach(async () => {
      await register(`${s}-base`, { schema: anAvroRecord('Base') });
    });

    it('resolve, are shown with their number, and are listed at their target', async () => {
      const { body } = await register(s, { schema: user, references: [reference(-1)] });
      expect(body.references).to.deep.equal([reference(1)]);
      expect((await server.get(`/schemas/ids/${body.id}`)).body.references).to.deep.equal([reference(1)]);
      expect((await server.get(`/subjects/${s}/versions/1`)).body.references).to.deep.equal([reference(1)]);
      expect((await server.get(`/subjects/${s}-base/versions/1/referencedby`)).body).to.deep.equal([body.id]);
    });

    it('hold their target: it cannot be deleted before the schema that needs it', async () => {
      await register(s, { schema: user, references: [reference()] });
      const base = `/subjects/${s}-base`;
      const words = `{magic=1,keytype=SCHEMA,subject=${s}-base,version=1}`;
      expectError(await server.ask('DELETE', base), 42206, words);
      expectError(await server.ask('DELETE', `${base}/versions/1`), 42206, words);
      await server.ask('DELETE', `/subjects/${s}`);
      expect((await server.ask('DELETE', base)).status).to.equal(200);
      expect((await server.get(`${base}/versions/1/referencedby`)).body).to.deep.equal([]);
      expect((await server.get(`${base}/versions/1/referencedby?deleted=true`)).body).to.have.length(1);
      expectError(await server.ask('DELETE', `${base}?permanent=true`), 42206);
      await server.ask('DELETE', `/subjects/${s}?permanent=true`);
      expect((await server.ask('DELETE', `${base}?permanent=true`)).body).to.deep.equal([1]);
    });

    it('count as content: the same text with another target is another schema', async () => {
      await register(`${s}-base`, { schema: anAvroRecord('Base', ['a', 'b']) });
      const one = await register(s, { schema: user, references: [reference(1)] });
      const two = await register(s, { schema: user, references: [reference(2)] });
      expect(two.body.id).not.to.equal(one.body.id);
      expect(two.body.version).to.equal(2);
    });
  });

  describe('compatibility checks', () => {
    const check = (subject: string, wanted: string, schema: string, query = '') =>
      server.ask('POST', `/compatibility/subjects/${subject}/versions${wanted}${query}`, { schema });

    it('answer for one version, for the latest, and for all that the level demands', async () => {
      await register(s, { schema: '"int"' });
      await register(s, { schema: '"long"' });
      for (const wanted of ['/1', '/latest', '']) {
        expect((await check(s, wanted, '"long"')).body).to.deep.equal({ is_compatible: true });
        expect((await check(s, wanted, '"boolean"')).body).to.deep.equal({ is_compatible: false });
      }
      expect((await check(s, '/1', '"int"')).body.is_compatible).to.equal(true);
      expect((await check(s, '/2', '"int"')).body.is_compatible).to.equal(false);
    });

    it('say why when asked', async () => {
      await register(s, { schema: '"int"' });
      const { body } = await check(s, '/latest', '"boolean"', '?verbose=true');
      expect(body.messages.at(-1)).to.include('BACKWARD');
      expect((await check(s, '/latest', '"int"', '?verbose=true')).body).to.deep.equal({
        is_compatible: true,
        messages: [],
      });
      const unreadable = await check(s, '/latest', '"nonsense"', '?verbose=true');
      expect(unreadable.status).to.equal(200);
      expect(unreadable.body.is_compatible).to.equal(false);
      expectError(await check(s, '/latest', '"nonsense"'), 42201);
    });

    it('call an empty schema by its name, as a registration does', async () => {
      await register(s, { schema: '"int"' });
      for (const [schema, schemaType] of [
        ['', 'AVRO'],
        [' ', 'JSON'],
        ['', 'PROTOBUF'],
        ['', 'XML'],
      ] as const) {
        const { body } = await register(`new-${s}`, { schema, schemaType });
        expect(body).to.deep.equal({ error_code: 42201, message: 'Empty schema' });
        const at = `/compatibility/subjects/${s}/versions`;
        const { body: told } = await server.ask('POST', `${at}?verbose=true`, { schema, schemaType });
        expect(told).to.deep.equal({ is_compatible: false, messages: ['Empty schema'] });
        expectError(await server.ask('POST', at, { schema, schemaType }), 42201, 'Empty schema');
      }
    });

    it('find anything compatible with nothing', async () => {
      for (const wanted of ['/latest', '']) {
        expect((await check(s, wanted, '"int"')).body).to.deep.equal({ is_compatible: true });
      }
      expectError(await check(s, '/1', '"int"'), 40402);
      expectError(await check(s, '/0', '"int"'), 42202);
    });
  });

  it('speaks JSON Schema too', async () => {
    const schema = aJsonObject({ a: { type: 'string' } });
    const { body } = await register(s, { schema, schemaType: 'JSON' });
    expect(body).to.include({ schemaType: 'JSON', schema });
    expectError(
      await register(s, { schema: aJsonObject({ a: { type: 'integer' } }), schemaType: 'JSON' }),
      40901,
    );
  });
});
