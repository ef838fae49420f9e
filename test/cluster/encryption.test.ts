import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { until } from '../build/api-server.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';

/** Run in a pod of the server, which has node and the registry's authority, as a client's pod would have. */
const trust = "const ca = require('node:fs').readFileSync('/etc/llm-schema-registry/authority/ca.crt');";
const connect = `${trust}
const [host, port] = process.argv.slice(1);
const socket = require('node:tls').connect({ host, port: Number(port), servername: host, ca }, () => {
  console.log(socket.getPeerCertificate().serialNumber);
  socket.destroy();
});
socket.on('error', (error) => console.log(error.code ?? error.message));
`;
const ask = `${trust}
const { protocol, href } = new URL(process.argv[1]);
require(protocol === 'https:' ? 'node:https' : 'node:http')
  .get(href, { ca }, async (response) => {
    const [body = ''] = await response.setEncoding('utf8').toArray();
    console.log(response.statusCode, body);
  })
  .on('error', (error) => console.log(error.code ?? error.message));
`;

describe('a registry with tls.mode Operator', function () {
  this.timeout(300_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    registry = await registryIn(cluster, 'encrypted', { ...small, tls: { mode: 'Operator' } });
    await registry.ready();
  });
  after(() => registry?.remove());

  const exec = (pod: string, container: string, ...command: string[]) =>
    cluster.kubectl(['exec', '-n', 'encrypted', pod, '-c', container, '--', ...command]);
  const inServer = async (script: string, ...args: string[]) =>
    (await exec('deploy/encrypted', 'server', 'node', '-e', script, ...args)).trim();
  const serialIn = async (secret: string) => {
    const { data } = (await registry.json('get', 'secret', secret)) as { data: Record<string, string> };
    return new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64')).serialNumber;
  };
  const restarts = async () =>
    Object.fromEntries(
      (await Promise.all(['server', 'postgres', 'redis'].map(registry.pods)))
        .flat()
        .map(({ metadata, status }) => [
          metadata.uid,
          status?.containerStatuses?.map(({ restartCount }) => restartCount),
        ]),
    );

  it('answers in HTTPS those who trust its authority, and shows the URL', async () => {
    expect(await inServer(ask, 'https://encrypted.encrypted.svc/subjects')).to.equal('200 []');
    const { status } = await registry.get();
    expect(status?.endpoints).to.deep.include({ http: 'https://encrypted.encrypted.svc' });
    const bundle = (await registry.json('get', 'configmap', 'encrypted-ca')) as {
      data: { 'ca.crt': string };
    };
    expect(new X509Certificate(bundle.data['ca.crt']).ca).to.equal(true);
  });

  it('answers nobody in the clear: neither the API, nor PostgreSQL, nor Redis', async () => {
    expect(await inServer(ask, 'http://encrypted-headless.encrypted.svc:8080/subjects')).not.to.match(/^\d/);
    const failure = (pod: string, container: string, ...command: string[]) =>
      exec(pod, container, ...command).then(
        (words) => words,
        (error: Error) => error.message,
      );
    const plain = 'host=encrypted-postgres.encrypted.svc user=registry dbname=registry sslmode=disable';
    expect(await failure('encrypted-postgres-0', 'postgres', 'psql', '-w', plain)).to.match(/no encryption/);
    expect(
      await failure('encrypted-redis-0', 'redis', 'redis-cli', '-h', 'encrypted-redis.encrypted.svc', 'ping'),
    ).not.to.match(/PONG|NOAUTH/);
  });

  it('takes up other certificates without a restart of anything', async () => {
    const places = [
      ['encrypted-tls', 'encrypted.encrypted.svc', '443'],
      ['encrypted-redis-tls', 'encrypted-redis.encrypted.svc', '6379'],
    ] as const;
    const before = await restarts();
    const old = await Promise.all(places.map(([secret]) => serialIn(secret)));
    // Lost for good: no operator is there that remembers them.
    await cluster.kubectl(['scale', 'deployment', '-n', 'llm-schema-registry', '--all', '--replicas=0']);
    await until(
      'no operator is there',
      async () =>
        ((await cluster.kubectl.json(['get', 'pods', '-n', 'llm-schema-registry'])) as { items: unknown[] })
          .items.length === 0,
      60_000,
    );
    for (const [secret] of places) await registry.kubectl('delete', 'secret', secret);
    await registry.kubectl('delete', 'secret', 'encrypted-postgres-tls');
    await cluster.kubectl(['scale', 'deployment', '-n', 'llm-schema-registry', '--all', '--replicas=2']);
    for (const [index, [secret, host, port]] of places.entries()) {
      const fresh = await until(`Secret ${secret} is there`, () => serialIn(secret), 60_000);
      expect(fresh).not.to.equal(old[index]);
      await until(
        `${host} has the other certificate`,
        async () => (await inServer(connect, host, port)) === fresh,
        120_000,
      );
    }
    await registry.ready();
    expect(await restarts()).to.deep.equal(before);
    expect(await inServer(ask, 'https://encrypted.encrypted.svc/subjects')).to.equal('200 []');
  });
});
