import { expect } from 'chai';
import { until } from '../build/api-server.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';

/** Run in a pod of the server, as a client's pod would: `status body` of a request with that key. */
const ask = `
const [key, method, body] = process.argv.slice(1);
const headers = { 'content-type': 'application/json', ...(key === '' ? {} : { 'x-api-key': key }) };
const path = method === 'GET' ? '/subjects' : '/subjects/s/versions';
fetch('http://locked.locked.svc' + path, { method, headers, ...(method === 'GET' ? {} : { body }) })
  .then(async (answer) => console.log(answer.status, await answer.text()))
  .catch((error) => console.log(error.message));
`;
const schema = JSON.stringify({ schema: '"int"' });
const listed = (names: readonly string[]) =>
  JSON.stringify(names.map((name) => ({ name, role: 'writer', key: keyOf(name) })));
const keyOf = (name: string) => name.repeat(8).padEnd(32, '-');

describe('a registry with spec.auth', function () {
  this.timeout(300_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    registry = await registryIn(cluster, 'locked', { ...small, auth: { mode: 'ApiKey' } });
    await registry.ready();
  });
  after(() => registry?.remove());

  const inServer = async (key: string, method = 'GET') =>
    (
      await cluster.kubectl([
        ...['exec', '-n', 'locked', 'deploy/locked', '-c', 'server', '--'],
        ...['node', '-e', ask, '--', key, method, schema],
      ])
    ).trim();
  const adminKey = async () => {
    const { data } = (await registry.json('get', 'secret', 'locked-auth')) as {
      data: Record<string, string>;
    };
    return Buffer.from(data['admin-key'] ?? '', 'base64').toString();
  };
  const write = (text: string) =>
    cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'team-keys', namespace: 'locked' },
        stringData: { 'keys.yaml': text },
      }),
    );
  const uids = async () => (await registry.pods('server')).map(({ metadata }) => metadata.uid).toSorted();

  it('is Ready, and lets in the key that the operator made and nobody else', async () => {
    expect(await inServer('')).to.match(/^401 .*no credentials were sent/);
    expect(await inServer(keyOf('a'))).to.match(/^401 .*the API key is not known/);
    expect(await inServer(await adminKey(), 'POST')).to.match(/^200 .*"id":1/);
    const { status } = await registry.get();
    expect(JSON.stringify(status?.secrets)).to.include('"name":"locked-auth"');
  });

  it('keeps the key when its Secret is deleted', async () => {
    const key = await adminKey();
    await registry.kubectl('delete', 'secret', 'locked-auth');
    expect(await until('the Secret is back', () => adminKey().catch(() => undefined), 60_000)).to.equal(key);
  });

  it('takes the keys of a named Secret, and others without new pods', async () => {
    await write(listed(['a']));
    await registry.apply({
      ...small,
      auth: { mode: 'ApiKey', apiKeys: { secretRef: { name: 'team-keys' } } },
    });
    await until(
      'the key of the Secret works',
      async () => (await inServer(keyOf('a'))) === '200 ["s"]',
      120_000,
    );
    await registry.ready();
    const before = await uids();
    await write(listed(['a', 'b']));
    await until(
      'the key that was added works',
      async () => (await inServer(keyOf('b'))) === '200 ["s"]',
      120_000,
    );
    await write(listed(['b']));
    await until(
      'the key that was removed does not',
      async () => (await inServer(keyOf('a'))).startsWith('401'),
      120_000,
    );
    expect(await uids()).to.deep.equal(before);
  });

  it('names what is wrong in the Secret, and serves with the former keys', async () => {
    await write('- {name: b, role: writer, key: hush}');
    const words = await registry.says('Stalled', 'True', 'SecretInvalid');
    expect(words).to.include('spec.auth.apiKeys.secretRef: Secret "team-keys", key keys.yaml: entry 1: key');
    expect(words).not.to.include('hush');
    expect(await inServer(keyOf('b'))).to.equal('200 ["s"]');
    await write(listed(['b']));
    await registry.ready();
  });
});
