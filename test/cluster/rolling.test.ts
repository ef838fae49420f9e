import { expect } from 'chai';
import { until } from '../build/api-server.ts';
import { tagServer } from '../build/local-images.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { type Seen, type SteadyLoad, steadyLoad } from '../build/steady-load.ts';

/** The load runs on for as long after a change: late news of an old pod would show then. */
const afterMs = 3_000;

describe('a registry that changes under load', function () {
  this.timeout(300_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;
  let load: SteadyLoad;

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    registry = await registryIn(cluster, 'rolling', { ...small, replicas: 2 });
    await registry.ready();
    load = await steadyLoad(cluster, {
      namespace: registry.namespace,
      registry: 'rolling',
      prefix: 'rolling',
    });
  });
  after(async () => {
    await load?.stop();
    await registry?.remove();
  });

  const changes: readonly {
    title: string;
    change: () => Promise<unknown>;
    isDone: () => Promise<boolean>;
  }[] = [
    {
      title: 'rolls for a change of its configuration',
      change: () => registry.patch({ config: { logLevel: 'warn' } }),
      isDone: async () => true,
    },
    {
      title: 'is scaled up',
      change: () => registry.kubectl('scale', 'sr/rolling', '--replicas=3'),
      isDone: async () => (await registry.pods('server')).length === 3,
    },
    {
      title: 'is scaled down',
      change: () => registry.kubectl('scale', 'sr/rolling', '--replicas=1'),
      isDone: async () => (await registry.pods('server')).length === 1,
    },
    {
      title: 'has its passwords replaced',
      change: () =>
        registry.kubectl('annotate', 'sr/rolling', `llm-schema-registry.io/rotate-credentials=${Date.now()}`),
      isDone: async () => {
        const { data, metadata } = (await registry.json('get', 'secret', 'rolling-postgres')) as {
          data: Record<string, string>;
          metadata: { annotations: Record<string, string> };
        };
        const isAnswered = metadata.annotations['llm-schema-registry.io/rotate-credentials'] !== undefined;
        return isAnswered && data.previous === '';
      },
    },
    {
      title: 'is upgraded, with one replica',
      change: async () => {
        await tagServer(cluster, '0.1.1');
        await registry.patch({ version: '0.1.1' });
      },
      isDone: async () => (await registry.get()).status?.lastRollout?.cause.startsWith('image ') ?? false,
    },
  ];

  for (const { title, change, isDone } of changes) {
    it(`${title}: no request fails, and nothing acknowledged is lost`, async () => {
      const seen = await load.during(async () => {
        await change();
        // The kubelet hands a changed Secret to PostgreSQL in its own time.
        await until('the change is there', isDone, 120_000);
        await registry.ready();
        await until('no pod is on its way out', hasNoneLeaving, 60_000);
        const endMs = performance.now() + afterMs;
        await until('the load went on', async () => performance.now() > endMs, afterMs * 2);
      });
      tell(title, seen);
      expect(seen.errors).to.deep.equal({});
      expect(seen.requests).to.be.above(100);
      expect((await load.lost()).join('\n')).to.equal('');
    });
  }

  const hasNoneLeaving = async () => {
    const { items } = (await registry.json('get', 'pods')) as {
      items: { metadata: { deletionTimestamp?: string } }[];
    };
    return items.every(({ metadata }) => metadata.deletionTimestamp === undefined);
  };
});

function tell(title: string, { requests, errors, longestGapMs }: Seen): void {
  const gaps = Object.entries(longestGapMs).map(([kind, ms]) => `${kind} ${Math.round(ms)} ms`);
  console.log(
    `      ${title}: ${requests} requests, errors ${JSON.stringify(errors)}, longest gap: ${gaps.join(', ')}`,
  );
}
