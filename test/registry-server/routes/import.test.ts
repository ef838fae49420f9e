import { expect } from 'chai';
import { anAvroRecord } from '../../build/schema.ts';
import { suiteServer } from '../../build/suite-server.ts';

describe('import mode over HTTP', () => {
  const server = suiteServer();
  let count = 0;
  let ctx: string;
  let s: string;

  beforeEach(() => {
    count += 1;
    ctx = `:.import-${count}:`;
    s = `${ctx}s`;
  });

  const put = (path: string, body: unknown) => server.ask('PUT', path, body);
  const importing = async (of = ctx) => {
    expect((await put(`/mode/${of}`, { mode: 'IMPORT' })).body).to.deep.equal({ mode: 'IMPORT' });
  };
  const register = async (body: object, subject = s) =>
    (await server.ask('POST', `/subjects/${subject}/versions`, { schema: anAvroRecord('R'), ...body })).body;
  const get = async (path: string) => (await server.get(path)).body;

  it('keeps ids and numbers as they were elsewhere, in any order', async () => {
    await importing();
    expect(await register({ id: 70, version: 9 })).to.include({ id: 70, version: 9 });
    expect(await register({ id: 12, version: 4, schema: anAvroRecord('S') })).to.include({
      id: 12,
      version: 4,
    });
    expect(await get(`/subjects/${s}/versions`)).to.deep.equal([4, 9]);
    expect((await get(`/schemas/ids/12?subject=${ctx}`)).schema).to.equal(anAvroRecord('S'));
    expect((await get(`/subjects/${s}/versions/latest`)).id).to.equal(70);
  });

  it('leaves no number after the highest there is, and says so', async () => {
    const highest = 2_147_483_647;
    const ofIds = `${ctx}ids`;
    const ofVersions = `:.versions-of-${count}:s`;
    await importing();
    await importing(`:.versions-of-${count}:`);
    expect(await register({ id: highest, version: 1 }, ofIds)).to.include({ id: highest });
    expect(await register({ id: 1, version: highest }, ofVersions)).to.include({ version: highest });
    await put(`/mode/${ctx}`, { mode: 'READWRITE' });
    await put(`/mode/:.versions-of-${count}:`, { mode: 'READWRITE' });
    for (const subject of [ofIds, ofVersions]) {
      const { error_code: code, message } = await register({ schema: anAvroRecord('R', ['b']) }, subject);
      expect(code).to.equal(50001);
      expect(message).to.equal(
        'Error in the backend data store: no number is left: the id or version 2147483647 has been imported, and the next would be higher; register in another context, or under another subject',
      );
    }
  });

  it('gives the next number where none is sent, and goes on after the highest id and number', async () => {
    await importing();
    await register({ id: 70, version: 9 });
    expect(await register({ id: 71, schema: anAvroRecord('R', ['b']) })).to.include({ version: 10 });
    await put(`/mode/${ctx}`, { mode: 'READWRITE' });
    expect(await register({ schema: anAvroRecord('R', ['c']) })).to.include({ id: 72, version: 11 });
  });

  it('answers the same again when the same comes again', async () => {
    await importing();
    const first = await register({ id: 7, version: 3 });
    expect(await register({ id: 7, version: 3 })).to.deep.equal(first);
    expect(await register({ id: 7 })).to.deep.equal(first);
    expect(await get(`/subjects/${s}/versions`)).to.deep.equal([3]);
  });

  it('may be done twice: what is there already is answered in every mode, and nothing else is taken', async () => {
    await importing();
    const reference = { name: 'T', subject: `${ctx}t`, version: 1 };
    await register({ id: 5, version: 2, schema: '{"type":"enum","name":"T","symbols":["A"]}' }, `${ctx}t`);
    await register({ id: 5, version: 1, schema: '{"type":"enum","name":"T","symbols":["A"]}' }, `${ctx}t`);
    const bodies = [
      { id: 7, version: 3 },
      { id: 8, version: 4, schema: '{"type":"array","items":"T"}', references: [reference] },
      {
        id: 9,
        version: 6,
        schema: '{"type":"object"}',
        schemaType: 'JSON',
        metadata: { properties: { a: 'b' } },
      },
      { id: 10, version: 7, schema: 'syntax = "proto3"; message M {}', schemaType: 'PROTOBUF' },
    ];
    const first = [];
    for (const body of bodies) first.push(await register(body));
    for (const mode of ['READWRITE', 'READONLY', 'IMPORT']) {
      await put(`/mode/${ctx}?force=true`, { mode });
      for (const [i, { version, ...body }] of bodies.entries()) {
        expect(await register({ ...body, version }), mode).to.deep.equal(first[i]);
        expect(await register(body), mode).to.deep.equal(first[i]);
        expect(await register({ ...body, id: undefined }), mode).to.deep.equal(first[i]);
      }
    }
    expect(await get(`/subjects/${s}/versions`)).to.deep.equal([3, 4, 6, 7]);
    for (const mode of ['READWRITE', 'READONLY']) {
      await put(`/mode/${ctx}`, { mode });
      for (const other of [
        { id: 8, version: 3 },
        { id: 8 },
        { id: 7, version: 4 },
        { id: 7, version: 3, schema: anAvroRecord('Other') },
        { id: 7, version: 3, metadata: { properties: { a: 'b' } } },
        { id: 77, version: 77 },
      ]) {
        expect((await register(other)).error_code, JSON.stringify([mode, other])).to.equal(42205);
      }
    }
    await server.ask('DELETE', `/mode/${ctx}`);
  });

  const wrong = {
    PROTOBUF: [
      'syntax = "proto3"; message M { Gone a = 1; string b = 1; reserved "b"; }',
      'syntax = "proto3"; enum E { A = 1; } enum F { A = 0; } service S { rpc R (X) returns (stream Y); }',
      'message M { optional int32 a = 0 [default = "x"]; oneof o {} reserved 5 to 1; } extend N { optional M m = 1; }',
    ],
    JSON: [
      '{"type":"object","properties":{"a":{"$ref":"#/definitions/gone"}}}',
      '{"$ref":"https://example.com/gone.json"}',
      '{"type":"nope"}',
    ],
  };
  for (const [schemaType, texts] of Object.entries(wrong)) {
    it(`takes everything that parses: ${schemaType}`, async () => {
      for (const [index, schema] of texts.entries()) {
        const subject = `${s}-${index}`;
        const sent = { schemaType, schema };
        const refused = await server.ask('POST', `/subjects/${subject}/versions`, sent);
        expect(refused.body.error_code, schema).to.equal(42201);
        await put(`/mode/${subject}`, { mode: 'IMPORT' });
        const id = 9_000_000 + 10 * count + index;
        const imported = await server.ask('POST', `/subjects/${subject}/versions`, {
          ...sent,
          id,
          version: 1,
        });
        expect([imported.status, imported.body.id], schema).to.deep.equal([200, id]);
        await put(`/mode/${subject}`, { mode: 'READWRITE' });
        const stored = await server.get(`/subjects/${subject}/versions/1`);
        const found = await server.ask('POST', `/subjects/${subject}`, sent);
        expect(found.body.id, schema).to.equal(id);
        const again = await server.ask('POST', `/subjects/${subject}/versions`, sent);
        expect(again.body.id, schema).to.equal(id);
        for (const format of ['serialized', 'ignore_extensions', 'resolved']) {
          expect(
            (await server.get(`/schemas/ids/${id}?format=${format}&subject=${subject}`)).status,
            schema,
          ).to.equal(200);
        }
        const check = await server.ask(
          'POST',
          `/compatibility/subjects/${subject}/versions/latest?verbose=true`,
          {
            schemaType,
            schema: schemaType === 'JSON' ? 'true' : stored.body.schema.replace(/message M/, 'message N'),
          },
        );
        expect(check.status, schema).to.be.oneOf([200, 422]);
        expect((await server.ask('DELETE', `/subjects/${subject}`)).status).to.equal(200);
      }
    });
  }

  it('gives no id to two contents, but a content may have two ids', async () => {
    await importing();
    await register({ id: 7, version: 1 });
    const { error_code, message } = await register({ id: 7, version: 2, schema: anAvroRecord('Other') });
    expect([error_code, message]).to.deep.equal([
      42205,
      `Overwrite new schema with id 7 in context .import-${count} is not permitted.`,
    ]);
    expect(await register({ id: 8, version: 1 }, `${ctx}t`)).to.include({ id: 8, version: 1 });
    expect((await get(`/schemas/ids/8?subject=${ctx}`)).schema).to.equal(anAvroRecord('R'));
    const found = await server.ask('POST', `/subjects/${ctx}t`, { schema: anAvroRecord('R') });
    expect(found.body).to.include({ id: 8, version: 1 });
  });

  it('checks no compatibility, normalizes nothing and inherits nothing', async () => {
    await importing();
    await put(`/config/${s}`, {
      normalize: true,
      compatibility: 'FULL',
      defaultMetadata: { properties: { a: '1' } },
    });
    await register({ id: 1, version: 1, metadata: { properties: { b: '2' } } });
    const other = await register({
      id: 2,
      version: 2,
      schema: '{"doc":"d","type":"enum","name":"E","symbols":["A"]}',
    });
    expect(other).to.include({ version: 2 }).and.not.to.have.property('metadata');
  });

  it('replaces a version that is imported again with another id, and keeps the old id', async () => {
    await importing();
    await register({ id: 1, version: 1 });
    expect(await register({ id: 2, version: 1, schema: anAvroRecord('New') })).to.include({
      id: 2,
      version: 1,
    });
    expect((await get(`/subjects/${s}/versions/1`)).id).to.equal(2);
    expect((await get(`/schemas/ids/1?subject=${ctx}`)).schema).to.equal(anAvroRecord('R'));
  });

  it('is the only one that takes an id, and needs one', async () => {
    const early = await register({ id: 7 });
    expect([early.error_code, early.message]).to.deep.equal([
      42205,
      `Subject s in context .import-${count} is not in import mode`,
    ]);
    await importing();
    expect((await register({})).error_code).to.equal(42205);
  });

  describe('begins with nothing in reach', () => {
    it('of a subject', async () => {
      await register({});
      const refused = await put(`/mode/${s}`, { mode: 'IMPORT' });
      expect(refused.body).to.deep.equal({
        error_code: 42205,
        message: 'Cannot import since found existing subjects',
      });
      expect((await put(`/mode/${ctx}other`, { mode: 'IMPORT' })).status).to.equal(200);
    });

    it('of a context, and of the whole registry', async () => {
      await register({});
      for (const reach of [ctx, ':.__GLOBAL:'])
        expect((await put(`/mode/${reach}`, { mode: 'IMPORT' })).status).to.equal(422);
    });

    it('unless it is forced', async () => {
      const { id } = await register({});
      expect((await put(`/mode/${ctx}?force=true`, { mode: 'IMPORT' })).status).to.equal(200);
      expect(await get(`/subjects/${s}/versions`)).to.deep.equal([1]);
      expect((await put(`/mode/${ctx}`, { mode: 'IMPORT' })).status).to.equal(200);
      expect(await register({ id: id + 5, version: 7, schema: anAvroRecord('X') })).to.include({
        version: 7,
      });
    });

    it('so what is soft-deleted goes for good', async () => {
      const { id } = await register({});
      await register({ schema: '"int"' }, `${ctx}t`);
      for (const name of ['s', 't']) await server.ask('DELETE', `/subjects/${ctx}${name}`);
      await importing();
      expect(await get(`/subjects?deleted=true&subjectPrefix=${ctx}`)).to.deep.equal([]);
      expect((await get(`/schemas/ids/${id}?subject=${ctx}`)).error_code).to.equal(40403);
    });

    it('and not when something elsewhere refers to it', async () => {
      await register({});
      const reader = {
        schema: '{"type":"array","items":"R"}',
        references: [{ name: 'R', subject: s, version: 1 }],
      };
      await register(reader, `reader-${count}`);
      await server.ask('DELETE', `/subjects/reader-${count}`);
      await server.ask('DELETE', `/subjects/${s}`);
      expect((await put(`/mode/${ctx}`, { mode: 'IMPORT' })).body.error_code).to.equal(42206);
      expect((await get(`/mode/${ctx}?defaultToGlobal=true`)).mode).to.equal('READWRITE');
    });
  });

  it('FORWARD is for the whole registry: it takes ids, as import does, from anywhere', async () => {
    await put('/mode/:.__GLOBAL:', { mode: 'FORWARD' });
    try {
      expect((await register({})).error_code).to.equal(42205);
      expect(await register({ id: 5, version: 2 })).to.include({ id: 5, version: 2 });
    } finally {
      await server.ask('DELETE', '/mode/:.__GLOBAL:');
    }
  });

  it('ends everywhere in a context with recursive=true', async () => {
    await put(`/mode/${s}`, { mode: 'READONLY' });
    await put(`/mode/${ctx}`, { mode: 'READONLY' });
    expect((await server.ask('DELETE', `/mode/${ctx}?recursive=true`)).body).to.deep.equal({
      mode: 'READONLY',
    });
    expect((await get(`/mode/${s}`)).error_code).to.equal(40409);
  });
});
