import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../../../hack/cluster/run.ts';
import { findPython } from '../../build/python.ts';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';

const script = fileURLToPath(new URL('../../clients/grpc-client.py', import.meta.url));
const protos = fileURLToPath(new URL('../../../registry-server/grpc', import.meta.url));

describe("Python's grpcio", function () {
  this.timeout(5 * 60_000); // The first time packages are installed.
  let server: RegistryProcess;
  let python: string;
  let made: string;

  before(async function () {
    const found = await findPython('grpc');
    if ('reason' in found) {
      process.stderr.write(`    skipped: ${found.reason}\n`);
      return this.skip();
    }
    python = found.python;
    made = mkdtempSync(join(tmpdir(), 'registry-grpc-'));
    server = await startRegistryProcess();
  });
  after(async () => {
    await server?.stop();
    if (made) rmSync(made, { recursive: true, force: true });
  });

  it('calls it with classes made from registry.proto, and with what reflection says', async () => {
    const seen = JSON.parse(await run(python, [script, server.grpcAddress, protos, made]));
    expect(seen).to.deep.equal({
      registered: [1, 1],
      found: {
        schemaType: 'JSON',
        schema: '{"type":"object"}',
        metadata: { properties: { owner: 'team' }, tags: { a: { values: ['PII'] } } },
      },
      listed: ['python'],
      error: ['NOT_FOUND', '40401', 'SUBJECT_NOT_FOUND', 'llm-schema-registry.io'],
      health: 'SERVING',
      services: ['Compatibility', 'Config', 'Context', 'Mode', 'Schema', 'Subject'].map(
        (name) => `llm_schema_registry.v1.${name}Service`,
      ),
      reflected: { subjects: ['python'] },
    });
  });
});
