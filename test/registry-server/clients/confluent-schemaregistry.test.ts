import {
  create,
  createFileRegistry,
  createMutableRegistry,
  type DescMessage,
  equals,
} from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import confluent from '@confluentinc/schemaregistry';
import { expect } from 'chai';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';
import { anAvroRecord } from '../../build/schema.ts';

const {
  AvroDeserializer,
  AvroSerializer,
  CelExecutor,
  CelFieldExecutor,
  Compatibility,
  JsonataExecutor,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  RuleMode,
  SchemaRegistryClient,
  SerdeType,
} = confluent;

const { VALUE } = SerdeType;
const latest = { autoRegisterSchemas: false, useLatestVersion: true };

/** The error code of a refusal. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => value,
    (error: { errorCode?: number }) => error.errorCode ?? error,
  );
}

const text = (name: string) => ({ name, type: 'string', default: '' });
const object = (properties: object, rest: object = {}) =>
  JSON.stringify({ type: 'object', properties, ...rest });

describe('@confluentinc/schemaregistry', () => {
  let server: RegistryProcess;
  const clientOf = (path = '') => new SchemaRegistryClient({ baseURLs: [server.url + path], maxRetries: 0 });

  before(async () => {
    CelExecutor.register();
    CelFieldExecutor.register();
    JsonataExecutor.register();
    server = await startRegistryProcess();
  });
  after(async () => {
    await server.stop();
    expect(server.output()).not.to.include('request failed');
  });

  it('registers and reads Avro with references', async () => {
    const client = clientOf();
    await client.register('inner', { schema: anAvroRecord('Inner', [text('text')]), schemaType: 'AVRO' });
    await client.register('avro-value', {
      schema: anAvroRecord('Outer', [{ name: 'inner', type: 'Inner' }]),
      schemaType: 'AVRO',
      references: [{ name: 'Inner', subject: 'inner', version: 1 }],
    });
    const value = { inner: { text: 'a' } };
    const bytes = await new AvroSerializer(client, VALUE, latest).serialize('avro', value);
    const read = await new AvroDeserializer(clientOf(), VALUE, {}).deserialize('avro', bytes);
    expect(JSON.parse(JSON.stringify(read))).to.deep.equal(value);
  });

  it('registers and reads JSON Schema with references', async () => {
    const client = clientOf();
    const inner = object({ text: { type: 'string' } }, { $id: 'http://example/inner.json' });
    await client.register('json-inner', { schema: inner, schemaType: 'JSON' });
    await client.register('json-value', {
      schema: object({ inner: { $ref: 'inner.json' } }, { $id: 'http://example/outer.json' }),
      schemaType: 'JSON',
      references: [{ name: 'http://example/inner.json', subject: 'json-inner', version: 1 }],
    });
    const serializer = new JsonSerializer(client, VALUE, { ...latest, validate: true });
    const bytes = await serializer.serialize('json', { inner: { text: 'a' } });
    const read = await new JsonDeserializer(clientOf(), VALUE, { validate: true }).deserialize('json', bytes);
    expect(read).to.deep.equal({ inner: { text: 'a' } });
    const error = await serializer.serialize('json', { inner: { text: 1 } }).catch((thrown: Error) => thrown);
    expect(error).to.be.an('error');
  });

  it('registers and reads Protobuf with imports, by itself', async () => {
    const { Outer, Inner, registry } = protobufTypes();
    const value = create(Outer, { inner: create(Inner, { text: 'a' }), counts: { x: 1 } });
    const serializer = new ProtobufSerializer(clientOf(), VALUE, { registry, autoRegisterSchemas: true });
    const bytes = await serializer.serialize('protobuf', value);
    const read = await new ProtobufDeserializer(clientOf(), VALUE, {}).deserialize('protobuf', bytes);
    expect(equals(Outer, create(Outer, read), value)).to.equal(true);
    const again = new ProtobufSerializer(clientOf(), VALUE, { registry, autoRegisterSchemas: false });
    expect((await again.serialize('protobuf', value)).equals(bytes)).to.equal(true);
    const { schema, references } = await clientOf().getLatestSchemaMetadata('protobuf-value');
    expect(schema).to.match(/^syntax = "proto3";\n/);
    expect(references).to.deep.equal([
      { name: 'example/inner.proto', subject: 'example/inner.proto', version: 1 },
    ]);
  });

  it('registers by itself, or not when it is told so', async () => {
    const client = clientOf();
    const info = { schema: anAvroRecord('Own', [text('text')]), schemaType: 'AVRO' };
    expect(await codeOf(client.getId('own-value', info))).to.equal(40401);
    const id = await client.register('own-value', info, true);
    expect(await clientOf().getId('own-value', info, true)).to.equal(id);
    const bytes = await new AvroSerializer(clientOf(), VALUE, { useSchemaId: id }).serialize('own', {
      text: 'a',
    });
    const read = await new AvroDeserializer(clientOf(), VALUE, {}).deserialize('own', bytes);
    expect({ ...read }).to.deep.equal({ text: 'a' });
  });

  it('writes nothing that breaks a CEL condition, and transforms fields by their tags', async () => {
    await clientOf().register('contract-value', {
      schema: anAvroRecord('Person', [text('name'), text('ssn')]),
      schemaType: 'AVRO',
      metadata: { tags: { '**.ssn': ['PII'] }, properties: { owner: 'team' }, sensitive: ['owner'] },
      ruleSet: {
        domainRules: [
          {
            name: 'hasName',
            kind: 'CONDITION',
            type: 'CEL',
            mode: RuleMode.WRITE,
            expr: 'size(message.name) > 0',
            onFailure: 'ERROR',
          },
          {
            name: 'long',
            kind: 'CONDITION',
            type: 'CEL',
            mode: RuleMode.WRITE,
            expr: 'size(message.name) > 99',
            onFailure: 'NONE',
          },
          {
            name: 'mask',
            kind: 'TRANSFORM',
            type: 'CEL_FIELD',
            mode: RuleMode.WRITE,
            tags: ['PII'],
            expr: "typeName == 'STRING' ; value + '-masked'",
          },
        ],
      },
    });
    const serializer = new AvroSerializer(clientOf(), VALUE, latest);
    const bytes = await serializer.serialize('contract', { name: 'Ada', ssn: '1' });
    const read = await new AvroDeserializer(clientOf(), VALUE, {}).deserialize('contract', bytes);
    expect({ ...read }).to.deep.equal({ name: 'Ada', ssn: '1-masked' });
    const error = await serializer
      .serialize('contract', { name: '', ssn: '1' })
      .catch((thrown: Error) => thrown);
    expect(String((error as Error).cause ?? error)).to.include('hasName');
    const { metadata } = await clientOf().getLatestSchemaMetadata('contract-value');
    expect(metadata).to.deep.equal({
      tags: { '**.ssn': ['PII'] },
      properties: { owner: 'team' },
      sensitive: ['owner'],
    });
  });

  it('reads old data with a new schema through JSONata, and back', async () => {
    const client = clientOf();
    await client.updateConfig('migrated-value', { compatibilityGroup: 'major' });
    await client.register('migrated-value', {
      schemaType: 'JSON',
      schema: object({ name: { type: 'string' } }, { title: 'P' }),
      metadata: { properties: { major: '1' } },
    });
    const rename = (
      name: string,
      mode: typeof RuleMode.UPGRADE | typeof RuleMode.DOWNGRADE,
      from: string,
      to: string,
    ) => ({
      name,
      kind: 'TRANSFORM',
      type: 'JSONATA',
      mode,
      expr: `$merge([$sift($, function($v, $k) {$k != '${from}'}), {'${to}': $.'${from}'}])`,
    });
    await client.register('migrated-value', {
      schemaType: 'JSON',
      schema: object({ title: { type: 'string' } }, { title: 'P', required: ['title'] }),
      metadata: { properties: { major: '2' } },
      ruleSet: {
        migrationRules: [
          rename('up', RuleMode.UPGRADE, 'name', 'title'),
          rename('down', RuleMode.DOWNGRADE, 'title', 'name'),
        ],
      },
    });
    const write = (major: string, value: object) =>
      new JsonSerializer(clientOf(), VALUE, {
        autoRegisterSchemas: false,
        useLatestWithMetadata: { major },
      }).serialize('migrated', value);
    const read = (major: string, bytes: Buffer) =>
      new JsonDeserializer(clientOf(), VALUE, { useLatestWithMetadata: { major } }).deserialize(
        'migrated',
        bytes,
      );
    expect(await read('2', await write('1', { name: 'Ada' }))).to.deep.equal({ title: 'Ada' });
    expect(await read('1', await write('2', { title: 'Ada' }))).to.deep.equal({ name: 'Ada' });
    expect((await client.getLatestWithMetadata('migrated-value', { major: '1' })).version).to.equal(1);
    expect(await codeOf(client.getLatestWithMetadata('migrated-value', { major: '3' }))).to.equal(40403);
  });

  it('lists, finds and deletes', async () => {
    const client = clientOf();
    const infos = ['a', 'b'].map((name) => ({ schema: anAvroRecord('L', [text(name)]), schemaType: 'AVRO' }));
    const [first, second] = infos as [(typeof infos)[0], (typeof infos)[0]];
    await client.register('listed', first);
    const { id = 0, guid = '', version } = await client.registerFullResponse('listed', second);
    expect(version).to.equal(2);
    expect(JSON.parse((await clientOf().getBySubjectAndId('listed', id)).schema)).to.deep.equal(
      JSON.parse(second.schema),
    );
    expect(JSON.parse((await clientOf().getByGuid(guid)).schema)).to.deep.equal(JSON.parse(second.schema));
    expect(await client.getAllVersions('listed')).to.deep.equal([1, 2]);
    expect(await client.getVersion('listed', first, false, false)).to.equal(1);
    expect(await client.getAllSubjects()).to.include('listed');
    expect(await codeOf(client.deleteSubjectVersion('listed', 1, true))).to.equal(40407);
    expect(await client.deleteSubjectVersion('listed', 1)).to.equal(1);
    expect((await clientOf().getSchemaMetadata('listed', 1, true)).version).to.equal(1);
    expect(await codeOf(clientOf().getSchemaMetadata('listed', 1))).to.equal(40402);
    expect(await client.deleteSubject('listed')).to.deep.equal([2]);
    expect(await client.deleteSubject('listed', true)).to.deep.equal([1, 2]);
    expect(await codeOf(clientOf().getAllVersions('listed'))).to.equal(40401);
  });

  it('asks for compatibility and configures it', async () => {
    const client = clientOf();
    await client.register('checked', { schema: anAvroRecord('C', [text('a')]), schemaType: 'AVRO' });
    const worse = {
      schema: anAvroRecord('C', [text('a'), { name: 'b', type: 'string' }]),
      schemaType: 'AVRO',
    };
    expect(await client.testSubjectCompatibility('checked', worse)).to.equal(false);
    expect(await client.testCompatibility('checked', 1, worse)).to.equal(false);
    expect(await codeOf(client.register('checked', worse))).to.equal(40901);
    expect(await client.getDefaultCompatibility()).to.equal('BACKWARD');
    expect(await codeOf(client.getCompatibility('checked'))).to.equal(40408);
    expect(await client.updateCompatibility('checked', Compatibility.NONE)).to.equal('NONE');
    expect(await client.getCompatibility('checked')).to.equal('NONE');
    expect(await client.testSubjectCompatibility('checked', worse)).to.equal(true);
    const config = {
      compatibility: Compatibility.FULL,
      normalize: true,
      defaultMetadata: { properties: { owner: 'team' } },
    };
    expect(await client.updateConfig('checked', config)).to.deep.include(config);
    const { compatibility: compatibilityLevel, ...rest } = config;
    expect(await client.getConfig('checked')).to.deep.include({ compatibilityLevel, ...rest });
    const { metadata } = await client.registerFullResponse('checked', {
      schema: anAvroRecord('C', [text('a'), text('d')]),
      schemaType: 'AVRO',
    });
    expect(metadata).to.deep.equal({ properties: { owner: 'team' } });
  });

  it('speaks of another context when its URL does', async () => {
    const client = clientOf('/contexts/.node');
    const info = { schema: anAvroRecord('InContext', [text('text')]), schemaType: 'AVRO' };
    expect(await client.register('context-value', info)).to.equal(1);
    const bytes = await new AvroSerializer(client, VALUE, latest).serialize('context', { text: 'a' });
    const read = await new AvroDeserializer(clientOf('/contexts/.node'), VALUE, {}).deserialize(
      'context',
      bytes,
    );
    expect({ ...read }).to.deep.equal({ text: 'a' });
    expect(await client.getAllSubjects()).to.deep.equal([':.node:context-value']);
    expect(await clientOf().getAllVersions(':.node:context-value')).to.deep.equal([1]);
    await client.updateDefaultCompatibility(Compatibility.FULL);
    expect(await client.getDefaultCompatibility()).to.equal('FULL');
    expect(await clientOf().getDefaultCompatibility()).to.equal('BACKWARD');
  });

  it('finds that nothing is associated with a topic', async () => {
    const asked = clientOf().getAssociationsByResourceName('topic', '-', 'topic', ['value'], null, 0, -1);
    expect(await codeOf(asked)).to.be.oneOf([404, 40401, 40410]);
  });
});

function protobufTypes() {
  const { STRING, MESSAGE, INT64 } = FieldDescriptorProto_Type;
  const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;
  const field = (name: string, number: number, rest: object) => ({
    name,
    jsonName: name,
    number,
    label: OPTIONAL,
    ...rest,
  });
  const inner = create(FileDescriptorProtoSchema, {
    name: 'example/inner.proto',
    package: 'example',
    syntax: 'proto3',
    messageType: [{ name: 'Inner', field: [field('text', 1, { type: STRING })] }],
  });
  const outer = create(FileDescriptorProtoSchema, {
    name: 'example/outer.proto',
    package: 'example',
    syntax: 'proto3',
    dependency: ['example/inner.proto'],
    messageType: [
      {
        name: 'Outer',
        field: [
          field('inner', 1, { type: MESSAGE, typeName: '.example.Inner' }),
          field('counts', 2, { type: MESSAGE, typeName: '.example.Outer.CountsEntry', label: REPEATED }),
        ],
        nestedType: [
          {
            name: 'CountsEntry',
            field: [field('key', 1, { type: STRING }), field('value', 2, { type: INT64 })],
            options: { mapEntry: true },
          },
        ],
      },
    ],
  });
  const files = createFileRegistry(create(FileDescriptorSetSchema, { file: [inner, outer] }));
  const [Outer, Inner] = ['example.Outer', 'example.Inner'].map((name) => files.getMessage(name)) as [
    DescMessage,
    DescMessage,
  ];
  return { Outer, Inner, registry: createMutableRegistry(Outer, Inner) };
}
