import { fileURLToPath } from 'node:url';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { expect } from 'chai';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { inside } from '../../hack/cluster/network.ts';
import { run } from '../../hack/cluster/run.ts';
import { findPython } from '../build/python.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';

describe('clients that people use, against a registry in a cluster', function () {
  this.timeout(900_000);
  let cluster: RunningCluster;
  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
  });

  const values = {
    [SchemaType.AVRO]: {
      schema: {
        type: 'record',
        name: 'Answer',
        namespace: 'example.node',
        fields: [{ name: 'text', type: 'string' }],
      },
      value: { text: 'yes' },
    },
    [SchemaType.JSON]: {
      schema: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { text: { type: 'string' } },
      },
      value: { text: 'no' },
    },
  } as const;

  for (const [type, { schema, value }] of Object.entries(values)) {
    it(`@kafkajs/confluent-schema-registry registers, writes and reads ${type}`, async () => {
      const client = new SchemaRegistry({ host: await cluster.url() });
      const { id } = await client.register(
        { type: type as SchemaType, schema: JSON.stringify(schema) } as never,
        { subject: `node-${type}` },
      );
      expect({ ...(await client.decode(await client.encode(id, value))) }).to.deep.equal(value);
      expect(await client.getLatestSchemaId(`node-${type}`)).to.equal(id);
    });
  }

  it('grpc-js registers and reads at the address in its status, from inside the cluster', async () => {
    const { status } = (await cluster.kubectl.json(['get', 'sr', 'sample'])) as {
      status: { endpoints: { grpc: string } };
    };
    expect(status.endpoints.grpc).to.equal('sample.default.svc:9090');
    const { spec } = (await cluster.kubectl.json(['get', 'service', 'sample'])) as {
      spec: { clusterIP: string };
    };
    // This machine does not ask the cluster's DNS.
    const address = `${spec.clusterIP}:9090`;
    const script = fileURLToPath(new URL('../clients/grpc-client.ts', import.meta.url));
    const [command = '', ...args] = inside(clusterFolders(cluster.name), [process.execPath, script, address]);
    expect(JSON.parse(await run(command, args))).to.deep.equal({
      codes: ['OK', 'OK', 'NOT_FOUND'],
      text: '{"type":"object"}',
      isSame: true,
    });
  });

  it('confluent-kafka (Python) registers, writes and reads Avro and JSON Schema', async function () {
    const found = await findPython();
    if ('reason' in found) {
      process.stderr.write(`    skipped, no Python client: ${found.reason}\n`);
      return this.skip();
    }
    const script = fileURLToPath(new URL('../clients/python-client.py', import.meta.url));
    const seen = JSON.parse(await run(found.python, [script, await cluster.url()]));
    expect(seen).to.deep.equal({
      avro: { tool: 'search', attempt: 2 },
      json: { question: 'why?' },
      latest: { subject: 'python-avro-value', version: 1, type: 'AVRO' },
      same_id: true,
      compatible: false,
      level: 'FULL',
      subjects: ['python-avro-value', 'python-json-value'],
      deleted: [1],
    });
  });
});
