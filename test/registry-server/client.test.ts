import confluent from '@kafkajs/confluent-schema-registry';
import { expect } from 'chai';
import { aJsonObject, anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer } from '../build/server.ts';

const { SchemaRegistry, SchemaType } = confluent;

describe('@kafkajs/confluent-schema-registry', function () {
  this.timeout(30_000);
  let server: TestServer;
  let client: InstanceType<typeof SchemaRegistry>;

  before(async () => {
    server = await startServer();
    await server.ready;
    client = new SchemaRegistry({ host: server.url });
  });
  after(() => server.stop());

  const schemas = [
    { type: SchemaType.AVRO, schema: anAvroRecord('Payload', ['a', 'b']), subject: 'avro-value' },
    {
      type: SchemaType.JSON,
      schema: aJsonObject({ a: { type: 'integer' }, b: { type: 'integer' } }),
      subject: 'json-value',
    },
  ];
  for (const { type, schema, subject } of schemas) {
    it(`registers, encodes and decodes ${type}`, async () => {
      const { id } = await client.register({ type, schema } as Parameters<typeof client.register>[0], {
        subject,
      });
      expect(
        (await client.register({ type, schema } as Parameters<typeof client.register>[0], { subject })).id,
      ).to.equal(id);
      const bytes = await client.encode(id, { a: 1, b: 2 });
      const reader = new SchemaRegistry({ host: server.url });
      expect({ ...((await reader.decode(bytes)) as object) }).to.deep.equal({ a: 1, b: 2 });
      expect(await client.getLatestSchemaId(subject)).to.equal(id);
      expect(await client.getRegistryId(subject, 1)).to.equal(id);
      expect(
        await client.getRegistryIdBySchema(subject, { type, schema } as Parameters<
          typeof client.getRegistryIdBySchema
        >[1]),
      ).to.equal(id);
    });
  }

  it('hears why a schema is refused', async () => {
    const register = (schema: string) =>
      client.register({ type: SchemaType.AVRO, schema }, { subject: 'refused-value' });
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
