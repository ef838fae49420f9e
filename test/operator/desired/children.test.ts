import { expect } from 'chai';
import { desired } from '../../../operator/desired/table.ts';
import type {
  KubeObject,
  V1Deployment,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1StatefulSet,
} from '../../../operator/kube/kubernetes.ts';
import type { Observed } from '../../../operator/observed.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

function getChild(...wanted: Parameters<typeof child>): KubeObject {
  const found = child(...wanted);
  if (found === undefined) throw new Error(`no ${wanted[0]} ${wanted[1]} among the children`);
  return found;
}

function child(
  kind: string,
  name: string,
  spec: Spec = {},
  observed: Partial<Observed> = {},
): KubeObject | undefined {
  const all = desired(aRegistry(spec), anObserved(observed));
  return all.find((object) => object.kind === kind && object.metadata.name === name);
}

const podSpecs = (spec: Spec = {}) =>
  desired(aRegistry(spec), anObserved()).flatMap((object) => {
    const template = (object.spec as { template?: { spec: V1PodSpec } } | undefined)?.template;
    return template === undefined
      ? []
      : [{ name: `${object.kind} ${object.metadata.name}`, pod: template.spec }];
  });

const secretText = (secret: KubeObject, key: string) =>
  Buffer.from((secret.data as Record<string, string>)[key] ?? '', 'base64').toString();

describe('the children of a registry', () => {
  for (const { name, pod } of podSpecs()) {
    describe(name, () => {
      const containers = [...(pod.initContainers ?? []), ...pod.containers];
      it('passes Pod Security restricted', () => {
        expect(pod.securityContext).to.deep.include({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const { securityContext } of containers) {
          expect(securityContext).to.deep.include({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
          });
          expect(securityContext?.capabilities).to.deep.equal({ drop: ['ALL'] });
        }
      });
      it('mounts no API token and gets no service links', () => {
        expect([pod.automountServiceAccountToken, pod.enableServiceLinks]).to.deep.equal([false, false]);
      });
      it('has requests and limits in every container', () => {
        for (const { resources } of containers) {
          expect(resources?.requests).to.have.keys('cpu', 'memory', 'ephemeral-storage');
          expect(resources?.limits).to.have.keys('cpu', 'memory');
        }
      });
      it('has no secret in a command, an argument or a plain variable', () => {
        for (const { command = [], args = [], env = [] } of containers) {
          const text = JSON.stringify([command, args, env.filter(({ value }) => value !== undefined)]);
          expect(text).not.to.match(/p{43}|r{43}/);
        }
      });
    });
  }

  it('has no secret in a ConfigMap', () => {
    const maps = desired(aRegistry(), anObserved()).filter(({ kind }) => kind === 'ConfigMap');
    expect(JSON.stringify(maps)).not.to.match(/p{43}|r{43}/);
  });

  it('gives the server no credentials but the URLs that it reads', () => {
    const { pod } = podSpecs().find(({ name }) => name.startsWith('Deployment')) ?? {};
    expect(pod?.containers[0]?.env?.map(({ valueFrom }) => valueFrom?.secretKeyRef?.key)).to.deep.equal([
      'DATABASE_URL',
      'REDIS_URL',
    ]);
  });

  it('selects the pods of one component only', () => {
    const selectors = desired(aRegistry(), anObserved())
      .filter(({ kind }) => kind === 'Service')
      .map(
        ({ spec }) => (spec as { selector: Record<string, string> }).selector['app.kubernetes.io/component'],
      );
    expect(selectors).to.deep.equal(['postgres', 'redis', 'server', 'server', 'server']);
  });

  it('makes the URL and the password of PostgreSQL from one value', () => {
    const secret = getChild('Secret', 'sample-postgres');
    const url = new URL(secretText(secret, 'DATABASE_URL'));
    expect(url.password).to.equal(secretText(secret, 'password'));
    expect(url.host).to.equal('sample-postgres.team-a.svc:5432');
  });

  it('makes nothing of Redis when the cache is disabled', () => {
    const all = desired(aRegistry({ cache: { disabled: true } }), anObserved());
    expect(all.filter(({ metadata }) => metadata.name.includes('redis'))).to.deep.equal([]);
  });

  it('begins with the least number of replicas and then leaves the number to the autoscaler', () => {
    const replicas = (object: KubeObject) => (object.spec as { replicas?: number }).replicas;
    expect(replicas(getChild('Deployment', 'sample'))).to.equal(3);
    const there = { deployment: { spec: { replicas: 7 } } as V1Deployment };
    expect(replicas(getChild('Deployment', 'sample', {}, there))).to.equal(undefined);
    expect(
      replicas(getChild('Deployment', 'sample', { replicas: 5, autoscaling: { enabled: false } }, there)),
    ).to.equal(5);
  });

  describe('the autoscaler', () => {
    const metrics = (spec: Spec, observed: Partial<Observed> = {}) =>
      (
        getChild('HorizontalPodAutoscaler', 'sample', spec, observed).spec as {
          metrics: { type: string; pods?: unknown }[];
        }
      ).metrics;
    const spec: Spec = { autoscaling: { requestsPerSecond: 1000 } };

    it('asks for requests a second only where somebody serves them', () => {
      expect(metrics(spec).map(({ type }) => type)).to.deep.equal(['Resource', 'Resource']);
      const served = new Set(['http_requests_per_second'] as const);
      expect(metrics(spec, { served }).at(-1)?.pods).to.deep.equal({
        metric: { name: 'http_requests_per_second' },
        target: { type: 'AverageValue', averageValue: '1000' },
      });
      expect(metrics({}, { served })).to.have.length(2);
    });

    it('takes the behaviour that is given, and what it leaves out as it was', () => {
      const { behavior } = getChild('HorizontalPodAutoscaler', 'sample', {
        autoscaling: { behavior: { scaleDown: { stabilizationWindowSeconds: 600 } } },
      }).spec as { behavior: Record<string, Record<string, unknown>> };
      expect(behavior.scaleDown).to.include({ stabilizationWindowSeconds: 600, selectPolicy: 'Min' });
      expect(behavior.scaleUp).to.include({ stabilizationWindowSeconds: 0, selectPolicy: 'Max' });
    });
  });

  it('makes no disruption budget and no autoscaler that is not wanted', () => {
    const spec = { replicas: 1, autoscaling: { enabled: false } };
    expect(child('PodDisruptionBudget', 'sample', spec)).to.equal(undefined);
    expect(child('HorizontalPodAutoscaler', 'sample', spec)).to.equal(undefined);
  });

  it('lets PostgreSQL take the connections of all replicas at their most', () => {
    const conf =
      (getChild('ConfigMap', 'sample-postgres').data as Record<string, string>)['postgresql.conf'] ?? '';
    const most = Number(/max_connections = (\d+)/.exec(conf)?.[1]);
    expect(most).to.be.at.least(11 * 50);
  });

  it('leaves PostgreSQL alone when the number of replicas changes', () => {
    const scaled = (replicas: number) =>
      getChild('StatefulSet', 'sample-postgres', { replicas, autoscaling: { enabled: false } });
    expect(scaled(3)).to.deep.equal(scaled(2));
  });

  for (const change of ['config', 'secret'] as const) {
    it(`rolls the server when its ${change} changes, and not otherwise`, () => {
      const annotations = (spec: Spec, observed: Partial<Observed>) =>
        JSON.stringify(
          (getChild('Deployment', 'sample', spec, observed).spec as { template: { metadata: unknown } })
            .template.metadata,
        );
      const changed =
        change === 'config'
          ? annotations({ config: { logLevel: 'debug' } }, {})
          : annotations(
              {},
              {
                newPasswords: {
                  postgres: 'x'.repeat(43),
                  redis: 'r'.repeat(43),
                  auth: 'a'.repeat(43),
                  hashes: 'h'.repeat(43),
                },
              },
            );
      expect(changed).not.to.equal(annotations({}, {}));
      expect(annotations({ deletionPolicy: 'Delete' }, {})).to.equal(annotations({}, {}));
    });
  }

  describe('a volume', () => {
    const claims = [{ metadata: { name: 'data-sample-postgres-0' } }] as V1PersistentVolumeClaim[];
    const found = { volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '50Gi' } } } }] };
    const postgres = { spec: found } as unknown as V1StatefulSet;

    it('goes with the registry under Delete and stays under Retain', () => {
      const owners = (deletionPolicy: 'Delete' | 'Retain') =>
        child(
          'PersistentVolumeClaim',
          'data-sample-postgres-0',
          { deletionPolicy },
          { claims },
        )?.metadata.ownerReferences?.map(({ uid }) => uid);
      expect(owners('Delete')).to.deep.equal(['uid-1']);
      expect(owners('Retain')).to.equal(undefined);
    });

    it('is never deleted by deleting the StatefulSet', () => {
      for (const name of ['sample-postgres', 'sample-redis']) {
        const { spec } = getChild('StatefulSet', name, { deletionPolicy: 'Delete' });
        expect(
          (spec as { persistentVolumeClaimRetentionPolicy: unknown }).persistentVolumeClaimRetentionPolicy,
        ).to.deep.equal({
          whenDeleted: 'Retain',
          whenScaled: 'Retain',
        });
      }
    });

    const sized = (size: string, capacity: string, rest: Partial<Observed> = {}) => {
      const spec: Spec = { database: { managed: { storage: { size } } } };
      const [claim] = claims;
      const status = { phase: 'Bound', capacity: { storage: capacity } };
      return child('PersistentVolumeClaim', 'data-sample-postgres-0', spec, {
        claims: [{ ...claim, status }] as V1PersistentVolumeClaim[],
        ...rest,
      })?.spec;
    };

    it('grows by its claim; the StatefulSet, which cannot change, stays as it is', () => {
      expect(sized('80Gi', '50Gi')).to.deep.equal({ resources: { requests: { storage: '80Gi' } } });
      const { spec } = getChild(
        'StatefulSet',
        'sample-postgres',
        { database: { managed: { storage: { size: '80Gi' } } } },
        { postgres, claims },
      );
      const [template] = (spec as { volumeClaimTemplates: (typeof found)['volumeClaimTemplates'] })
        .volumeClaimTemplates;
      expect(template?.spec.resources.requests.storage).to.equal('50Gi');
    });

    it('is left as it is asked for until it is there', () => {
      const [claim] = claims;
      const pending = {
        ...claim,
        spec: { resources: { requests: { storage: '50Gi' } } },
        status: { phase: 'Pending' },
      };
      expect(sized('80Gi', '', { claims: [pending] as V1PersistentVolumeClaim[] })).to.deep.equal({
        resources: { requests: { storage: '50Gi' } },
      });
    });

    it('is not made smaller than it is: the field, what was found and what would be right', () => {
      expect(() => sized('5Gi', '50Gi')).to.throw(
        BadSpec,
        'spec.database.managed.storage.size: "5Gi" is less than the volume has, which cannot shrink; write 50Gi or more',
      );
    });

    it('keeps its class: the field, what was found and what would be right', () => {
      const spec: Spec = { database: { managed: { storage: { storageClassName: 'fast' } } } };
      expect(() => child('StatefulSet', 'sample-postgres', spec, { postgres })).to.throw(
        BadSpec,
        'spec.database.managed.storage.storageClassName: "fast" is not the class of the volume, which cannot change; leave it out',
      );
    });
  });
});
