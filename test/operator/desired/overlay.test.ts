import { expect } from 'chai';
import { deployment } from '../../../operator/desired/deployment.ts';
import { overlayHashAnnotation } from '../../../operator/desired/overlay.ts';
import { postgres } from '../../../operator/desired/postgres.ts';
import { redis } from '../../../operator/desired/redis.ts';
import type { V1PodTemplateSpec } from '../../../operator/kube/kubernetes.ts';
import type { Policy } from '../../../operator/policy.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

type Overlay = NonNullable<Spec['podTemplate']>;
type Scheduling = NonNullable<NonNullable<NonNullable<Spec['cache']>['managed']>['podTemplate']>;

function templateOf(podTemplate?: Overlay, policy: Policy['podTemplate'] = 'Restricted'): V1PodTemplateSpec {
  const spec = podTemplate === undefined ? {} : { podTemplate };
  const registry = aRegistry(spec, 'sample', {}, { podTemplate: policy });
  const { template } = (deployment(registry, anObserved())?.spec ?? {}) as { template: V1PodTemplateSpec };
  return template;
}

const server = (fields: object): Overlay => ({ spec: { containers: [{ name: 'server', ...fields }] } });

describe('the pod template of a user', () => {
  it('may name its ServiceAccount by the former name of the field, which the API server makes one with the present', () => {
    for (const [spec, name] of [
      [{ serviceAccount: 'mine' }, 'mine'],
      [{ serviceAccount: 'mine', serviceAccountName: 'theirs' }, 'theirs'],
    ] as const) {
      const pod = templateOf({ spec }, 'Unrestricted').spec;
      expect([pod?.serviceAccountName, pod?.serviceAccount]).to.deep.equal([name, undefined]);
    }
  });

  it('changes nothing where there is none', () =>
    expect(JSON.stringify(templateOf())).not.to.include('pod-template-hash'));

  it('is merged, where it may set everything: maps by key, containers, variables and volumes by name, other lists as a whole', () => {
    const overlay = {
      metadata: { labels: { team: 'a' }, annotations: { 'prometheus.io/scrape': 'false' } },
      spec: {
        nodeSelector: { disk: 'fast' },
        priorityClassName: 'high',
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        topologySpreadConstraints: [],
        affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
        containers: [
          {
            name: 'server',
            env: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=1500' }],
            envFrom: [{ secretRef: { name: 'more' } }],
            volumeMounts: [{ name: 'ca', mountPath: '/ca' }],
            readinessProbe: { periodSeconds: 7 },
          },
          { name: 'beside', image: 'example.test/beside:1' },
        ],
        volumes: [
          { name: 'data', emptyDir: { sizeLimit: '1Gi' } },
          { name: 'ca', configMap: { name: 'ca' } },
        ],
      },
    };
    const { metadata, spec } = templateOf(overlay, 'Unrestricted');
    expect(metadata?.labels).to.include({ team: 'a', 'app.kubernetes.io/component': 'server' });
    expect(metadata?.annotations).to.include({
      'prometheus.io/scrape': 'false',
      'prometheus.io/port': '9091',
    });
    expect(spec).to.deep.include({ nodeSelector: { disk: 'fast' }, priorityClassName: 'high' });
    expect(spec?.topologySpreadConstraints).to.deep.equal([]);
    expect(spec?.affinity).to.have.keys('podAntiAffinity', 'nodeAffinity');
    const [own, beside] = spec?.containers ?? [];
    expect([own?.name, beside?.name]).to.deep.equal(['server', 'beside']);
    expect(own?.env?.map(({ name }) => name)).to.deep.equal(['DATABASE_URL', 'REDIS_URL', 'NODE_OPTIONS']);
    // The later source wins.
    expect(own?.envFrom?.at(-1)).to.deep.equal({ configMapRef: { name: 'sample-config' } });
    expect(own?.volumeMounts?.map(({ name }) => name)).to.deep.equal(['tmp', 'data', 'identity', 'ca']);
    expect(own?.readinessProbe).to.deep.include({ periodSeconds: 7, failureThreshold: 5 });
    expect(spec?.volumes?.map(({ name }) => name)).to.deep.equal(['tmp', 'data', 'identity', 'ca']);
    expect(spec?.volumes?.[1]).to.deep.equal({ name: 'data', emptyDir: { sizeLimit: '1Gi' } });
  });

  it('takes a field away with null', () =>
    expect(
      templateOf({ spec: { topologySpreadConstraints: null } }).spec?.topologySpreadConstraints,
    ).to.equal(undefined));

  for (const [overlay, says] of [
    [
      server({ image: 'mine' }),
      'spec.containers[server].image: "mine" is not for an overlay to say; write spec.image',
    ],
    [
      server({ resources: {} }),
      'spec.containers[server].resources: {} is not for an overlay to say; write spec.resources',
    ],
    [server({ ports: [] }), 'spec.containers[server].ports: []'],
    [
      server({ securityContext: { privileged: true } }),
      'spec.containers[server].securityContext: {"privileged":true}',
    ],
    [
      server({ env: [{ name: 'LOG_LEVEL', value: 'trace' }] }),
      'spec.containers[server].env[LOG_LEVEL]: "trace"',
    ],
    [
      server({ env: [{ name: 'DATABASE_URL', value: 'x' }] }),
      'spec.containers[server].env[DATABASE_URL]: "x"',
    ],
    [
      { spec: { terminationGracePeriodSeconds: 1 } },
      'spec.terminationGracePeriodSeconds: 1 is not for an overlay to say; write spec.config.shutdownTimeout',
    ],
    [{ spec: { securityContext: { runAsUser: 0 } } }, 'spec.securityContext: {"runAsUser":0}'],
    [
      { metadata: { labels: { 'app.kubernetes.io/component': 'mine' } } },
      'metadata.labels[app.kubernetes.io/component]: "mine" is not for an overlay to say; leave it out; it is "server"',
    ],
    [
      { metadata: { annotations: { 'llm-schema-registry.io/config-hash': 'x' } } },
      'metadata.annotations[llm-schema-registry.io/config-hash]: "x"',
    ],
  ] as const satisfies readonly (readonly [Overlay, string])[]) {
    it(`is refused: ${says}`, () =>
      expect(() => templateOf(overlay)).to.throw(BadSpec, `spec.podTemplate.${says}`));
  }
});

describe('the pod template of PostgreSQL and Redis', () => {
  const parts = [
    {
      component: 'postgres',
      field: 'spec.database.managed.podTemplate',
      make: postgres,
      specOf: (podTemplate: Scheduling): Spec => ({ database: { managed: { podTemplate } } }),
    },
    {
      component: 'redis',
      field: 'spec.cache.managed.podTemplate',
      make: redis,
      specOf: (podTemplate: Scheduling): Spec => ({ cache: { managed: { podTemplate } } }),
    },
  ] as const;
  for (const { component, field, make, specOf } of parts) {
    const templateOf = (overlay: Scheduling | undefined, policy: Policy['podTemplate'] = 'Restricted') => {
      const registry = aRegistry(overlay && specOf(overlay), 'sample', {}, { podTemplate: policy });
      const { template } = (make(registry, anObserved())?.spec ?? {}) as { template: V1PodTemplateSpec };
      return template;
    };

    it(`says where ${component} runs, and leaves all else as it is`, () => {
      const overlay = {
        metadata: { labels: { team: 'a' }, annotations: { 'sidecar.istio.io/inject': 'false' } },
        spec: {
          nodeSelector: { disk: 'fast' },
          affinity: { nodeAffinity: {} },
          tolerations: [{ key: 'database', operator: 'Exists' }],
          topologySpreadConstraints: [],
          priorityClassName: 'high',
          schedulerName: 'mine',
        },
      };
      const [before, { metadata, spec }] = [templateOf(undefined), templateOf(overlay)];
      expect(spec).to.deep.equal({ ...before.spec, ...overlay.spec });
      expect(metadata?.labels).to.deep.equal({ ...before.metadata?.labels, team: 'a' });
      const { [overlayHashAnnotation]: hash, ...annotations } = metadata?.annotations ?? {};
      expect(hash).to.match(/^\w{16}$/);
      expect(annotations).to.deep.equal({ ...before.metadata?.annotations, ...overlay.metadata.annotations });
    });

    const refused: readonly [string, object, RegExp][] = [
      [
        'labels by which the pod is found',
        { metadata: { labels: { 'app.kubernetes.io/component': 'mine' } } },
        /\.metadata\.labels\[app\.kubernetes\.io\/component\]: "mine" is not for an overlay to say/,
      ],
      [
        'labels of other apps',
        { metadata: { labels: { app: 'shop' } } },
        /\.metadata\.labels\[app\]: "shop" is not allowed/,
      ],
      [
        'the control plane',
        { spec: { tolerations: [{ operator: 'Exists' }] } },
        /\.spec\.tolerations\[0\]: .* is not allowed/,
      ],
      [
        'what the cluster needs',
        { spec: { priorityClassName: 'system-node-critical' } },
        /\.spec\.priorityClassName/,
      ],
    ];
    for (const [title, overlay, says] of refused) {
      it(`is refused for ${component} where it names ${title}`, () => {
        const named = new RegExp(`^${field.replaceAll('.', '\\.')}${says.source}`);
        expect(() => templateOf(overlay)).to.throw(BadSpec, named);
      });
    }

    it(`adds no program to ${component}, whatever the policy is`, () => {
      for (const policy of ['Restricted', 'Unrestricted'] as const)
        for (const spec of [{ containers: [{ name: component }] }, { volumes: [] }, { hostNetwork: true }])
          expect(() => templateOf({ spec } as Scheduling, policy)).to.throw(BadSpec, `${field}.spec.`);
    });
  }
});
