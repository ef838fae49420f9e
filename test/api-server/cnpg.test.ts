import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec, Status } from '../../operator/registry.ts';
import { conditionOf, find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, named } from '../build/children.ts';
import { clusterCrd } from '../build/cnpg.ts';
import { openFaultyApi } from '../build/faulty-api.ts';
import { startOperatorProcess } from '../build/operator-process.ts';

const home = 'llm-schema-registry';
const account = 'llm-schema-registry-operator';
const small: Spec = { replicas: 1, autoscaling: { enabled: false }, cache: { disabled: true } };

describe('a PostgreSQL of CloudNativePG (its kind at a real API server; what its operator does is done by hand)', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  let proxy: Awaited<ReturnType<typeof openFaultyApi>>;
  let operator: Awaited<ReturnType<typeof startOperatorProcess>>;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } });
    await cluster.apply(named('v1', 'ServiceAccount', account, home));
    for (const path of [
      'rbac/role.yaml',
      'rbac/role-bindings.yaml',
      'namespaced/lease-role.yaml',
      'namespaced/lease-role-binding.yaml',
    ])
      for (const object of parseAllDocuments(
        readFileSync(new URL(`../../config/${path}`, import.meta.url), 'utf8'),
      ))
        await cluster.apply(object.toJS() as KubeObject);
    const answer = await cluster.request(
      'POST',
      `/api/v1/namespaces/${home}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    );
    const { token } = (answer as { status: { token: string } }).status;
    proxy = await openFaultyApi(process.env.KUBECONFIG ?? '');
    operator = await startOperatorProcess(proxy.kubeconfig(token), 'cnpg', { POD_NAMESPACE: home });
  });
  after(async () => {
    await operator?.stop();
    await proxy?.close();
    await server?.close();
  });

  const registry = (name: string, spec: Spec = {}) => aRegistryNamed(name, { ...small, ...spec });
  const own = registry('own', { database: { cnpg: { instances: 3, storage: { size: '1Gi' } } } });
  const guest = registry('guest', { database: { cnpg: { clusterRef: { name: 'pg' } } } });
  const aCluster = (name: string, rest: object = {}) =>
    named('postgresql.cnpg.io/v1', 'Cluster', name, 'default', rest);
  const ownCluster = aCluster('own-postgres');
  const deployment = (name: string) => named('apps/v1', 'Deployment', name);
  const says = (object: KubeObject, status: string, reason: string, words: RegExp) => {
    let last: ReturnType<typeof conditionOf>;
    return until(
      `DatabaseReady of ${object.metadata.name} is ${status} ${reason} ${words}`,
      async () => {
        last = conditionOf(await cluster.get(object), 'DatabaseReady');
        return last?.status === status && last.reason === reason && words.test(last.message);
      },
      90_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; ${JSON.stringify(last)}`);
    });
  };
  const specOf = async (object: KubeObject) =>
    ((await cluster.get(object)).spec ?? {}) as Record<string, unknown>;
  const patch = (name: string, change: object, ...flags: string[]) =>
    server.kubectl([
      ...['patch', 'clusters.postgresql.cnpg.io', name, '-n', 'default', '--type=merge', ...flags],
      ...['-p', JSON.stringify(change)],
    ]);
  const secretsOf = async (name: string, password = 'one') => {
    const ofApp = { username: 'registry', password, dbname: 'registry' };
    await cluster.apply(named('v1', 'Secret', `${name}-app`, 'default', { stringData: ofApp }), {
      manager: 'cnpg',
    });
    await cluster.apply(named('v1', 'Secret', `${name}-ca`, 'default', { stringData: { 'ca.crt': 'PEM' } }), {
      manager: 'cnpg',
    });
  };

  it('says that there is no CloudNativePG, and makes all that needs none', async () => {
    await cluster.apply(own);
    await says(own, 'False', 'CloudNativePGMissing', /install CloudNativePG 1\.25 or later/);
    await until('its Service is there', () => find(cluster, named('v1', 'Service', 'own')));
    expect(await find(cluster, deployment('own'))).to.equal(undefined);
  });

  it('makes its Cluster by itself once the kind is there, as CloudNativePG takes it', async () => {
    await cluster.apply(clusterCrd());
    await until('the Cluster is there', () => find(cluster, ownCluster), 90_000);
    const spec = await specOf(ownCluster);
    expect(spec).to.deep.include({
      instances: 3,
      smartShutdownTimeout: 0,
      primaryUpdateMethod: 'switchover',
    });
    expect((spec.postgresql as { synchronous: object }).synchronous).to.deep.include({
      method: 'any',
      number: 1,
      dataDurability: 'required',
    });
    await says(
      own,
      'False',
      'Starting',
      /^Cluster own-postgres: 0 of 3 .*Secret own-postgres-app is not there yet/,
    );
    expect(await find(cluster, deployment('own'))).to.equal(undefined);
  });

  it('makes the servers once CloudNativePG has made the Secrets, and follows what the Cluster says', async () => {
    await secretsOf('own-postgres');
    await until('the Deployment is there', () => find(cluster, deployment('own')));
    const status = {
      phase: 'Switchover in progress',
      currentPrimary: 'own-postgres-1',
      targetPrimary: 'own-postgres-2',
      readyInstances: 2,
    };
    await patch('own-postgres', { status }, '--subresource=status');
    await says(
      own,
      'Unknown',
      'Starting',
      /2 of 3 .*, on its way to own-postgres-2; Switchover in progress$/,
    );
    const { dependencies } = ((await cluster.get(own)).status ?? {}) as Status;
    expect(dependencies?.database?.cluster).to.deep.equal({
      name: 'own-postgres',
      phase: 'Switchover in progress',
      primary: 'own-postgres-1',
      instances: 3,
      readyInstances: 2,
    });
  });

  it('leaves what others add to the Cluster, and puts back what is its own', async () => {
    const backup = { retentionPolicy: '30d' };
    await patch('own-postgres', { spec: { instances: 1, backup } });
    await until('three instances are wanted again', async () => (await specOf(ownCluster)).instances === 3);
    expect((await specOf(ownCluster)).backup).to.deep.include(backup);
    expect(conditionOf(await cluster.get(own), 'Overruled')?.status).to.equal('False');
  });

  it('has an owner by which it goes only where the data is to go with the registry', async () => {
    const owners = async () => (await cluster.get(ownCluster)).metadata.ownerReferences ?? [];
    expect(await owners()).to.deep.equal([]);
    const edit = (deletionPolicy: string) =>
      server.kubectl([
        ...['patch', 'sr', 'own', '-n', 'default', '--type=merge'],
        ...['-p', JSON.stringify({ spec: { deletionPolicy } })],
      ]);
    await edit('Delete');
    await until('it has an owner', async () => (await owners()).length === 1);
    await edit('Retain');
    await until('it has none', async () => (await owners()).length === 0);
  });

  it('waits for a Cluster of somebody else, and takes it as it is', async () => {
    await cluster.apply(guest);
    await says(guest, 'False', 'ClusterMissing', /there is no Cluster "pg" in namespace default/);
    const storage = { size: '1Gi' };
    await cluster.apply(aCluster('pg', { spec: { instances: 2, storage } }), { manager: 'somebody' });
    await says(guest, 'False', 'Starting', /Secret pg-app is not there yet/);
    const before = await cluster.get(aCluster('pg'));
    await secretsOf('pg');
    await until('the Deployment is there', () => find(cluster, deployment('guest')));
    const { template } = (await specOf(deployment('guest'))) as { template: object };
    expect(JSON.stringify(template)).to.include('"name":"pg-app"').and.include('"secretName":"pg-ca"');
    await patch('pg', { status: { phase: 'Failing over', readyInstances: 1 } }, '--subresource=status');
    await says(guest, 'Unknown', 'Starting', /1 of 2 .*; Failing over$/);
    const after = await cluster.get(aCluster('pg'));
    expect(after.metadata.generation).to.equal(before.metadata.generation);
    expect(after.metadata.labels).to.equal(undefined);
  });

  it('replaces the servers where CloudNativePG has another password, and says why', async () => {
    await secretsOf('pg', 'two');
    await until('the rollout is told', async () => {
      const { lastRollout } = ((await cluster.get(guest)).status ?? {}) as Status;
      return lastRollout?.cause === 'Secret pg-app';
    });
  });

  it('leaves the Cluster where it is when the registry goes, and finds it again', async () => {
    const { uid } = (await cluster.get(ownCluster)).metadata;
    await cluster.delete(await cluster.get(own));
    await until('the registry is gone', async () => (await find(cluster, own)) === undefined);
    // With another kind of database it is of no use any more, and stays all the same.
    const managed = registry('own');
    await cluster.apply(managed);
    await until('the registry is made', async () => conditionOf(await cluster.get(managed), 'Reconciling'));
    await until('PostgreSQL is made', () => find(cluster, named('apps/v1', 'StatefulSet', 'own-postgres')));
    expect((await cluster.get(ownCluster)).metadata.uid).to.equal(uid);
    await cluster.delete(await cluster.get(managed));
    await until('the registry is gone', async () => (await find(cluster, managed)) === undefined);
  });

  it('takes no right that its role has not, and none to delete', () => {
    const denied = proxy.seen.filter(({ code }) => code === 403 || code === 401);
    expect(denied.map(({ verb, resource }) => `${verb} ${resource}`)).to.deep.equal([]);
    const verbs = proxy.seen
      .filter(({ resource }) => resource.startsWith('clusters.postgresql.cnpg.io'))
      .flatMap(({ verb, isApply }) => (isApply ? [verb, 'patch'] : [verb]));
    expect([...new Set(verbs)].toSorted()).to.deep.equal(['create', 'get', 'list', 'patch', 'watch']);
  });
});
