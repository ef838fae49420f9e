import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { differences, inWords } from '../../operator/difference.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { type Mutation, openAdmissionWebhook } from '../build/admission-webhook.ts';
import { conditionOf, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, named } from '../build/children.ts';
import { startOperatorProcess } from '../build/operator-process.ts';
import { aQuantity, memoryDivisors } from '../build/quantities.ts';
import { pick, roundsOr, seeded } from '../build/random.ts';

/** As long as it takes an operator that writes in each of its runs, one a second, to be found out. */
const idleMs = 10_000;
const spec: Spec = { replicas: 2, autoscaling: { enabled: false } };

interface Template {
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
}

/** As GKE Autopilot does: it has its own mind of what a pod asks for. */
const setsResources: Mutation = (object) =>
  ofPods(object, ({ spec: pod, ...template }) => ({
    ...template,
    spec: {
      ...pod,
      nodeSelector: { 'cloud.example.com/class': 'scale-out' },
      containers: pod.containers.map((container) => {
        const amounts = { cpu: '750m', memory: '2Gi', 'ephemeral-storage': '1Gi' };
        return { ...container, resources: { requests: amounts, limits: amounts } };
      }),
    },
  }));

/** As Kyverno's policies do: images from a mirror, and labels on everything. */
const rewritesImages: Mutation = (object) => ({
  ...ofPods(object, ({ spec: pod, ...template }) => ({
    ...template,
    spec: {
      ...pod,
      containers: pod.containers.map((container) => ({
        ...container,
        image: container.image.startsWith('mirror.example.com/')
          ? container.image
          : `mirror.example.com/${container.image}`,
      })),
    },
  })),
  metadata: { ...object.metadata, labels: { ...object.metadata.labels, 'example.com/cost-centre': '42' } },
});

function ofPods(object: KubeObject, change: (template: Template) => Template): KubeObject {
  if (object.kind === 'Service') return object;
  const { template, ...rest } = object.spec as { template: Template };
  return { ...object, spec: { ...rest, template: change(template) } };
}

describe('an operator among others who write', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  let operator: Awaited<ReturnType<typeof startOperatorProcess>>;
  let webhook: Awaited<ReturnType<typeof openAdmissionWebhook>>;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    webhook = await openAdmissionWebhook({ resources: setsResources, images: rewritesImages });
    operator = await startOperatorProcess(readFileSync(process.env.KUBECONFIG ?? '', 'utf8'), 'one');
  });
  after(async () => {
    await operator?.stop();
    await webhook?.close();
    await server?.close();
  });

  const get = (name: string, namespace = name) => cluster.get(aRegistryNamed(name, {}, namespace));
  const deploymentOf = (name: string, rest: object = {}) => named('apps/v1', 'Deployment', name, name, rest);
  /** All but the lease, by what was written. */
  const writes = async () => {
    const lines = (await operator.metricsText()).split('\n');
    const counted = lines.filter(
      (line) =>
        /^rest_client_requests_total{method="(POST|PUT|PATCH|DELETE)"/.test(line) &&
        !line.includes('resource="leases"'),
    );
    return counted.toSorted();
  };
  const make = async (name: string, wanted: Spec = spec) => {
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return async () => {
      await cluster.apply(aRegistryNamed(name, wanted, name));
      await until(
        `${name} is looked at`,
        async () => conditionOf(await get(name), 'Overruled') !== undefined,
      );
    };
  };
  /** Waits for a time without any write, in which each registry was looked at: what has to be written is, first. */
  const writesNothing = async () => {
    const runs = () => operator.metric('controller_runtime_reconcile_total');
    let [before, runsBefore, sinceMs] = [await writes(), await runs(), performance.now()];
    await until(
      `nothing is written for ${idleMs / 1000} s`,
      async () => {
        const now = await writes();
        const isQuiet = JSON.stringify(now) === JSON.stringify(before);
        if (!isQuiet) [before, runsBefore, sinceMs] = [now, await runs(), performance.now()];
        return isQuiet && performance.now() - sinceMs > idleMs && (await runs()) > runsBefore;
      },
      60_000,
    );
  };

  it('writes nothing against admission webhooks, a label and a condition of others, and says who overrules what', async () => {
    for (const name of ['resources', 'images']) {
      const makeRegistry = await make(name);
      await cluster.apply(webhook.configuration(name, name));
      await until('the webhook is asked', async () => {
        const tried = await cluster.apply(
          deploymentOf('tried', {
            metadata: { name: 'tried', namespace: name },
            spec: {
              selector: { matchLabels: { app: 'tried' } },
              template: {
                metadata: { labels: { app: 'tried' } },
                spec: { containers: [{ name: 'tried', image: 'tried:1' }] },
              },
            },
          }),
          { isDryRun: true },
        );
        const text = JSON.stringify(tried.spec);
        return text.includes(name === 'images' ? 'mirror.example.com' : '750m');
      });
      await makeRegistry();
    }
    await (await make('labelled'))();
    const by = { manager: 'another-controller' };
    await cluster.apply(
      {
        ...named('apps/v1', 'Deployment', 'labelled', 'labelled'),
        metadata: {
          name: 'labelled',
          namespace: 'labelled',
          labels: { 'example.com/team': 'a' },
          annotations: { 'example.com/note': 'b' },
        },
      },
      by,
    );
    await cluster.apply(
      {
        ...named('llm-schema-registry.io/v1alpha1', 'SchemaRegistry', 'labelled', 'labelled'),
        status: {
          conditions: [
            {
              type: 'BackedUp',
              status: 'True',
              reason: 'Done',
              message: 'by another controller',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        },
      },
      { ...by, subresource: 'status' },
    );
    const says = (name: string, words: RegExp) =>
      until(`${name} says ${words}`, async () => {
        const found = conditionOf(await get(name), 'Overruled');
        return found?.status === 'True' && words.test(found.message ?? '');
      });
    await says(
      'resources',
      /Deployment resources: .*\.requests\.cpu is "750m" instead of "500m", by an admission webhook/,
    );
    await says(
      'images',
      /StatefulSet images-redis: .*\.image is "mirror\.example\.com\/.*" instead of ".*", by an admission webhook/,
    );
    await writesNothing();
    for (const name of ['resources', 'images'])
      expect(((await get(name)).status as { lastRollout?: unknown }).lastRollout).to.equal(undefined);
    const labelled = await get('labelled');
    expect(conditionOf(labelled, 'Overruled')?.status).to.equal('False');
    expect(conditionOf(labelled, 'BackedUp')?.message).to.equal('by another controller');
  });

  it('writes a change of the spec through a webhook, and nothing after it', async () => {
    await cluster.apply(aRegistryNamed('images', { ...spec, version: '9.9.9' }, 'images'));
    const imageOf = (object: KubeObject) => JSON.stringify(object.spec);
    await until(
      'the Deployment has it',
      async () =>
        imageOf(await cluster.get(deploymentOf('images'))).includes('mirror.example.com/ghcr.io') ||
        /mirror\.example\.com\/[^"]*:9\.9\.9/.test(imageOf(await cluster.get(deploymentOf('images')))),
    );
    await until('the rollout is told of', async () =>
      /^image mirror.*9\.9\.9$/.test(
        ((await get('images')).status as { lastRollout?: { cause: string } }).lastRollout?.cause ?? '',
      ),
    );
    await writesNothing();
  });

  it('names the field of somebody else that makes its change refused, and carries out all else', async () => {
    const name = 'blocked';
    await (await make(name, { ...spec, service: { type: 'LoadBalancer' } }))();
    const service = named('v1', 'Service', name, name);
    await cluster.merge(
      { ...service, spec: { loadBalancerSourceRanges: ['192.0.2.0/24'] } },
      { manager: 'the-network-team' },
    );
    await cluster.apply(aRegistryNamed(name, { ...spec, config: { logLevel: 'debug' } }, name));
    await until('it says so', async () => {
      const found = conditionOf(await get(name), 'Stalled');
      return (
        found?.reason === 'FieldOfAnother' &&
        /Service "blocked" .* \.spec\.loadBalancerSourceRanges .* the-network-team /.test(found.message ?? '')
      );
    });
    const config = await cluster.get(named('v1', 'ConfigMap', `${name}-config`, name));
    expect((config.data as { LOG_LEVEL: string }).LOG_LEVEL).to.equal('debug');
    await writesNothing();
    await cluster.merge(
      { ...service, spec: { loadBalancerSourceRanges: null } },
      { manager: 'the-network-team' },
    );
    await until('it goes on by itself', async () => {
      const { type } = (await cluster.get(service)).spec as { type: string };
      return type === 'ClusterIP' && conditionOf(await get(name), 'Stalled')?.status === 'False';
    });
  });

  it('writes nothing for a registry with quantities in whatever spelling, in each of its fields that takes one', async () => {
    const random = seeded();
    let made = 0;
    const next = () => {
      made += 1;
      const text = aQuantity(random);
      return /^[0-9]+$/.test(text) && random.below(2) === 0 ? Number(text) : text;
    };
    /** The limit alone, the request alone, or both. */
    const amount = () => {
      const value = next();
      return pick(random, [{ limits: value }, { requests: value }, { requests: value, limits: value }]);
    };
    const resources = () => {
      const amounts = ['cpu', 'memory', 'ephemeral-storage'].map((resource) => [resource, amount()] as const);
      const of = (which: 'requests' | 'limits') =>
        Object.fromEntries(
          amounts.flatMap(([resource, given]) =>
            which in given ? [[resource, (given as Record<string, unknown>)[which]]] : [],
          ),
        );
      return { requests: of('requests'), limits: of('limits') } as NonNullable<Spec['resources']>;
    };
    const size = () => `${1 + random.below(900)}${pick(random, ['Mi', '.5Gi', 'G', 'e9', '000000k'])}`;
    const aSpec = (): Spec => {
      made += 2;
      return {
        resources: resources(),
        database: { managed: { resources: resources(), storage: { size: size() } } },
        cache: { managed: { resources: resources(), storage: { size: size() } } },
        podTemplate: {
          spec: {
            volumes: [{ name: 'scratch', emptyDir: { sizeLimit: next() } }],
            containers: [{ name: 'sidecar', image: 'sidecar:1', resources: resources() }],
          },
        } as NonNullable<Spec['podTemplate']>,
      };
    };
    const names: string[] = [];
    while (made < roundsOr(400)) {
      const name = `amounts-${names.length}`;
      names.push(name);
      await (await make(name, aSpec()))();
    }
    await writesNothing();
    for (const name of names) {
      const stalled = conditionOf(await get(name), 'Stalled');
      expect(stalled?.status, `${name}: ${stalled?.message} TEST_SEED=${random.seed}`).to.equal('False');
    }
  });

  it('takes 400 quantities, in whatever spelling, for what the API server makes of them', async () => {
    const random = seeded();
    const quantities = Array.from({ length: roundsOr(400) }, () => aQuantity(random));
    const next = () => quantities.pop() ?? aQuantity(random);
    const pod = (count: number) => ({
      containers: Array.from({ length: count }, (_, index) => ({
        name: `container-${index}`,
        image: 'image:1',
        resources: {
          limits: { cpu: next(), memory: next(), 'ephemeral-storage': next(), 'hugepages-2Mi': '4096Ki' },
        },
        env: [
          {
            name: 'MEMORY',
            valueFrom: {
              resourceFieldRef: { resource: 'limits.memory', divisor: pick(random, memoryDivisors) },
            },
          },
        ],
      })),
      volumes: Array.from({ length: count }, (_, index) => ({
        name: `volume-${index}`,
        emptyDir: { sizeLimit: next() },
      })),
    });
    const selector = { matchLabels: { app: 'app' } };
    const template = (count: number) => ({ metadata: { labels: selector.matchLabels }, spec: pod(count) });
    const claim = () => ({
      metadata: { name: `claim-${random.below(2 ** 30)}` },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: next() } } },
    });
    const target = (kind: 'AverageValue' | 'Value') => ({
      type: kind,
      [kind === 'Value' ? 'value' : 'averageValue']: next(),
    });
    const objects = (): readonly KubeObject[] => [
      named('apps/v1', 'Deployment', 'quantities', 'default', { spec: { selector, template: template(20) } }),
      named('apps/v1', 'StatefulSet', 'quantities', 'default', {
        spec: {
          serviceName: 'quantities',
          selector,
          template: template(2),
          volumeClaimTemplates: [claim(), claim()],
        },
      }),
      named('autoscaling/v2', 'HorizontalPodAutoscaler', 'quantities', 'default', {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'quantities' },
          maxReplicas: 3,
          metrics: [
            { type: 'Pods', pods: { metric: { name: 'requests' }, target: target('AverageValue') } },
            { type: 'External', external: { metric: { name: 'queue' }, target: target('Value') } },
            { type: 'Resource', resource: { name: 'memory', target: target('AverageValue') } },
          ],
        },
      }),
    ];
    while (quantities.length > 0)
      for (const object of objects()) {
        const found = differences(object, await cluster.apply(object, { isDryRun: true }));
        const words = found.map(
          ({ path, wanted, observed }) => `${inWords(path)}: ${String(wanted)} is ${String(observed)}`,
        );
        expect(words, `TEST_SEED=${random.seed}`).to.deep.equal([]);
      }
  });
});
