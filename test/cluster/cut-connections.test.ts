import { expect } from 'chai';
import { operatorNamespace } from '../../hack/install.ts';
import { until } from '../build/api-server.ts';
import { type Fault, openFaultyApi } from '../build/faulty-api.ts';
import { startOperatorProcess } from '../build/operator-process.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { scaleOperator } from '../build/scale-operator.ts';
import { errorsOf, type SteadyLoad, steadyLoad } from '../build/steady-load.ts';

const faults: readonly Fault[] = ['gone', 'too-many-requests', 'internal-error', 'stall', 'reset'];
/** Longer than a watch may be silent, so that the operator has seen it. */
const faultMs = 6_000;

describe('a registry under load, whose operator is cut off from the API server', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;
  let load: SteadyLoad;
  let proxy: Awaited<ReturnType<typeof openFaultyApi>>;
  let operator: Awaited<ReturnType<typeof startOperatorProcess>>;

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    registry = await registryIn(cluster, 'cut-off', { ...small, replicas: 2 });
    await registry.ready();
    // The operator of the cluster makes room for one whose connections can be cut.
    await scaleOperator(cluster.kubectl, 0);
    proxy = await openFaultyApi(process.env.KUBECONFIG ?? '');
    operator = await startOperatorProcess(proxy.kubeconfig(), 'cut-off', {
      POD_NAMESPACE: operatorNamespace,
      WATCH_SILENCE_SECONDS: '3',
      SERVER_IMAGE: cluster.images.server ?? '',
      POSTGRES_IMAGE: cluster.images.postgres ?? '',
      REDIS_IMAGE: cluster.images.redis ?? '',
    });
    await until('it acts', async () => (await operator.health('readyz')).status === 200, 60_000);
    await registry.ready();
    load = await steadyLoad(cluster, { namespace: 'cut-off', registry: 'cut-off', prefix: 'cut-off' });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(operator.log().slice(-3000));
  });
  after(async () => {
    await load?.stop();
    await operator?.stop();
    await proxy?.close();
    await scaleOperator(cluster.kubectl, 2);
    await registry?.remove();
  });

  const levelOf = async () => {
    const { data } = (await registry.json('get', 'configmap', 'cut-off-config')) as {
      data: { LOG_LEVEL?: string };
    };
    return data.LOG_LEVEL;
  };
  const budget = async () => {
    const { spec } = (await registry.json('get', 'pdb', 'cut-off')) as { spec: { minAvailable: number } };
    return spec.minAvailable;
  };

  for (const [index, fault] of faults.entries()) {
    it(`"${fault}": what changed meanwhile is carried out afterwards, and no request fails`, async () => {
      const logLevel = index % 2 === 0 ? 'warn' : 'info';
      const wanted = await budget();
      let seconds = 0;
      const seen = await load.during(async () => {
        proxy.begin(fault);
        const begunMs = performance.now();
        await registry.patch({ config: { logLevel } });
        const spoiled = JSON.stringify({ spec: { minAvailable: wanted + 7 } });
        await registry.kubectl('patch', 'pdb', 'cut-off', '--type=merge', '-p', spoiled);
        await until('the fault has lasted', async () => performance.now() - begunMs > faultMs, faultMs * 2);
        proxy.end();
        const endedMs = performance.now();
        await until('the new spec is carried out', async () => (await levelOf()) === logLevel, 60_000);
        await until('what was spoiled is as wanted', async () => (await budget()) === wanted, 60_000);
        await registry.ready();
        seconds = (performance.now() - endedMs) / 1000;
        await load.registers();
      });
      console.log(
        `      ${fault}: Ready ${seconds.toFixed(1)} s after it; ${seen.requests} requests, ${errorsOf(seen)} errors`,
      );
      expect(seen.errors).to.deep.equal({});
      expect((await load.lost()).join('\n')).to.equal('');
      expect(operator.hasEnded()).to.equal(false);
    });
  }
});
