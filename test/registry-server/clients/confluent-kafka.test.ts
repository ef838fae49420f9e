import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../../../hack/cluster/run.ts';
import { findPython } from '../../build/python.ts';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';

const script = fileURLToPath(new URL('../../clients/confluent-kafka.py', import.meta.url));

/** What each scenario of the script sees. */
const expected = {
  avro: { text: 'a', count: 2 },
  avro_with_references: { read: { inner: { text: 'a' } }, referenced_by: 1, deleted: 42206 },
  json_schema_with_references: { inner: { text: 'a' } },
  protobuf_with_references: {
    equal: true,
    found_again: true,
    is_text: true,
    references: [['example/inner.proto', 'example/inner.proto', 1]],
    serialized_again: true,
  },
  no_registration: { unknown: 40401, known: { text: 'a' } },
  latest_version: { a: '1', b: 'B' },
  latest_with_metadata: { version: 1, properties: { major: '1' }, read: { a: '1' }, none: 40403 },
  normalize: { same: true, versions: [1] },
  cel_condition: { read: { text: 'why?' }, refused: 'SerializationError' },
  cel_field_by_tag: { name: 'Ada', ssn: '1-masked' },
  jsonata_migration: { upgraded: { title: 'Ada' }, downgraded: { name: 'Ada' }, versions: [1, 2] },
  deletes: {
    too_early: 40407,
    version: 1,
    left: [2],
    permanent_version: 1,
    subject: [2],
    again: 40404,
    hidden: [0, 1],
    permanent: [2],
    gone: 40401,
  },
  compatibility: {
    none_of_its_own: 40408,
    worse: false,
    worse_than_any: false,
    refused: 40901,
    level: 'NONE',
    after_none: true,
    deleted: 40408,
    global: 'BACKWARD',
  },
  config: {
    level: 'FULL',
    owner: { owner: 'team' },
    registered_owner: { owner: 'team' },
    registered_rules: ['mask'],
  },
  modes: {
    global: 'READWRITE',
    none_of_its_own: 40409,
    changed: 'READONLY',
    mode: 'READONLY',
    refused: 42205,
    deleted: 'READONLY',
    import_with_schemas: 42205,
    import: 'IMPORT',
    without_id: 42205,
  },
  contexts: {
    read: { text: 'a' },
    id: 1,
    subjects: [':.py:py-context-value'],
    from_outside: ':.py:py-context-value',
    contexts: ['.', '.py'],
    level: 'FULL',
    level_outside: 'BACKWARD',
    read_only: 42205,
    writable_outside: 'READWRITE',
  },
  by_id: {
    by_id: true,
    by_guid: 'ById',
    subjects: ['py-by-id'],
    versions: [['py-by-id', 1]],
    types: ['AVRO', 'JSON', 'PROTOBUF'],
    unknown: 40403,
  },
};

describe('confluent-kafka (Python)', function () {
  this.timeout(600_000);
  let server: RegistryProcess;
  let seen: Record<string, unknown>;

  before(async function () {
    const found = await findPython();
    if ('reason' in found) {
      process.stderr.write(`    skipped, no Python client: ${found.reason}\n`);
      return this.skip();
    }
    server = await startRegistryProcess();
    seen = JSON.parse(await run(found.python, ['-W', 'ignore', script, server.url]));
  });
  after(() => server?.stop());

  for (const [scenario, wanted] of Object.entries(expected)) {
    it(scenario.replaceAll('_', ' '), () => expect(seen[scenario]).to.deep.equal(wanted));
  }

  it('meets no error of the server', () => {
    expect(Object.keys(seen)).to.have.members(Object.keys(expected));
    expect(server.output()).not.to.include('request failed');
  });
});
