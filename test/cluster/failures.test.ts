import type { Spec } from '../../operator/registry.ts';
import { until } from '../build/api-server.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';

interface Failure {
  readonly title: string;
  readonly spec: Spec;
  /** Objects in its namespace that are there before it. */
  readonly objects?: readonly object[];
  readonly condition: string;
  readonly status?: string;
  readonly reason: string;
  readonly says: RegExp;
}

/** The PostgreSQL of the sample, as a database that somebody else runs: what is wrong is the server's alone. */
const external = (change: object = {}): Spec => ({
  ...small,
  database: {
    pool: { min: 1, max: 2 },
    external: {
      host: 'sample-postgres.default.svc',
      credentialsSecretRef: { name: 'credentials' },
      tls: { mode: 'Disable' },
      ...change,
    },
  },
  cache: { disabled: true },
});
const secret = (data: Readonly<Record<string, string>>, name = 'credentials') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData: data,
});
const wrongPassword = secret({ username: 'registry', password: 'wrong' });
const managed = (change: object): Spec => ({
  ...small,
  database: { ...small.database, managed: { ...small.database?.managed, ...change } },
  cache: { disabled: true },
});
const quota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'no-pods' },
  spec: { hard: { pods: '0' } },
};

const failures: readonly Failure[] = [
  {
    title: 'an image of the server that cannot be pulled',
    spec: { ...external(), image: { repository: 'registry.invalid/server', tag: '9.9.9' } },
    objects: [wrongPassword],
    condition: 'Ready',
    reason: 'ImagePullFailed',
    says: /image registry\.invalid\/server:9\.9\.9 cannot be pulled: .*registry\.invalid/,
  },
  {
    title: 'an image of PostgreSQL that cannot be pulled',
    spec: managed({ image: 'registry.invalid/postgres:0' }),
    condition: 'DatabaseReady',
    reason: 'ImagePullFailed',
    says: /image registry\.invalid\/postgres:0 cannot be pulled: .*registry\.invalid/,
  },
  {
    title: 'a storage class that is not there',
    spec: managed({ storage: { size: '1Gi', storageClassName: 'none-such' } }),
    condition: 'DatabaseReady',
    reason: 'ClaimPending',
    says: /claim data-\S+-postgres-0 waits for a volume of class none-such: .*"none-such" not found/,
  },
  {
    title: 'a quota that has no room for its pods',
    spec: managed({}),
    objects: [quota],
    condition: 'DatabaseReady',
    reason: 'QuotaExceeded',
    says: /exceeded quota: no-pods/,
  },
  {
    title: 'a quota that has no room for its server',
    spec: external(),
    objects: [quota, wrongPassword],
    condition: 'Ready',
    reason: 'QuotaExceeded',
    says: /exceeded quota: no-pods/,
  },
  {
    title: 'a server that ends again and again',
    spec: {
      ...external(),
      podTemplate: {
        spec: {
          containers: [{ name: 'server', env: [{ name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'nonsense' }] }],
        },
      },
    },
    objects: [wrongPassword],
    condition: 'Ready',
    reason: 'CrashLooping',
    says: /container server, exit code 1: .*OTEL_RESOURCE_ATTRIBUTES: "nonsense"/,
  },
  {
    title: 'a Secret that is not there',
    spec: external(),
    condition: 'Stalled',
    status: 'True',
    reason: 'SecretMissing',
    says: /^spec\.database\.external\.credentialsSecretRef: there is no Secret "credentials"/,
  },
  {
    title: 'a key that its Secret does not have',
    spec: external(),
    objects: [secret({ username: 'registry' })],
    condition: 'Stalled',
    status: 'True',
    reason: 'SecretMissing',
    says: /Secret "credentials" has nothing under password/,
  },
  {
    title: 'pods that no node takes',
    spec: { ...external(), resources: { requests: { cpu: '64' }, limits: { cpu: '64' } } },
    objects: [wrongPassword],
    condition: 'Ready',
    reason: 'Unschedulable',
    says: /Insufficient cpu/,
  },
  {
    title: 'a database that refuses the password',
    spec: external(),
    objects: [wrongPassword],
    condition: 'DatabaseReady',
    reason: 'CredentialsRefused',
    says: /sample-postgres\.default\.svc:5432: the database refuses the user name or password/,
  },
  {
    title: 'a database whose host nobody knows',
    spec: external({ host: 'no-such-host.default.svc' }),
    objects: [wrongPassword],
    condition: 'DatabaseReady',
    reason: 'HostUnknown',
    says: /no-such-host\.default\.svc:5432: the database's host name (is not known|cannot be looked up)/,
  },
];

describe('what a registry says of a failure that its user has to mend', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  const registries = new Map<Failure, RegistryInCluster>();

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    // Side by side: each takes some seconds to show.
    await Promise.all(
      failures.map(async (failure, index) => {
        const name = `failure-${index + 1}`;
        registries.set(failure, await registryIn(cluster, name, failure.spec, failure.objects));
      }),
    );
  });
  after(() => Promise.all([...registries.values()].map((registry) => registry.remove())));

  for (const failure of failures) {
    const { title, condition, status = 'False', reason, says } = failure;
    it(`names ${title}: ${condition} ${reason}`, async () => {
      const message = await registries.get(failure)?.says(condition, status, reason, { saying: says });
      console.log(`      ${message}`);
    });
  }

  it('and makes another claim of another class, and one of the default class once the registry is made anew', async () => {
    const failure = failures.find(({ title }) => title.startsWith('a storage class'));
    const registry = failure && registries.get(failure);
    if (failure === undefined || registry === undefined) throw new Error('there is no such registry');
    const withClass = (storageClassName: string | undefined) =>
      managed({ storage: { size: '1Gi', ...(storageClassName === undefined ? {} : { storageClassName }) } });
    await registry.apply(withClass('none-such-either'));
    await until(
      'the claim asks for the other class',
      async () =>
        (await registry.condition('DatabaseReady'))?.message.includes('"none-such-either" not found'),
      60_000,
    );
    await registry.kubectl('delete', 'sr', registry.name);
    await registry.kubectl('wait', '--for=delete', `statefulset/${registry.name}-postgres`, '--timeout=60s');
    await registry.apply(withClass(undefined));
    await registry.says('Ready', 'True', 'Ready', { timeoutMs: 120_000 });
  });

  it('and goes on by itself once the image of PostgreSQL is mended', async () => {
    const failure = failures.find(({ title }) => title.startsWith('an image of PostgreSQL'));
    const registry = failure && registries.get(failure);
    await cluster.kubectl([
      ...['patch', 'sr', registry?.name ?? '', '-n', registry?.namespace ?? '', '--type=json', '-p'],
      '[{"op":"remove","path":"/spec/database/managed/image"}]',
    ]);
    await registry?.says('Ready', 'True', 'Ready', { timeoutMs: 120_000 });
  });
});
