import { expect } from 'chai';
import { type GrpcAnswer, type GrpcClient, openGrpcClient } from '../../build/grpc.ts';
import { aJsonObject, anAvroRecord } from '../../build/schema.ts';
import { startServer, type TestServer } from '../../build/server.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One operation by both protocols. What it is about is called after the protocol: `at`. */
interface Row {
  readonly title: string;
  readonly rest: (at: string) => readonly [method: string, path: string, body?: object];
  readonly grpc: (at: string) => readonly [method: string, message: object];
  /** What of the REST body the message says, too; the whole body when left out. */
  readonly body?: (body: never) => unknown;
  /** The message in the form of that body. */
  readonly message?: (message: never) => unknown;
  /** It names subjects of both protocols. */
  readonly isVerbatim?: true;
  /** The error that both must say. */
  readonly error?: number;
}

const avro = { schema: anAvroRecord('Pay', ['a']) };
const wider = { schema: anAvroRecord('Pay', ['a', 'b']) };
const broken = { schema: anAvroRecord('Pay', ['a', { name: 'c', type: 'int' }]) };
const contract = {
  schemaType: 'JSON',
  schema: aJsonObject({ a: { type: 'integer' } }),
  metadata: { tags: { a: ['PII'] }, properties: { owner: 'team' }, sensitive: ['owner'] },
  ruleSet: {
    domainRules: [
      { name: 'positive', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'a > 0', disabled: false },
    ],
  },
};
const proto = { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";\n\nmessage M {\n  string a = 1;\n}\n' };
/** Both protocols refer to one, so that what refers to it is one schema. */
const base = 'base-proto';
const subjectOf = (at: string, to: string) => (to === base ? base : at + to);
const referring = {
  schemaType: 'PROTOBUF',
  schema: 'syntax = "proto3";\nimport "m.proto";\nmessage N { M m = 1; }\n',
  references: [{ name: 'm.proto', subject: base, version: 1 }],
};

/** As registry.proto has it: a list in a map is a message of its own. */
function sent({ metadata, ...rest }: { metadata?: Fields } & Fields) {
  if (metadata === undefined) return rest;
  const tags = Object.entries((metadata.tags ?? {}) as Record<string, string[]>);
  return {
    ...rest,
    metadata: { ...metadata, tags: Object.fromEntries(tags.map(([key, values]) => [key, { values }])) },
  };
}

/** A schema's parts beside the rest, times in milliseconds, and nothing that is empty. */
function flat(message: Fields): unknown {
  const { schema, createTimeMs, metadata, ...rest } = message as Fields & {
    schema?: Fields | string;
    metadata?: { tags?: Record<string, { values: string[] }> };
  };
  const content = typeof schema === 'object' ? (flat(schema) as Fields) : { schema };
  const tags = Object.entries(metadata?.tags ?? {}).map(([key, { values }]) => [key, values]);
  return filled({
    ...rest,
    ...(metadata ? { metadata: { ...metadata, tags: Object.fromEntries(tags) } } : {}),
    ...content,
    ts: createTimeMs,
  });
}

function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !key.startsWith('_'))
    .map(([key, part]) => [key, filled(part)] as const);
  const isThere = (part: unknown) =>
    part !== undefined &&
    part !== null &&
    part !== '' &&
    part !== 0 &&
    part !== false &&
    JSON.stringify(part) !== '[]' &&
    JSON.stringify(part) !== '{}';
  return Object.fromEntries(entries.filter(([, part]) => isThere(part)));
}

/** Times differ: the two were not registered at once. */
const withoutTime = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, part) => (key === 'ts' ? undefined : part)));

const register = (title: string, schema: () => Fields, to = '', error?: number): Row => ({
  title,
  rest: (at) => ['POST', `/subjects/${subjectOf(at, to)}/versions`, schema()],
  grpc: (at) => ['SchemaService/RegisterSchema', { subject: subjectOf(at, to), schema: sent(schema()) }],
  error,
});
const versionOf = (title: string, version: number | 'latest', to = '', error?: number): Row => ({
  title,
  rest: (at) => ['GET', `/subjects/${subjectOf(at, to)}/versions/${version}`],
  grpc: (at) => [
    'SubjectService/GetVersion',
    { subject: subjectOf(at, to), ...(version === 'latest' ? {} : { version }) },
  ],
  error,
});
const lookup = (title: string, schema: Fields, to = '', error?: number): Row => ({
  title,
  rest: (at) => ['POST', `/subjects/${subjectOf(at, to)}`, schema],
  grpc: (at) => ['SchemaService/LookupSchema', { subject: subjectOf(at, to), schema: sent(schema) }],
  error,
});
const check = (title: string, schema: Fields, version?: number): Row => ({
  title,
  rest: (at) => [
    'POST',
    `/compatibility/subjects/${at}/versions${version === undefined ? '' : `/${version}`}?verbose=true`,
    schema,
  ],
  grpc: (at) => ['CompatibilityService/CheckCompatibility', { subject: at, schema: sent(schema), version }],
  message: ({ isCompatible, messages }: { isCompatible: boolean; messages: string[] }) => ({
    is_compatible: isCompatible,
    messages,
  }),
});
const setting = (
  title: string,
  change: Fields,
  error?: number,
  message: object = { config: change },
): Row => ({
  title,
  rest: (at) => ['PUT', `/config/${at}`, change],
  grpc: (at) => ['ConfigService/UpdateConfig', { subject: at, ...message }],
  error,
});
const level = ({ compatibilityLevel, ...rest }: { compatibilityLevel: string }) => ({
  ...rest,
  compatibility: compatibilityLevel,
});
const getConfig = (title: string, or = false, error?: number): Row => ({
  title,
  rest: (at) => ['GET', `/config/${at}?defaultToGlobal=${or}`],
  grpc: (at) => ['ConfigService/GetConfig', { subject: at, defaultToGlobal: or }],
  body: level,
  error,
});
const deleteConfig = (title: string, error?: number): Row => ({
  title,
  rest: (at) => ['DELETE', `/config/${at}`],
  grpc: (at) => ['ConfigService/DeleteConfig', { subject: at }],
  body: level,
  error,
});
const mode = (title: string, wanted: string, error?: number): Row => ({
  title,
  rest: (at) => ['PUT', `/mode/${at}`, { mode: wanted }],
  grpc: (at) => ['ModeService/UpdateMode', { subject: at, mode: wanted }],
  error,
});
const deleteVersion = (title: string, version: number, permanent = false, to = '', error?: number): Row => ({
  title,
  rest: (at) => ['DELETE', `/subjects/${subjectOf(at, to)}/versions/${version}?permanent=${permanent}`],
  grpc: (at) => ['SubjectService/DeleteVersion', { subject: subjectOf(at, to), version, permanent }],
  message: (message: { version: number }) => message.version,
  error,
});
const deleteSubject = (title: string, permanent = false, to = '', error?: number): Row => ({
  title,
  rest: (at) => ['DELETE', `/subjects/${subjectOf(at, to)}?permanent=${permanent}`],
  grpc: (at) => ['SubjectService/DeleteSubject', { subject: subjectOf(at, to), permanent }],
  message: (message: { versions: number[] }) => message.versions,
  error,
});

const rows: readonly Row[] = [
  register('registers Avro', () => avro),
  register('gives what is there its id', () => avro),
  register('registers a next version', () => wider),
  register('refuses what is incompatible', () => broken, '', 40901),
  register('refuses what is no schema', () => ({ schema: '{"type": "nonsense"}' }), '', 42201),
  register('refuses a type that is not there', () => ({ schemaType: 'XML', schema: '<a/>' }), '', 42201),
  register('registers JSON Schema with metadata and rules', () => contract, '-contract'),
  register('registers Protobuf', () => proto, base),
  register('registers what refers to another', () => referring, '-referring'),
  register(
    'refuses a reference to nothing',
    () => ({ ...referring, references: [{ name: 'm.proto', subject: 'nobody', version: 1 }] }),
    '-lost',
    42201,
  ),
  register(
    'refuses rules that no client could use',
    () => ({ ...contract, ruleSet: { domainRules: [{ name: 'r', mode: 'UPGRADE', type: 'CEL' }] } }),
    '-contract',
    42210,
  ),
  register('refuses a name with a control character', () => avro, '%0a', 42208),
  lookup('finds a schema', avro),
  lookup('does not find another', { schema: '"long"' }, '', 40403),
  lookup('does not find it where nothing is', avro, '-nothing', 40401),
  versionOf('reads the latest', 'latest'),
  versionOf('reads a version', 1),
  versionOf('reads metadata and rules', 1, '-contract'),
  versionOf('reads references', 1, '-referring'),
  versionOf('does not read one that is not there', 99, '', 40402),
  versionOf('does not read version 0', 0, '', 42202),
  versionOf('does not read from nothing', 1, '-nothing', 40401),
  {
    title: 'lists versions',
    rest: (at) => ['GET', `/subjects/${at}/versions`],
    grpc: (at) => ['SubjectService/ListVersions', { subject: at }],
    message: ({ versions }: { versions: { version: number }[] }) => versions.map(({ version }) => version),
  },
  {
    title: 'lists who refers to a version',
    rest: () => ['GET', `/subjects/${base}/versions/1/referencedby`],
    grpc: () => ['SubjectService/ListReferencedBy', { subject: base, version: 1 }],
    message: ({ ids }: { ids: number[] }) => ids,
  },
  {
    title: 'reads a schema by id',
    rest: () => ['GET', '/schemas/ids/1'],
    grpc: () => ['SchemaService/GetSchema', { id: 1 }],
    body: (body: Fields) => ({ ...body, id: 1 }),
  },
  {
    title: 'reads a schema by id and subject',
    rest: (at) => ['GET', `/schemas/ids/1?subject=${at}`],
    grpc: (at) => ['SchemaService/GetSchema', { id: 1, subject: at }],
    body: (body: Fields) => ({ ...body, id: 1 }),
  },
  {
    title: 'does not read an id that is not there',
    rest: () => ['GET', '/schemas/ids/9999'],
    grpc: () => ['SchemaService/GetSchema', { id: 9999 }],
    error: 40403,
  },
  {
    title: 'does not read a GUID that is not there',
    rest: () => ['GET', '/schemas/guids/nonsense'],
    grpc: () => ['SchemaService/GetSchemaByGuid', { guid: 'nonsense' }],
    error: 40403,
  },
  {
    title: 'reads a schema in another format',
    rest: (at) => ['GET', `/subjects/${at}-referring/versions/1?format=serialized&referenceFormat=qualified`],
    grpc: (at) => [
      'SubjectService/GetVersion',
      { subject: `${at}-referring`, version: 1, format: 'serialized', qualifiedReferences: true },
    ],
  },
  {
    title: 'lists where a schema is used',
    rest: () => ['GET', '/schemas/ids/1/versions'],
    grpc: () => ['SchemaService/ListSchemaVersions', { id: 1 }],
    message: ({ versions }: { versions: object[] }) => versions,
    isVerbatim: true,
  },
  {
    title: 'lists the types of schemas',
    rest: () => ['GET', '/schemas/types'],
    grpc: () => ['SchemaService/ListSchemaTypes', {}],
    message: ({ schemaTypes }: { schemaTypes: string[] }) => schemaTypes,
  },
  {
    title: 'lists contexts',
    rest: () => ['GET', '/contexts'],
    grpc: () => ['ContextService/ListContexts', {}],
    message: ({ contexts }: { contexts: string[] }) => contexts,
  },
  {
    title: 'does not delete a context with schemas in it',
    rest: () => ['DELETE', '/contexts/:.:'],
    grpc: () => ['ContextService/DeleteContext', { context: '.' }],
    error: 42211,
  },
  {
    title: 'lists subjects by prefix',
    rest: (at) => ['GET', `/subjects?subjectPrefix=${at}`],
    grpc: (at) => ['SubjectService/ListSubjects', { subjectPrefix: at }],
    message: ({ subjects }: { subjects: string[] }) => subjects,
  },
  check('finds a schema compatible', wider),
  check('finds one incompatible, and says why', broken),
  check('finds one incompatible with a version', { schema: '"int"' }, 1),
  check('says what is wrong with what is no schema', { schema: 'nonsense' }),
  getConfig('has no config to begin with', false, 40408),
  getConfig('has what applies from above', true),
  setting('sets a config', { compatibility: 'FULL', normalize: true, alias: 'other' }),
  setting('changes a part of it', { compatibilityGroup: 'major' }),
  setting('clears a part of it', { alias: null }, undefined, { clear: ['alias'] }),
  getConfig('reads it'),
  setting('refuses an alias that is no name', { alias: 'a\u0007' }, 42208),
  deleteConfig('deletes it'),
  deleteConfig('does not delete it twice', 40401),
  {
    title: 'has no mode to begin with',
    rest: (at) => ['GET', `/mode/${at}`],
    grpc: (at) => ['ModeService/GetMode', { subject: at }],
    error: 40409,
  },
  mode('sets a mode', 'READONLY'),
  register('answers what is there already', () => wider),
  register(
    'refuses writes then',
    () => ({ ...wider, metadata: { properties: { read: 'only' } } }),
    '',
    42205,
  ),
  deleteSubject('refuses deletes then', false, '', 42205),
  {
    title: 'deletes a mode',
    rest: (at) => ['DELETE', `/mode/${at}`],
    grpc: (at) => ['ModeService/DeleteMode', { subject: at }],
  },
  mode('refuses import mode where there are schemas', 'IMPORT', 42205),
  deleteVersion('does not delete what something refers to', 1, false, base, 42206),
  deleteVersion('does not delete for good at once', 1, true, '', 40407),
  deleteVersion('deletes a version', 1),
  deleteVersion('does not delete it twice', 1, false, '', 40406),
  deleteVersion('deletes it for good', 1, true),
  deleteVersion('does not delete what is not there', 1, true, '', 40402),
  deleteSubject('does not delete a subject for good at once', true, '', 40405),
  deleteSubject('deletes a subject'),
  deleteSubject('does not delete it twice', false, '', 40404),
  deleteSubject('deletes it for good', true),
  deleteSubject('does not delete what is not there', false, '', 40401),
];

describe('REST and gRPC say the same', () => {
  let server: TestServer;
  let client: GrpcClient;

  before(async () => {
    server = await startServer();
    await server.ready;
    client = openGrpcClient(server.grpcAddress);
  });
  after(async () => {
    client.close();
    await server.stop();
  });

  const asIf = (protocol: string, value: unknown) =>
    JSON.parse(JSON.stringify(value ?? null).replaceAll(protocol, 'protocol'));
  // Words in a message name the subject, too.
  const names = { rest: 'rest-it', grpc: 'grpc-it' };

  for (const row of rows) {
    it(row.title, async () => {
      const [method, path, body] = row.rest(names.rest);
      const reply = await server.ask(method, path, body);
      const [name, message] = row.grpc(names.grpc);
      const answer: GrpcAnswer = await client.call(name, JSON.parse(JSON.stringify(message), decoded));
      const error = reply.status === 200 || reply.status === 204 ? undefined : reply.body;
      expect(error?.error_code).to.equal(row.error);
      const code = answer.code === 'OK' ? undefined : Number(answer.trailers.get('error-code')[0]);
      expect(code, `${answer.code} ${answer.details}`).to.equal(row.error);
      if (error) {
        expect(asIf(names.grpc, answer.details)).to.equal(asIf(names.rest, error.message));
        return;
      }
      const shownBody = row.body ? row.body(reply.body as never) : reply.body;
      const shown = row.message ? row.message(answer.message as never) : flat(answer.message);
      const [said, meant] = [filled(withoutTime(shown)), filled(withoutTime(shownBody))];
      if (row.isVerbatim) expect(said).to.deep.equal(meant);
      else expect(asIf(names.grpc, said)).to.deep.equal(asIf(names.rest, meant));
    });
  }

  /** In a path it is escaped. */
  function decoded(_: string, value: unknown) {
    return typeof value === 'string' ? value.replace('%0a', '\n') : value;
  }

  it('reads what the other has written', async () => {
    const { body } = await server.ask('POST', '/subjects/shared/versions', contract);
    const { message } = await client.call('SubjectService/GetVersion', { subject: 'shared' });
    const { body: version } = await server.get('/subjects/shared/versions/latest');
    expect(flat(message)).to.deep.equal(filled(version));
    const { message: byGuid } = await client.call('SchemaService/GetSchemaByGuid', { guid: body.guid });
    expect(flat(byGuid)).to.deep.equal(
      filled({ ...(await server.get(`/schemas/guids/${body.guid}`)).body, id: 0 }),
    );
    const listed = await client.list('SchemaService/ListSchemas', { subjectPrefix: 'shared' });
    expect(listed.map(flat)).to.deep.equal(
      (await server.get('/schemas?subjectPrefix=shared')).body.map(filled),
    );
  });
});
