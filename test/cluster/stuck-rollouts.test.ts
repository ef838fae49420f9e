import { expect } from 'chai';
import type { Spec } from '../../operator/registry.ts';
import { until } from '../build/api-server.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';

interface Way {
  readonly title: string;
  /** A merge patch of the spec, and the one that takes it back. */
  readonly change: (server: string) => object;
  readonly correction: object;
  /** Beside the spec. */
  readonly quota?: true;
  readonly condition?: string;
  readonly reason: string;
  readonly says: RegExp;
}

const overlay = (spec: object) => ({ podTemplate: { spec } });
const withoutOverlay = { podTemplate: null };
const aNode = (server: string, script: string) => ({
  image: server,
  command: ['node', '-e', script],
  resources: { requests: { cpu: '5m', memory: '16Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
});

/** Of the server, while its pods of before answer. */
const serverWays: readonly Way[] = [
  {
    title: 'an image that cannot be pulled',
    change: () => ({ image: { repository: '127.0.0.1:1/server', tag: '9.9.9' } }),
    correction: { image: null },
    reason: 'ImagePullFailed',
    says: /container server: image 127\.0\.0\.1:1\/server:9\.9\.9 cannot be pulled/,
  },
  {
    title: 'the name of an image that is none',
    change: (server) =>
      overlay({
        containers: [{ ...aNode(server, ''), image: '127.0.0.1:1/Sidecar:1', name: 'sidecar' }],
      }),
    correction: withoutOverlay,
    reason: 'ImagePullFailed',
    says: /container sidecar: image 127\.0\.0\.1:1\/Sidecar:1 cannot be pulled/,
  },
  {
    title: 'a quota that has room for the pods of before alone',
    change: () => ({ config: { logLevel: 'debug' } }),
    correction: { config: null },
    quota: true,
    reason: 'QuotaExceeded',
    says: /exceeded quota: full/,
  },
  {
    title: 'requests that no node has room for',
    change: () => ({ resources: { requests: { cpu: '64' }, limits: { cpu: '64' } } }),
    correction: { resources: { requests: { cpu: '20m' }, limits: null } },
    reason: 'Unschedulable',
    says: /Insufficient cpu/,
  },
  {
    title: 'a node selector that no node has',
    change: () => overlay({ nodeSelector: { 'example.com/no-such': 'node' } }),
    correction: withoutOverlay,
    reason: 'Unschedulable',
    says: /node affinity\/selector/,
  },
  {
    title: 'a Secret that is not there',
    change: () => ({
      artifacts: { s3: { bucket: 'team-a', credentialsSecretRef: { name: 'no-such-secret' } } },
    }),
    correction: { artifacts: null },
    condition: 'Stalled',
    reason: 'SecretMissing',
    says: /credentialsSecretRef: there is no Secret "no-such-secret"/,
  },
  {
    title: 'a ConfigMap that a variable of a sidecar is to come from',
    change: (server) =>
      overlay({
        containers: [
          {
            ...aNode(server, 'setInterval(() => {}, 1000)'),
            name: 'sidecar',
            env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'no-such-map', key: 'x' } } }],
          },
        ],
      }),
    correction: withoutOverlay,
    reason: 'ConfigurationMissing',
    says: /container sidecar: configmap "no-such-map" not found/,
  },
  {
    title: 'a ConfigMap that is to be mounted',
    change: () =>
      overlay({
        volumes: [{ name: 'extra', configMap: { name: 'no-such-map' } }],
        containers: [{ name: 'server', volumeMounts: [{ name: 'extra', mountPath: '/mnt/extra' }] }],
      }),
    correction: withoutOverlay,
    reason: 'ConfigurationMissing',
    says: /volume "extra" : configmap "no-such-map" not found/,
  },
  {
    title: 'an overlay that the API server refuses',
    change: () => overlay({ nodeSelector: { 'example.com/zone': 'no value!' } }),
    correction: withoutOverlay,
    condition: 'Stalled',
    reason: 'BadSpec',
    says: /the API server refuses Deployment .*nodeSelector: Invalid value: "no value!"/,
  },
  {
    title: 'an init container that fails',
    change: (server) =>
      overlay({
        initContainers: [
          {
            ...aNode(server, 'console.error("Error: it cannot begin"); process.exitCode = 3'),
            name: 'first',
            terminationMessagePolicy: 'FallbackToLogsOnError',
          },
        ],
      }),
    correction: withoutOverlay,
    reason: 'CrashLooping',
    says: /container first, exit code 3: Error: it cannot begin/,
  },
  {
    title: 'an init container that hangs',
    change: (server) =>
      overlay({ initContainers: [{ ...aNode(server, 'setInterval(() => {}, 1000)'), name: 'first' }] }),
    correction: withoutOverlay,
    reason: 'Initializing',
    says: /init container first, which does not end/,
  },
];

/** Of PostgreSQL and Redis, whose one pod is replaced. */
const statefulSetWays: readonly Way[] = [
  {
    title: 'an image of PostgreSQL that cannot be pulled',
    change: () => ({ database: { managed: { image: '127.0.0.1:1/postgres:missing' } } }),
    correction: { database: { managed: { image: null } } },
    condition: 'DatabaseReady',
    reason: 'ImagePullFailed',
    says: /container \S+: image 127\.0\.0\.1:1\/postgres:missing cannot be pulled/,
  },
  {
    title: 'requests of Redis that no node has room for',
    change: () => ({ cache: { managed: { resources: { requests: { cpu: '64' }, limits: { cpu: '64' } } } } }),
    correction: { cache: { managed: { resources: { requests: { cpu: '20m' }, limits: null } } } },
    condition: 'CacheReady',
    reason: 'Unschedulable',
    says: /Insufficient cpu/,
  },
];

describe('a rollout that gets stuck', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  const registries: RegistryInCluster[] = [];
  const rows: string[] = [];

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
  });
  after(async () => {
    await Promise.all(registries.map((registry) => registry.remove()));
    for (const row of rows) console.log(`      ${row}`);
  });

  /** Breaks and mends a registry in each of the ways, one after the other. */
  async function tryAll(name: string, spec: Spec, ways: readonly Way[]): Promise<void> {
    const registry = await registryIn(cluster, name, spec);
    registries.push(registry);
    await registry.ready();
    const patch = (change: object) => registry.patch(change as Spec);
    const server = cluster.images.server ?? '';
    for (const { title, change, correction, quota, condition = 'Reconciling', reason, says } of ways) {
      if (quota) {
        // Not the pods that are there: one that the correction before took back may still be among them.
        const { items } = (await registry.json('get', 'deployments,statefulsets')) as {
          items: readonly { readonly spec: { readonly replicas: number } }[];
        };
        const wanted = items.reduce((sum, { spec }) => sum + spec.replicas, 0);
        await registry.kubectl('create', 'quota', 'full', `--hard=pods=${wanted}`);
        await registry.kubectl('wait', 'quota/full', '--for=jsonpath={.status.hard.pods}', '--timeout=30s');
      }
      await patch(change(server));
      const startedMs = performance.now();
      const status = condition === 'DatabaseReady' || condition === 'CacheReady' ? 'False' : 'True';
      const message = await registry.says(condition, status, reason, { timeoutMs: 90_000, saying: says });
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      rows.push(`${seconds.padStart(5)} s  ${condition} ${reason}  ${title}: ${message}`);
      if (condition === 'Reconciling') {
        expect((await registry.condition('Ready'))?.status, title).to.equal('True');
        await registry.says('Degraded', 'True', 'RolloutStuck');
      }
      if (quota) await registry.kubectl('delete', 'quota', 'full');
      await patch(correction);
      if (condition === 'Stalled') await registry.says('Stalled', 'False', 'Accepted');
      await registry.ready();
      await registry.says('Degraded', 'False', 'AllWell');
    }
  }

  it('says what it waits for, and goes on by itself once that is mended', async () => {
    const half = Math.ceil(serverWays.length / 2);
    const withoutCache: Spec = { ...small, cache: { disabled: true } };
    const results = await Promise.allSettled([
      tryAll('stuck-1', withoutCache, serverWays.slice(0, half)),
      tryAll('stuck-2', withoutCache, serverWays.slice(half)),
      tryAll('stuck-3', small, statefulSetWays),
    ]);
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(errors.map(String)).to.deep.equal([]);
  });

  it('leaves nothing of a registry that was deleted without its objects, when the next one has no Redis', async () => {
    const registry = registries.find(({ name }) => name === 'stuck-3');
    const ofRedis = ['get', 'statefulset,service,secret,configmap,networkpolicy', '-o', 'name'];
    const redis = ['-l', 'app.kubernetes.io/component=redis'];
    await registry?.kubectl('delete', 'sr', 'stuck-3', '--cascade=orphan');
    expect(await registry?.kubectl(...ofRedis, ...redis)).to.match(/statefulset.apps\/stuck-3-redis/);
    await registry?.apply({ ...small, cache: { disabled: true } });
    await registry?.ready();
    await until(
      'nothing of Redis is left',
      async () => (await registry?.kubectl(...ofRedis, ...redis))?.trim() === '',
    );
  });

  it('says so of a Deployment that somebody has paused', async () => {
    const registry = registries.find(({ name }) => name === 'stuck-1');
    await registry?.patch({ image: { repository: '127.0.0.1:1/server', tag: '9.9.9' } });
    await registry?.says('Reconciling', 'True', 'ImagePullFailed', { timeoutMs: 90_000 });
    // Otherwise the operator may take the pause back.
    await registry?.patch({ paused: true });
    await registry?.says('Paused', 'True', 'Paused');
    await registry?.kubectl('rollout', 'pause', `deployment/${registry.name}`);
    await registry?.says('Reconciling', 'True', 'RolloutPaused', {
      saying: /kubectl rollout resume deployment\/stuck-1 -n stuck-1/,
    });
    await registry?.kubectl('rollout', 'resume', `deployment/${registry.name}`);
    await registry?.patch({ paused: false, image: null } as unknown as Spec);
    await registry?.ready();
  });
});
