import { expect } from 'chai';
import { eventually } from '../build/eventually.ts';
import { type GrpcClient, openGrpcClient } from '../build/grpc.ts';
import { heldMegabytes } from '../build/held-megabytes.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';
import { anAvroRecord } from '../build/schema.ts';

/** What memory may hold more of than before: caches that are full, and what the collector has not come to yet. */
const MORE_MEGABYTES = 110;

describe('requests that a reader makes up', function () {
  this.timeout(120_000);
  let server: RegistryProcess;
  let grpc: GrpcClient;

  before(async () => {
    server = await startRegistryProcess({}, ['--max-old-space-size=300']);
    grpc = openGrpcClient(server.grpcAddress);
    await post('/subjects/s/versions', { schema: anAvroRecord('R') });
  });
  after(async () => {
    grpc.close();
    await server.stop();
  });

  async function post(path: string, body: object | string): Promise<number> {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    await response.arrayBuffer();
    return response.status;
  }

  async function get(path: string): Promise<number> {
    const response = await fetch(server.url + path);
    await response.arrayBuffer();
    return response.status;
  }

  const long = (n: number, characters: number) => `${n}-`.padEnd(characters, 'x');
  const lookup = { schema: anAvroRecord('R') };
  /** Each adds up to more than may be kept. */
  const junk: readonly (readonly [what: string, times: number, send: (n: number) => Promise<unknown>])[] = [
    [
      'a lookup with another query each time',
      2_500,
      (n) => post(`/subjects/s?junk=${long(n, 60_000)}`, lookup),
    ],
    [
      'a version of a subject with a long name',
      2_500,
      (n) => get(`/subjects/${long(n, 60_000)}/versions/latest`),
    ],
    ['the config of a context that does not exist', 2_500, (n) => get(`/config/:.${long(n, 60_000)}:`)],
    ['a schema in such a context', 2_500, (n) => get(`/schemas/ids/1?subject=:.${long(n, 60_000)}:`)],
    [
      'a config by gRPC, with a name of a megabyte',
      120,
      (n) =>
        grpc.call('ConfigService/GetConfig', {
          subject: `:.${long(n, 1_500_000)}:`,
          default_to_global: true,
        }),
    ],
    [
      'a version by gRPC, with a name of a megabyte',
      120,
      (n) => grpc.call('SubjectService/GetVersion', { subject: long(n, 1_500_000), latest: true }),
    ],
  ];

  for (const [what, times, send] of junk) {
    it(`leave nothing behind in a heap of 300 MB: ${what}`, async () => {
      const before = await heldMegabytes(server);
      let next = 0;
      let answered = 0;
      const others = (async () => {
        for (; next < times; answered++) expect(await get('/schemas/types')).to.equal(200);
      })();
      const clients = Array.from({ length: 8 }, async () => {
        while (next < times) await send(next++);
      });
      await Promise.all([...clients, others]);
      expect(answered).to.be.above(10);
      expect(server.child.exitCode).to.equal(null);
      await eventually(async () => {
        expect(await heldMegabytes(server), `megabytes, after ${before}`).to.be.below(
          before + MORE_MEGABYTES,
        );
      }, 20_000);
    });
  }
});
