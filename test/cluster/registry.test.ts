import { expect } from 'chai';
import { tagImage } from '../../hack/cluster/load-images.ts';
import { tooLarge } from '../../hack/release/largest-images.ts';
import { until } from '../build/api-server.ts';
import { registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { mirrored, webhookPod } from '../build/webhook-pod.ts';

interface Pods {
  readonly items: readonly {
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
  }[];
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}

const v1 = 'application/vnd.schemaregistry.v1+json';

/** What the registry acknowledged: one entry per answer 200. */
async function register(url: string, subject: string, schema: object): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': v1 },
      body: JSON.stringify({ schemaType: 'JSON', schema: JSON.stringify(schema) }),
      signal: AbortSignal.timeout(5_000),
    });
    return response.ok ? ((await response.json()) as { id: number }).id : undefined;
  } catch {
    return undefined;
  }
}

const aSchema = (n: number) => ({
  type: 'object',
  title: `T${n}`,
  properties: { [`p${n}`]: { type: 'string' } },
});

describe('a registry in a cluster', function () {
  this.timeout(900_000);
  let cluster: RunningCluster;
  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
  });

  const get = async (path: string) =>
    (await fetch(`${await cluster.url()}${path}`)).json() as Promise<Record<string, unknown>>;

  it('runs on images that have not grown by more than is allowed', () => {
    const words = cluster.built.map(({ name, bytesCompressed }) =>
      tooLarge(name.split('/').at(-1)?.split(':')[0] ?? '', bytesCompressed),
    );
    expect(words.filter((each) => each !== undefined)).to.deep.equal([]);
  });

  it('shows in kubectl get what is there', async () => {
    const table = await cluster.kubectl(['get', 'sr', '-o', 'wide']);
    expect(table.split('\n')[0]).to.match(
      /NAME +READY +STATUS +REPLICAS +VERSION +URL +EXPOSED +AGE +DATABASE +CACHE/,
    );
    expect(table).to.match(
      /sample +True +Ready +1\/1 +\d+\.\d+\.\d+ +http:\/\/sample\.default\.svc +NoAuthentication +\S+ +Ready +Ready/,
    );
  });

  it('works with kubectl wait', () =>
    cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=10s', 'schemaregistry/sample']));

  it('registers a schema through the Service and reads it back', async () => {
    const id = await register(await cluster.url(), 'first', aSchema(1));
    expect(JSON.parse(((await get(`/schemas/ids/${id}`)) as { schema: string }).schema)).to.deep.equal(
      aSchema(1),
    );
  });

  it('runs every pod under Pod Security restricted', async () => {
    const words = await cluster.kubectl([
      'label',
      '--dry-run=server',
      '--overwrite',
      'namespace',
      'default',
      'pod-security.kubernetes.io/enforce=restricted',
    ]);
    expect(words).not.to.match(/violate/i);
  });

  it('rolls the pods once for a change of the configuration, and says why', async () => {
    await cluster.kubectl([
      'patch',
      'sr',
      'sample',
      '--type=merge',
      '-p',
      '{"spec":{"config":{"logLevel":"debug"}}}',
    ]);
    await cluster.ready();
    const { status } = (await cluster.kubectl.json(['get', 'sr', 'sample'])) as {
      status: { lastRollout: { cause: string } };
    };
    expect(status.lastRollout.cause).to.equal('configuration: LOG_LEVEL info → debug');
    const events = await cluster.kubectl([
      'get',
      'events',
      '--field-selector',
      'involvedObject.kind=SchemaRegistry',
    ]);
    expect(events).to.match(/RollingOut .*LOG_LEVEL info → debug/);
  });

  it('stays Ready and says Degraded while Redis is away', async () => {
    const pause = (paused: boolean) =>
      cluster.kubectl(['patch', 'sr', 'sample', '--type=merge', '-p', JSON.stringify({ spec: { paused } })]);
    const holds = (condition: string) =>
      cluster.kubectl(['wait', `--for=condition=${condition}`, '--timeout=60s', 'sr/sample']);
    await pause(true);
    try {
      await holds('Paused');
      await cluster.kubectl(['scale', 'statefulset', 'sample-redis', '--replicas=0']);
      await holds('Degraded');
      await holds('Ready');
      expect(await register(await cluster.url(), 'without-redis', aSchema(3))).to.be.a('number');
    } finally {
      await pause(false);
    }
    await holds('Degraded=False');
  });

  it('is scaled by an autoscaler that sees its load', async () => {
    const spec = {
      autoscaling: { enabled: true, minReplicas: 1, maxReplicas: 2 },
      resources: { requests: { cpu: '100m', memory: '256Mi' } },
    };
    await cluster.kubectl(['patch', 'sr', 'sample', '--type=merge', '-p', JSON.stringify({ spec })]);
    await cluster.kubectl(['wait', '--for=condition=AutoscalingActive', '--timeout=240s', 'sr/sample']);
    await cluster.ready();
  });

  describe('and its operator', () => {
    const operatorPods = async () =>
      (
        (await cluster.kubectl.json([
          'get',
          'pods',
          '-n',
          'llm-schema-registry',
          '-l',
          'app.kubernetes.io/name=llm-schema-registry-operator',
        ])) as {
          items: Named[];
        }
      ).items.map(({ metadata }) => metadata.name);
    const metricsOf = (pod: string) =>
      cluster.kubectl([
        'get',
        '--raw',
        `/api/v1/namespaces/llm-schema-registry/pods/${pod}:8080/proxy/metrics`,
      ]);
    const leader = () =>
      until(
        'one replica leads',
        async () => {
          const pods = await operatorPods();
          const texts = await Promise.all(pods.map(async (pod) => ({ pod, text: await metricsOf(pod) })));
          const leading = texts.filter(({ text }) => /leader_election_master_status{.*} 1/.test(text));
          return leading.length === 1 ? leading[0] : undefined;
        },
        60_000,
      );
    const writes = (text: string) =>
      text
        .split('\n')
        .filter(
          (line) =>
            /^rest_client_requests_total{method="(POST|PUT|PATCH|DELETE)"/.test(line) &&
            !line.includes('resource="leases"'),
        )
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

    /** What a namespace sets for its pods and allows them; there is room for all. */
    const limits = [
      {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'limits' },
        spec: {
          limits: [
            {
              type: 'Container',
              default: { cpu: '2', memory: '1Gi' },
              defaultRequest: { cpu: '10m', memory: '16Mi' },
            },
          ],
        },
      },
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'quota' },
        spec: { hard: { pods: '20', 'requests.cpu': '8', 'count/services': '20' } },
      },
    ];
    const serverSide = ['apply', '--server-side', '--field-manager=another-controller', '-f', '-'];

    it('says who overrules what, and writes nothing in a minute in which nothing changes, among a webhook, limits, a quota and another controller', async () => {
      const { server = '', postgres = '', redis = '' } = cluster.images;
      for (const image of [server, postgres, redis]) await tagImage(cluster.name, image, mirrored(image));
      const webhook = webhookPod('overruled', server);
      const [overruled, limited] = await Promise.all([
        registryIn(cluster, 'overruled', small, webhook.objects),
        registryIn(cluster, 'limited', small, limits),
      ]);
      try {
        await overruled.kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'pod/webhook');
        await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(webhook.configuration));
        await Promise.all([overruled.ready(), limited.ready(), cluster.ready()]);
        // Whoever writes them asks the webhook.
        const all = ['deployment,statefulset,service', '--selector=app.kubernetes.io/instance=overruled'];
        await overruled.kubectl('annotate', ...all, 'example.com/touched=yes');
        await limited.kubectl('label', 'deployment', 'limited', 'example.com/team=a');
        const done = {
          type: 'BackedUp',
          status: 'True',
          reason: 'Done',
          message: 'by another controller',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        };
        await cluster.kubectl(
          [...serverSide, '--subresource=status'],
          JSON.stringify({
            apiVersion: 'llm-schema-registry.io/v1alpha1',
            kind: 'SchemaRegistry',
            metadata: { name: 'limited', namespace: 'limited' },
            status: { conditions: [done] },
          }),
        );
        // Each object is told of when it has been written, one after the other.
        const words = [
          /StatefulSet overruled-redis: .*\.requests\.cpu is "15m" instead of "20m", by an admission webhook/,
          /StatefulSet overruled-redis: .*\.image is "mirror\.example\.com\/.*" instead of ".*", by an admission webhook/,
        ];
        await until(
          'it says who overrules what',
          async () => {
            const message = (await overruled.condition('Overruled'))?.message ?? '';
            return words.every((word) => word.test(message));
          },
          120_000,
        );
        await overruled.ready();
        await writesNothingForAMinute();
        expect((await limited.condition('BackedUp'))?.message).to.equal(done.message);
        expect((await limited.condition('Overruled'))?.status).to.equal('False');
        for (const word of words) expect((await overruled.condition('Overruled'))?.message).to.match(word);
        const pods = (await overruled.json('get', 'pods')) as Pods;
        const images = new Set(pods.items.flatMap(({ spec }) => spec.containers.map(({ image }) => image)));
        // The webhook's own pod is none of those that it changes.
        expect([...images]).to.have.members([server, ...[server, postgres, redis].map(mirrored)]);
      } finally {
        await cluster.kubectl([
          'delete',
          'mutatingwebhookconfiguration',
          webhook.configuration.metadata.name,
          '--ignore-not-found',
        ]);
        await Promise.all([overruled.remove(), limited.remove()]);
      }
    });

    /** Once what was begun is written. */
    const quietAfter = async (pod: string) => {
      let text = await metricsOf(pod);
      let sinceMs = performance.now();
      await until(
        'what was begun is written',
        async () => {
          const now = await metricsOf(pod);
          if (writes(now) !== writes(text)) sinceMs = performance.now();
          text = now;
          return performance.now() - sinceMs > 5_000;
        },
        60_000,
      );
      return text;
    };

    /** How far each registry has come is noted ten minutes after it was noted last; such a note must not come meanwhile. */
    const isNoted = async () => {
      const { items } = (await cluster.kubectl.json(['get', 'schemaregistries', '--all-namespaces'])) as {
        items: { status?: { identity?: { noted?: string } } }[];
      };
      const ages = items.map(({ status }) => (Date.now() - Date.parse(status?.identity?.noted ?? '')) / 1000);
      return ages.every((seconds) => !(seconds > 500 && seconds < 640)) || undefined;
    };

    const writesNothingForAMinute = async () => {
      await until('no note is due', isNoted, 180_000);
      const { pod } = await leader();
      const text = await quietAfter(pod);
      const startedMs = performance.now();
      const runs = (shown: string) =>
        Number(/controller_runtime_reconcile_total{.*"success".*} (\d+)/.exec(shown)?.[1]);
      await until('a minute has passed', async () => performance.now() - startedMs > 60_000, 70_000);
      const after = await metricsOf(pod);
      expect(runs(after)).to.be.above(runs(text));
      expect(writes(after) - writes(text)).to.equal(0);
    };
  });
});
