import { expect } from 'chai';
import type { Spec } from '../../operator/registry.ts';
import { until } from '../build/api-server.ts';
import { installCnpg, operandImage } from '../build/cnpg.ts';
import { type Pod, type RegistryInCluster, registryIn, restartsOf } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { type Seen, type SteadyLoad, steadyLoad } from '../build/steady-load.ts';

const name = 'failover';
const postgres = `${name}-postgres`;
const spec: Spec = {
  replicas: 2,
  autoscaling: { enabled: false },
  cache: { disabled: true },
  resources: { requests: { cpu: '20m', memory: '64Mi' } },
  database: {
    pool: { min: 2, max: 10 },
    cnpg: {
      instances: 3,
      imageName: operandImage,
      storage: { size: '1Gi' },
      resources: { requests: { cpu: '20m', memory: '64Mi' } },
    },
  },
};

const warmUpRounds = 20;

interface ClusterStatus {
  readonly phase?: string;
  readonly currentPrimary?: string;
  readonly instanceNames?: readonly string[];
  readonly readyInstances?: number;
}

describe('a registry on CloudNativePG, under load', function () {
  this.timeout(10 * 60_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;
  let load: SteadyLoad;

  before(async function () {
    this.timeout(60 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    // What it asks for is more than is left beside three instances.
    await cluster.kubectl(['delete', 'sr', 'sample', '--ignore-not-found']);
    await installCnpg(cluster);
    registry = await registryIn(cluster, name, spec);
    await until('the Cluster is whole', isWhole, 5 * 60_000);
    await registry.ready();
    load = await steadyLoad(cluster, {
      namespace: registry.namespace,
      registry: name,
      prefix: name,
      way: 'apart',
    });
    // Until every server has in memory what readers ask for.
    for (let round = 0; round < warmUpRounds; round += 1) await load.registers();
  });
  after(async () => {
    await load?.stop();
    await registry?.remove();
  });

  const statusOf = async () =>
    ((await registry.json('get', 'cluster', postgres)) as { status?: ClusterStatus }).status ?? {};
  const isWhole = async () => {
    const { phase, readyInstances } = await statusOf();
    return phase === 'Cluster in healthy state' && readyInstances === 3;
  };
  const isSettled = async () =>
    (await registry.condition('Ready'))?.status === 'True' &&
    (await registry.condition('Reconciling'))?.status === 'False' &&
    (await registry.condition('Degraded'))?.status === 'False';
  const shown = async (pods: Promise<readonly Pod[]>) =>
    (await pods).map((pod) => `${pod.metadata.name}: ${restartsOf(pod)}`).toSorted();
  const rolledOutFor = async (secret: string) =>
    (await registry.get()).status?.lastRollout?.cause.includes(`Secret ${secret}`) ?? false;

  const events: readonly {
    title: string;
    happens: () => Promise<() => Promise<boolean>>;
    keepsPods: boolean;
  }[] = [
    {
      title: 'a switchover',
      keepsPods: true,
      happens: async () => {
        const { currentPrimary, instanceNames = [] } = await statusOf();
        const next = instanceNames.find((instance) => instance !== currentPrimary) ?? '';
        // As `kubectl cnpg promote` does it.
        const status = {
          targetPrimary: next,
          targetPrimaryTimestamp: new Date().toISOString(),
          phase: 'Switchover in progress',
          phaseReason: `Switching over to ${next}`,
        };
        await registry.kubectl(
          ...['patch', 'cluster', postgres, '--subresource=status', '--type=merge'],
          ...['-p', JSON.stringify({ status })],
        );
        return async () => (await statusOf()).currentPrimary === next;
      },
    },
    {
      title: 'the primary is killed',
      keepsPods: true,
      happens: async () => {
        const { currentPrimary = '' } = await statusOf();
        await registry.kubectl('delete', 'pod', currentPrimary, '--grace-period=0', '--force');
        return async () => (await statusOf()).currentPrimary !== currentPrimary;
      },
    },
    {
      title: 'the primary is drained',
      keepsPods: true,
      happens: async () => {
        const { currentPrimary = '' } = await statusOf();
        await registry.kubectl('delete', 'pod', currentPrimary, '--wait=false');
        return async () => (await statusOf()).currentPrimary !== currentPrimary;
      },
    },
    {
      title: 'every instance is replaced, for more memory',
      keepsPods: true,
      happens: async () => {
        const { currentPrimary } = await statusOf();
        await registry.patch({ database: { cnpg: { resources: { requests: { memory: '80Mi' } } } } });
        return async () => (await statusOf()).currentPrimary !== currentPrimary;
      },
    },
    {
      title: 'another password',
      keepsPods: false,
      happens: async () => {
        const password = `rotated-${Date.now()}`;
        await registry.kubectl(
          ...['patch', 'secret', `${postgres}-app`, '-p', JSON.stringify({ stringData: { password } })],
        );
        return () => rolledOutFor(`${postgres}-app`);
      },
    },
    {
      title: 'another authority',
      keepsPods: false,
      happens: async () => {
        // CloudNativePG makes them anew, with an authority that nobody knows yet.
        const gone = ['ca', 'server', 'replication'].map((part) => `${postgres}-${part}`);
        await registry.kubectl('delete', 'secret', ...gone);
        return () => rolledOutFor(`${postgres}-ca`);
      },
    },
  ];

  for (const { title, happens, keepsPods } of events) {
    it(`${title}: reads go on, registrations wait, and nothing acknowledged is lost`, async () => {
      const before = await shown(registry.pods('server'));
      const seen = await load.during(async () => {
        const isDone = await happens();
        await until(`it is done: ${title}`, isDone, 180_000);
        await until('the Cluster is whole', isWhole, 180_000);
        await until('the registry is settled', isSettled, 180_000);
        await load.registers();
      });
      tell(title, seen);
      const lost = await load.lost();
      expect(lost).to.deep.equal([]);
      expect(seen.errors).to.deep.equal({});
      const after = await shown(registry.pods('server'));
      if (keepsPods) expect(after).to.deep.equal(before);
      for (const pod of after) expect(pod).to.match(/: 0$/);
    });
  }
});

function tell(title: string, { requests, errors, longestGapMs }: Seen): void {
  const gaps = Object.entries(longestGapMs).map(([kind, ms]) => `${kind} ${Math.round(ms)} ms`);
  console.log(
    `      ${title}: ${requests} requests, errors ${JSON.stringify(errors)}, longest gap: ${gaps.join(', ')}`,
  );
}
