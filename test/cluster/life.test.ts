import { expect } from 'chai';
import { until } from '../build/api-server.ts';
import { tagServer } from '../build/local-images.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { type SteadyLoad, steadyLoad } from '../build/steady-load.ts';

/** In order: each step begins where the one before has ended. */
describe('the life of a registry', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;
  let load: SteadyLoad;
  const spec = { ...small, version: '0.1.0' };

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
  });
  after(async () => {
    await load?.stop();
    await registry?.remove();
  });
  const startLoad = (prefix: string) => steadyLoad(cluster, { namespace: 'life', registry: 'life', prefix });
  const cause = async () => (await registry.get()).status?.lastRollout?.cause;
  const image = () =>
    registry.kubectl('get', 'deployment', 'life', '-o', 'jsonpath={.spec.template.spec.containers[0].image}');

  it('begins with an apply', async () => {
    registry = await registryIn(cluster, 'life', spec);
    await registry.ready();
    load = await startLoad('first');
    await load.registers();
  });

  it('is scaled by kubectl scale', async () => {
    await registry.kubectl('scale', 'sr/life', '--replicas=2');
    await until(
      'two replicas are ready',
      async () => (await registry.get()).status?.replicasReady === '2/2',
      60_000,
    );
    await registry.ready();
    await registry.kubectl('scale', 'sr/life', '--replicas=1');
    await until(
      'one replica is ready',
      async () => (await registry.get()).status?.replicasReady === '1/1',
      60_000,
    );
  });

  it('takes a change of its configuration, and says so', async () => {
    await registry.patch({ config: { defaultCompatibility: 'FULL' } });
    await until('it says why its pods are replaced', async () =>
      (await cause())?.includes('BACKWARD → FULL'),
    );
    await registry.ready();
    const url = `/api/v1/namespaces/life/services/http:life:http/proxy/config`;
    expect(JSON.parse(await cluster.kubectl(['get', '--raw', url]))).to.include({
      compatibilityLevel: 'FULL',
    });
  });

  it('is upgraded by its version', async () => {
    await tagServer(cluster, '0.1.1');
    await registry.patch({ version: '0.1.1' });
    await until('it says why its pods are replaced', async () => (await cause())?.startsWith('image '));
    await registry.ready();
    expect(await image()).to.match(/:0\.1\.1$/);
    await load.registers();
  });

  it('is not brought down to a version that its tables are too new for, and runs on', async () => {
    await registry.patch({ version: '0.0.9' });
    await registry.says('Stalled', 'True', 'DowngradeRefused', {
      saying: /^spec\.version: "0\.0\.9" cannot work with the tables.*for 0\.1\.0 and newer/,
    });
    expect(await image()).to.match(/:0\.1\.1$/);
    await load.registers();
    await registry.patch({ version: '0.1.0' });
    await registry.says('Stalled', 'False', 'Accepted');
    await until('its own version is wanted again', async () => /:0\.1\.0$/.test(await image()));
    await registry.ready();
  });

  it('is left alone while it is paused', async () => {
    await registry.patch({ paused: true });
    await registry.says('Paused', 'True', 'Paused');
    await registry.kubectl('delete', 'service', 'life-metrics');
    await registry.patch({ config: { logLevel: 'debug' } });
    await until('the operator has seen the change', async () => {
      const { metadata, status } = (await registry.get()) as {
        metadata: { generation?: number };
        status?: { observedGeneration?: number };
      };
      return metadata.generation === status?.observedGeneration;
    });
    expect(await registry.kubectl('get', 'services')).not.to.match(/life-metrics/);
    const level = 'jsonpath={.data.LOG_LEVEL}';
    expect(await registry.kubectl('get', 'configmap', 'life-config', '-o', level)).to.equal('info');
    await load.registers();
    await registry.patch({ paused: false });
    await until('the Service is back', async () =>
      /life-metrics/.test(await registry.kubectl('get', 'services')),
    );
    await registry.ready();
  });

  it('leaves its data when it is deleted under Retain, and finds it when it is applied again', async () => {
    const { metadata } = await registry.get();
    await registry.kubectl('delete', 'sr', 'life', '--timeout=60s');
    await until('its pods are gone', async () => (await objects('pods')).length === 0, 90_000);
    expect(await objects('persistentvolumeclaims')).to.deep.equal([
      'data-life-postgres-0',
      'data-life-redis-0',
    ]);
    expect(await objects('secrets,services,configmaps')).to.deep.equal([]);
    await registry.apply({ ...spec, deletionPolicy: 'Delete' });
    await registry.ready();
    expect((await registry.get()).metadata.uid).not.to.equal(metadata.uid);
    const lost = await (await moved()).lost();
    expect(lost).to.deep.equal([]);
  });

  it('leaves nothing when it is deleted under Delete', async () => {
    await load.stop();
    await registry.kubectl('delete', 'sr', 'life', '--timeout=60s');
    const kinds = ['pods', 'persistentvolumeclaims', 'secrets', 'services', 'configmaps', 'serviceaccounts'];
    const more = [
      'statefulsets',
      'deployments',
      'networkpolicies',
      'poddisruptionbudgets',
      'horizontalpodautoscalers',
    ];
    await until(
      'nothing of it is left',
      async () => (await objects([...kinds, ...more].join(','))).length === 0,
      90_000,
    );
    await until(
      'no volume of it is left',
      async () => {
        const volumes = await cluster.kubectl(['get', 'persistentvolumes']);
        return !volumes.includes('life/');
      },
      60_000,
    );
  });

  /** Names of what carries the operator's label. */
  const objects = async (kinds: string) => {
    const label = 'app.kubernetes.io/managed-by=llm-schema-registry-operator';
    const found = (await registry.json('get', kinds, '-l', label)) as {
      items: { metadata: { name: string } }[];
    };
    return found.items.map(({ metadata }) => metadata.name).sort();
  };
  /** The Service was made anew, with another address. */
  const moved = async () => {
    const { spec: service } = (await registry.json('get', 'service', 'life')) as {
      spec: { clusterIP: string };
    };
    await load.moveTo(`http://${service.clusterIP}`);
    return load;
  };
});
