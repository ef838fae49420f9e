import { expect } from 'chai';
import type { Spec } from '../../operator/registry.ts';
import { until } from '../build/api-server.ts';
import { installCnpg, operandImage } from '../build/cnpg.ts';
import { type RegistryInCluster, registryIn } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { steadyLoad } from '../build/steady-load.ts';

const resources = { requests: { cpu: '20m', memory: '64Mi' } };
const small: Spec = {
  replicas: 1,
  autoscaling: { enabled: false },
  cache: { disabled: true },
  resources,
};
const pool = { min: 2, max: 10 };
const storage = { size: '1Gi' };

describe('the data of a registry on CloudNativePG', function () {
  this.timeout(10 * 60_000);
  let cluster: RunningCluster;
  let kept: RegistryInCluster | undefined;
  let guest: RegistryInCluster | undefined;

  before(async function () {
    this.timeout(60 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    await cluster.kubectl(['delete', 'sr', 'sample', '--ignore-not-found']);
    await installCnpg(cluster);
  });
  after(async () => {
    await kept?.remove();
    await guest?.remove();
  });

  const spec: Spec = {
    ...small,
    database: { pool, cnpg: { instances: 1, imageName: operandImage, storage, resources } },
  };
  const left = async ({ json }: RegistryInCluster, kind: string) =>
    ((await json('get', kind)) as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );

  it('is there after the registry was deleted, for the next one of its name', async () => {
    const registry = await registryIn(cluster, 'kept', spec);
    kept = registry;
    await registry.ready();
    const at = { namespace: registry.namespace, registry: 'kept' };
    const load = await steadyLoad(cluster, { ...at, prefix: 'kept' });
    try {
      await load.registers();
      await registry.kubectl('delete', 'sr', 'kept');
      await until('the servers are gone', async () => (await registry.pods('server')).length === 0, 120_000);
      expect(await left(registry, 'clusters.postgresql.cnpg.io')).to.deep.equal(['kept-postgres']);
      expect(await left(registry, 'pvc')).to.deep.equal(['kept-postgres-1']);
      await registry.apply(spec);
      await registry.ready();
      const { spec: service } = (await registry.json('get', 'service', 'kept')) as {
        spec: { clusterIP: string };
      };
      await load.moveTo(`http://${service.clusterIP}`);
      await load.registers();
      expect(await load.lost()).to.deep.equal([]);
    } finally {
      await load.stop();
    }
  });

  it('goes with the registry where its spec says so', async () => {
    const registry = kept as RegistryInCluster;
    await registry.patch({ deletionPolicy: 'Delete' });
    await until('the Cluster has an owner', async () => {
      const { metadata } = (await registry.json('get', 'cluster', 'kept-postgres')) as {
        metadata: { ownerReferences?: object[] };
      };
      return metadata.ownerReferences !== undefined;
    });
    await registry.kubectl('delete', 'sr', 'kept');
    await until(
      'Cluster and volume are gone',
      async () =>
        [...(await left(registry, 'clusters.postgresql.cnpg.io')), ...(await left(registry, 'pvc'))]
          .length === 0,
      180_000,
    );
  });

  it('may be in a Cluster of somebody else', async () => {
    guest = await registryIn(
      cluster,
      'guest',
      { ...small, database: { pool, cnpg: { clusterRef: { name: 'pg' } } } },
      [
        {
          apiVersion: 'postgresql.cnpg.io/v1',
          kind: 'Cluster',
          metadata: { name: 'pg' },
          spec: { instances: 1, imageName: operandImage, storage, resources },
        },
      ],
    );
    await guest.ready();
    await guest.says('DatabaseReady', 'True', 'Ready', {
      saying: /^pg-rw\.guest\.svc:5432 answers; Cluster pg: 1 of 1 instances are ready, primary pg-1$/,
    });
    await guest.kubectl('delete', 'sr', 'guest');
    expect(await left(guest, 'clusters.postgresql.cnpg.io')).to.deep.equal(['pg']);
  });
});
