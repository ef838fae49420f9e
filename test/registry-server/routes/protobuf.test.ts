import { expect } from 'chai';
import protobufjs from 'protobufjs';
import type { Reply } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

describe('Protobuf over HTTP', () => {
  const server = suiteServer();
  let count = 0;
  let s: string;

  beforeEach(() => {
    count += 1;
    s = `proto-${count}`;
  });

  const register = (subject: string, schema: string, references: readonly object[] = [], query = '') =>
    server.ask('POST', `/subjects/${encodeURIComponent(subject)}/versions${query}`, {
      schemaType: 'PROTOBUF',
      schema,
      references,
    });
  const message = (fields: string) => `syntax = "proto3";\npackage p${count};\n\nmessage M {\n${fields}}\n`;
  const refuses = (reply: Reply, ...words: string[]) => {
    expect([reply.status, reply.body.error_code]).to.deep.equal([422, 42201]);
    for (const word of words) expect(reply.body.message).to.include(word);
  };

  it('is one of the types', async () => {
    expect((await server.get('/schemas/types')).body).to.have.members(['AVRO', 'JSON', 'PROTOBUF']);
  });

  it('stores the canonical text: comments and whitespace make no new version', async () => {
    const text = message('  string a = 1;\n');
    const { body } = await register(s, text);
    expect(body).to.include({ version: 1, schemaType: 'PROTOBUF', schema: text });
    const again = await register(s, `// a comment\n${text.replaceAll('\n', '\n\n')}`);
    expect(again.body).to.deep.equal(body);
    expect((await server.get(`/schemas/ids/${body.id}/schema`)).text).to.equal(text);
  });

  it('takes base64 of a descriptor for the text that it is, and gives it back as either', async () => {
    const text = message('  string a = 1;\n  optional int32 b = 2;\n  map<string, M> c = 3;\n');
    const { body } = await register(s, text);
    const path = `/subjects/${s}/versions/1`;
    const serialized = (await server.get(`${path}?format=serialized`)).body.schema;
    expect(serialized).to.match(/^[A-Za-z0-9+/]+=*$/);
    expect((await register(s, serialized)).body).to.deep.equal(body);
    expect((await register(`${s}-other`, serialized)).body).to.include({ id: body.id, schema: text });
    const lookup = await server.ask('POST', `/subjects/${s}`, { schemaType: 'PROTOBUF', schema: serialized });
    expect(lookup.body).to.include({ id: body.id, version: 1, schema: text });
    // Every path that shows a schema takes a format.
    expect((await server.get(`${path}/schema?format=serialized`)).text).to.equal(serialized);
    expect((await server.get(`/schemas/ids/${body.id}?format=serialized`)).body.schema).to.equal(serialized);
    expect((await server.get(`/schemas/ids/${body.id}/schema?format=serialized`)).text).to.equal(serialized);
    expect((await server.get(`/schemas/guids/${body.guid}?format=serialized`)).body.schema).to.equal(
      serialized,
    );
    expect((await register(s, text, [], '?format=serialized')).body.schema).to.equal(serialized);
    expect((await server.get(`${path}?format=unknown`)).body.schema).to.equal(text);
    expect((await server.get(path)).body.schema).to.equal(text);
  });

  it('resolves imports through references, those of referenced schemas too', async () => {
    await register(`${s}-base`, 'syntax = "proto3"; package base; message B { int32 x = 1; }');
    const base = { name: 'base.proto', subject: `${s}-base`, version: 1 };
    await register(
      `${s}-mid`,
      'syntax = "proto3"; package mid; import "base.proto"; message D { base.B b = 1; }',
      [base],
    );
    const mid = { name: 'mid.proto', subject: `${s}-mid`, version: -1 };
    const top =
      'syntax = "proto3"; import "mid.proto"; import "google/protobuf/timestamp.proto"; ' +
      'message T { mid.D d = 1; google.protobuf.Timestamp at = 2; }';
    const { status, body } = await register(s, top, [mid]);
    expect(status).to.equal(200);
    expect(body.references).to.deep.equal([{ ...mid, version: 1 }]);
    expect(body.schema).to.contain('  mid.D d = 1;\n');
    const stored = await server.get(`/schemas/ids/${body.id}?format=serialized`);
    expect(stored.body.references).to.deep.equal(body.references);
    expect((await register(s, stored.body.schema, [mid])).body).to.deep.equal(body);
    const by = await server.get(`/subjects/${s}-mid/versions/1/referencedby`);
    expect(by.body).to.deep.equal([body.id]);
  });

  it('finds a change in a referenced file', async () => {
    const file = (type: string) => `syntax = "proto3"; package q${count}; message B { ${type} x = 1; }`;
    await register(`${s}-b`, file('int32'));
    await server.ask('PUT', `/config/${s}-b`, { compatibility: 'NONE' });
    await register(`${s}-b`, file('string'));
    const reference = (version: number) => [{ name: 'b.proto', subject: `${s}-b`, version }];
    const text = `syntax = "proto3"; import "b.proto"; message M { q${count}.B b = 1; }`;
    expect((await register(s, text, reference(1))).status).to.equal(200);
    const refused = await register(s, text, reference(2));
    expect([refused.status, refused.body.error_code]).to.deep.equal([409, 40901]);
    expect(refused.body.message).to.include('FIELD_SCALAR_KIND_CHANGED').and.include("'#/B/1'");
  });

  it('refuses what is incompatible and lists the rules in a verbose check', async () => {
    await register(s, message('  string a = 1;\n'));
    const reply = await server.ask('POST', `/compatibility/subjects/${s}/versions/latest?verbose=true`, {
      schemaType: 'PROTOBUF',
      schema: message('  int32 a = 1;\n'),
    });
    expect(reply.body.is_compatible).to.equal(false);
    expect(reply.body.messages[0]).to.match(
      /^\{errorType:"FIELD_SCALAR_KIND_CHANGED", description:".*#\/M\/1/,
    );
    expect((await register(s, message('  string a = 1;\n  int32 b = 2;\n'))).body.version).to.equal(2);
  });

  it('says where a text is wrong', async () => {
    refuses(await register(s, 'syntax = "proto3";\nmessage M {\n  string a = ;\n}'), 'line 3, column 14');
    refuses(await register(s, message('  Unknown a = 1;\n')), 'Unknown');
    const gone = 'syntax = "proto3"; import "gone.proto"; message M { gone.G g = 1; }';
    refuses(await register(s, gone), 'gone.G', 'gone.proto');
    refuses(await register(s, 'bm90IGEgZGVzY3JpcHRvcg=='), 'FileDescriptorProto');
  });

  it('takes what the reference takes and protoc would refuse, unless validateFields is on', async () => {
    const base = { name: 'other.proto', subject: `${s}-base`, version: 1 };
    await register(`${s}-base`, 'syntax = "proto3"; package base; message B { int32 x = 1; }');
    const slack = [
      { text: 'import "gone.proto"; message M { string a = 1; }' },
      { text: 'message M { google.protobuf.Timestamp at = 1; }' },
      { text: 'import "base.proto"; message M { base.B b = 1; }', references: [base] },
      {
        text: 'message M { option (acme.table) = { name: "m" }; string a = 1 [(acme.pii) = true, nope = 1]; }',
      },
    ];
    for (const [index, { text, references = [] }] of slack.entries()) {
      const schema = `syntax = "proto3"; ${text}`;
      const { status, body } = await register(`${s}-${index}`, schema, references);
      expect(status, text).to.equal(200);
      expect((await register(`${s}-${index}`, body.schema, references)).body).to.deep.equal(body);
      const serialized = await server.get(`/schemas/ids/${body.id}?format=serialized`);
      expect((await register(`${s}-bytes-${index}`, serialized.body.schema, references)).status).to.equal(
        200,
      );
      await server.ask('PUT', `/config/${s}-strict`, { validateFields: true });
      refuses(await register(`${s}-strict`, schema, references));
      const check = await server.ask('POST', `/compatibility/subjects/${s}-${index}/versions/latest`, {
        schemaType: 'PROTOBUF',
        schema,
        references,
      });
      expect(check.body.is_compatible).to.equal(true);
    }
  });

  it('normalizes on demand', async () => {
    const first = await register(s, message('  int32 b = 2;\n  string a = 1;\n'), [], '?normalize=true');
    const other = await register(s, message('  string a = 1;\n  int32 b = 2;\n'), [], '?normalize=true');
    expect(other.body).to.deep.equal(first.body);
    const lookup = await server.ask('POST', `/subjects/${s}?normalize=true`, {
      schemaType: 'PROTOBUF',
      schema: message('  int32 b = 2;\n  string a = 1;\n'),
    });
    expect(lookup.body.id).to.equal(first.body.id);
    expect((await server.get(`/schemas/ids/${first.body.id}?format=serialized`)).status).to.equal(200);
  });

  it('serves a text that another implementation writes data with', async () => {
    const { body } = await register(s, message('  repeated sint64 a = 1;\n  bytes b = 2;\n'));
    const served = (await server.get(`/schemas/ids/${body.id}`)).body.schema;
    const type = protobufjs.parse(served).root.lookupType(`p${count}.M`);
    const bytes = type.encode({ a: [-1, 2], b: Buffer.from('x') }).finish();
    expect(type.toObject(type.decode(bytes), { longs: Number, bytes: String })).to.deep.equal({
      a: [-1, 2],
      b: 'eA==',
    });
  });

  it('gives Avro with its references inlined, too', async () => {
    const inner = `{"type":"record","name":"In${count}","fields":[]}`;
    await server.ask('POST', `/subjects/${s}-in/versions`, { schema: inner });
    const outer = `{"type":"record","name":"Out${count}","fields":[{"name":"a","type":"In${count}"}]}`;
    const { body } = await server.ask('POST', `/subjects/${s}/versions`, {
      schema: outer,
      references: [{ name: `In${count}`, subject: `${s}-in`, version: 1 }],
    });
    expect(body.schema).to.equal(outer);
    const resolved = (await server.get(`/schemas/ids/${body.id}?format=resolved`)).body.schema;
    expect(resolved).to.equal(outer.replace(`"In${count}"`, inner));
    expect((await server.get(`/subjects/${s}/versions/1/schema?format=RESOLVED`)).text).to.equal(resolved);
  });
});
