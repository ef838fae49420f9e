import { expect } from 'chai';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { runOperator } from '../../operator/main.ts';
import type { Spec, Status } from '../../operator/registry.ts';
import { readSettings } from '../../operator/settings.ts';
import { conditionOf, find, openApiServer, until } from '../build/api-server.ts';

const namespace = 'default';

function object(apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, ...rest };
}

const registry = (name: string, spec: Spec = {}) =>
  object('llm-schema-registry.io/v1alpha1', 'SchemaRegistry', name, { spec });
const secret = (name: string, stringData: Readonly<Record<string, string>>) =>
  object('v1', 'Secret', name, { stringData });

describe('services that somebody else runs, at an API server', function () {
  this.timeout(60_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  const stopping = new AbortController();
  let ended: Promise<unknown>;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    const settings = readSettings({ METRICS_PORT: '0', HEALTH_PORT: '0', LOG_LEVEL: 'error' });
    ended = runOperator({ ...settings, namespace }, stopping.signal);
  });
  after(async () => {
    stopping.abort();
    await ended;
    await server?.close();
  });

  const deployment = (name: string) => object('apps/v1', 'Deployment', name);
  const templateOf = async (name: string) =>
    JSON.stringify(((await cluster.get(deployment(name))).spec as { template: object }).template);
  const stalledWords = (name: string, words: string) =>
    until(`Stalled says ${words}`, async () => {
      const condition = conditionOf(await cluster.get(registry(name)), 'Stalled');
      return condition?.message.includes(words) ? condition : undefined;
    });
  const rolloutSays = (name: string, words: string) =>
    until(`the last rollout says ${words}`, async () => {
      const { lastRollout } = ((await cluster.get(registry(name))).status ?? {}) as Status;
      return lastRollout?.cause === words;
    });

  const archived: Spec = {
    // Handing the replicas to an autoscaler is a generation too.
    autoscaling: { enabled: false },
    artifacts: { s3: { bucket: 'team-a', credentialsSecretRef: { name: 'archive-keys' } } },
  };

  it('waits for a Secret that is not there, says which, and goes on when it is', async () => {
    await cluster.apply(registry('archived', archived));
    const condition = await stalledWords(
      'archived',
      'there is no Secret "archive-keys" in namespace default',
    );
    expect(condition).to.deep.include({ status: 'True', reason: 'SecretMissing' });
    await cluster.apply(secret('archive-keys', { accessKeyId: 'me' }));
    await stalledWords('archived', 'Secret "archive-keys" has nothing under secretAccessKey');
    await cluster.apply(secret('archive-keys', { accessKeyId: 'me', secretAccessKey: 'one' }));
    await until('the Deployment', () => cluster.get(deployment('archived')));
    await stalledWords('archived', 'the spec can be carried out');
  });

  it('replaces the pods once when the Secret changes, and says why', async () => {
    const { generation } = (await cluster.get(deployment('archived'))).metadata;
    await cluster.apply(secret('archive-keys', { accessKeyId: 'me', secretAccessKey: 'two' }));
    await rolloutSays('archived', 'Secret archive-keys');
    const after = await cluster.get(deployment('archived'));
    expect(after.metadata.generation).to.equal((generation ?? 0) + 1);
  });

  it('leaves what runs as it is when the Secret goes', async () => {
    const before = await templateOf('archived');
    await cluster.delete(await cluster.get(secret('archive-keys', {})));
    await stalledWords('archived', 'there is no Secret "archive-keys"');
    expect(await templateOf('archived')).to.equal(before);
    await cluster.apply(secret('archive-keys', { accessKeyId: 'me', secretAccessKey: 'two' }));
    await stalledWords('archived', 'the spec can be carried out');
    expect(await templateOf('archived')).to.equal(before);
  });

  it('lets nobody change the kind of a database, and says why', async () => {
    const external = { host: 'db', credentialsSecretRef: { name: 'db' } };
    const change = cluster.apply(registry('archived', { ...archived, database: { external } }));
    await change.then(
      () => expect.fail('it was taken'),
      (error: Error) =>
        expect(error.message).to.match(/the kind \(managed, external or cnpg\) cannot be changed/),
    );
  });

  it('makes no PostgreSQL where somebody else runs it', async () => {
    const external = { host: 'db', credentialsSecretRef: { name: 'db' } };
    await cluster.apply(secret('db', { username: 'me', password: 'p@ss' }));
    await cluster.apply(registry('brought', { database: { external } }));
    await until('the Deployment', () => cluster.get(deployment('brought')));
    for (const [apiVersion, kind] of [
      ['apps/v1', 'StatefulSet'],
      ['v1', 'Service'],
      ['v1', 'Secret'],
    ] as const)
      expect(await find(cluster, object(apiVersion, kind, 'brought-postgres'))).to.equal(undefined);
  });

  it('takes no notice of a Secret that no spec names', async () => {
    const { resourceVersion } = (await cluster.get(registry('archived'))).metadata;
    await cluster.apply(secret('somebody', { password: 'x' }));
    expect((await cluster.get(registry('archived'))).metadata.resourceVersion).to.equal(resourceVersion);
  });
});
