import confluent from '@kafkajs/confluent-schema-registry';
import { expect } from 'chai';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';
import { aJsonObject, anAvroRecord } from '../../build/schema.ts';

const { COMPATIBILITY, SchemaRegistry, SchemaType } = confluent;
type Client = InstanceType<typeof SchemaRegistry>;
type Schema = Parameters<Client['register']>[0];

const { AVRO, JSON: JSON_SCHEMA, PROTOBUF } = SchemaType;

describe('@kafkajs/confluent-schema-registry', () => {
  let server: RegistryProcess;
  const clientOf = (path = '') => new SchemaRegistry({ host: server.url + path, retry: { retries: 0 } });

  before(async () => {
    server = await startRegistryProcess();
  });
  after(() => server.stop());

  const value = { a: 1, b: 2 };
  const int = { type: 'integer' };
  const schemas = [
    { type: AVRO, schema: anAvroRecord('Payload', ['a', 'b']) },
    { type: JSON_SCHEMA, schema: aJsonObject({ a: int, b: int }) },
    { type: PROTOBUF, schema: 'syntax = "proto3"; message Payload { int32 a = 1; int32 b = 2; }' },
  ] as readonly Schema[] as readonly { type: typeof AVRO; schema: string }[];

  for (const [path, where] of [
    ['', ''],
    ['/contexts/.kafkajs', ' in a context'],
  ]) {
    for (const { type, schema } of schemas) {
      it(`registers, encodes and decodes ${type}${where}`, async () => {
        const client = clientOf(path);
        const subject = `${type}-value`;
        const { id } = await client.register({ type, schema } as Schema, { subject });
        expect((await clientOf(path).register({ type, schema } as Schema, { subject })).id).to.equal(id);
        const bytes = await client.encode(id, value);
        expect({ ...((await clientOf(path).decode(bytes)) as object) }).to.deep.equal(value);
        expect(await client.getLatestSchemaId(subject)).to.equal(id);
        expect(await client.getRegistryId(subject, 1)).to.equal(id);
        expect(await client.getRegistryIdBySchema(subject, { type, schema } as Schema)).to.equal(id);
      });
    }
  }

  const referring = [
    {
      type: AVRO,
      inner: anAvroRecord('Inner', ['a']),
      outer: anAvroRecord('Outer', [{ name: 'inner', type: 'Inner' }]),
      name: 'Inner',
    },
    {
      type: JSON_SCHEMA,
      inner: aJsonObject({ a: int }, { $id: 'https://example/inner.json' }),
      outer: aJsonObject(
        { inner: { $ref: 'https://example/inner.json' } },
        { $id: 'https://example/outer.json' },
      ),
      name: 'https://example/inner.json',
    },
    {
      type: PROTOBUF,
      inner: 'syntax = "proto3"; package inner; message Inner { int32 a = 1; }',
      outer: 'syntax = "proto3"; import "inner.proto"; message Outer { inner.Inner inner = 1; }',
      name: 'inner.proto',
    },
  ];
  for (const { type, inner, outer, name } of referring) {
    it(`follows the references of ${type}`, async () => {
      const [subject, innerSubject] = [`${type}-outer`, `${type}-inner`];
      const client = clientOf();
      await client.register({ type, schema: inner } as Schema, { subject: innerSubject });
      const references = [{ name, subject: innerSubject, version: 1 }];
      const { id } = await client.register({ type, schema: outer, references } as Schema, { subject });
      const bytes = await client.encode(id, { inner: { a: 1 } });
      const read = await clientOf().decode(bytes);
      expect(JSON.parse(JSON.stringify(read))).to.deep.equal({ inner: { a: 1 } });
    });
  }

  it('looks schemas up, configures a level, and minds another one', async () => {
    const client = clientOf();
    const subject = 'levels-value';
    const register = (
      fields: string[],
      compatibility: typeof COMPATIBILITY.FULL | typeof COMPATIBILITY.NONE,
    ) => client.register({ type: AVRO, schema: anAvroRecord('L', fields) }, { subject, compatibility });
    const { id } = await register(['a'], COMPATIBILITY.FULL);
    const config = await fetch(`${server.url}/config/${subject}`);
    expect(await config.json()).to.deep.equal({ compatibilityLevel: 'FULL' });
    const refused = await register(['b'], COMPATIBILITY.NONE).catch((thrown: Error) => thrown);
    expect(refused).to.be.an('error').with.property('message').that.includes('FULL');
    expect(
      await client.getRegistryIdBySchema(subject, { type: AVRO, schema: anAvroRecord('L', ['a']) }),
    ).to.equal(id);
    const unknown = client.getRegistryIdBySchema(subject, {
      type: AVRO,
      schema: anAvroRecord('Unknown', ['a']),
    });
    expect(await unknown.catch((thrown: Error) => thrown)).to.be.an('error');
    await fetch(`${server.url}/subjects/${subject}`, { method: 'DELETE' });
    expect(
      await clientOf()
        .getLatestSchemaId(subject)
        .catch((thrown: Error) => thrown),
    ).to.be.an('error');
  });

  it('hears why a schema is refused', async () => {
    const client = clientOf();
    const register = (schema: string) =>
      client.register({ type: AVRO, schema }, { subject: 'refused-value' });
    await register(anAvroRecord('Refused', ['a']));
    const error = await register(anAvroRecord('Refused', [{ name: 'b', type: 'string' }])).catch(
      (thrown: Error) => thrown,
    );
    expect(error)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/incompatible/i);
  });
});
