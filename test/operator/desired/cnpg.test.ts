import { expect } from 'chai';
import { plan } from '../../../operator/apply.ts';
import { desired } from '../../../operator/desired/table.ts';
import type { KubeObject } from '../../../operator/kube/kubernetes.ts';
import { appliedHashAnnotation } from '../../../operator/labels.ts';
import type { Observed } from '../../../operator/observed.ts';
import type { Policy } from '../../../operator/policy.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { status } from '../../../operator/status/status.ts';
import { mustBeWithinPolicy } from '../../../operator/within-policy.ts';
import { anObserved, aRegistry, aSchemaRegistry, aSecret } from '../../build/registry.ts';

const small: Spec = { replicas: 1, autoscaling: { enabled: false }, cache: { disabled: true } };
const owned: Spec = { ...small, database: { cnpg: { instances: 3 } } };
const named: Spec = { ...small, database: { cnpg: { clusterRef: { name: 'pg' } } } };

const secretsOf = (cluster: string, metadata: Partial<KubeObject['metadata']> = {}) => [
  aSecret(`${cluster}-app`, { username: 'app', password: 'secret', dbname: 'app' }, metadata),
  aSecret(`${cluster}-ca`, { 'ca.crt': 'PEM', 'ca.key': 'KEY' }, metadata),
];

const aCluster = (name: string, found: object = {}, spec: object = {}) =>
  ({
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: { name, namespace: 'team-a', uid: `uid of ${name}` },
    spec: { instances: 3, ...spec },
    status: {
      phase: 'Cluster in healthy state',
      currentPrimary: `${name}-1`,
      targetPrimary: `${name}-1`,
      readyInstances: 3,
      ...found,
    },
  }) as KubeObject;

function childrenOf(spec: Spec, observed: Partial<Observed> = {}, policy: Partial<Policy> = {}) {
  const children = desired(aRegistry(spec, 'sample', {}, policy), anObserved(observed));
  return (kind: string, name?: string) =>
    children.find((child) => child.kind === kind && (name === undefined || child.metadata.name === name));
}

const specOf = (object: KubeObject | undefined) => (object?.spec ?? {}) as Record<string, unknown>;

describe('a PostgreSQL of CloudNativePG', () => {
  describe('of the registry itself', () => {
    it('is made where the kind is served, and nothing else is held up where it is not', () => {
      expect(childrenOf(owned)('Cluster')?.metadata.name).to.equal('sample-postgres');
      const without = childrenOf(owned, { served: new Set() });
      expect(without('Cluster')).to.equal(undefined);
      expect(without('Service', 'sample')).not.to.equal(undefined);
    });

    it('outlives its registry, unless the data is to go with it', () => {
      expect(childrenOf(owned)('Cluster')?.metadata.ownerReferences).to.equal(undefined);
      const [owner] =
        childrenOf({ ...owned, deletionPolicy: 'Delete' })('Cluster')?.metadata.ownerReferences ?? [];
      expect(owner).to.include({ kind: 'SchemaRegistry', name: 'sample' });
    });

    it('is never removed by the operator, whatever the spec says later', () => {
      const left: KubeObject = {
        ...aCluster('sample-postgres'),
        metadata: {
          name: 'sample-postgres',
          labels: { 'app.kubernetes.io/instance': 'sample' },
          annotations: { [appliedHashAnnotation]: 'a' },
        },
      };
      const ofThis = {
        ...left,
        metadata: {
          ...left.metadata,
          ownerReferences: [
            { apiVersion: 'v1', kind: 'SchemaRegistry', name: 'sample', uid: 'uid-1', controller: true },
          ],
        },
      };
      for (const object of [left, ofThis]) expect(plan([], [object], 'uid-1').remove).to.deep.equal([]);
    });

    for (const [instances, synchronous] of [
      [1, undefined],
      [2, { method: 'any', number: 1, dataDurability: 'preferred' }],
      [3, { method: 'any', number: 1, dataDurability: 'required' }],
    ] as const) {
      it(`acknowledges what a second instance has, where there is one: ${instances}`, () => {
        const cluster = childrenOf({ database: { cnpg: { instances } } })('Cluster');
        expect((specOf(cluster).postgresql as { synchronous?: object }).synchronous).to.deep.equal(
          synchronous,
        );
        expect(specOf(cluster).enablePDB).to.equal(instances > 1);
      });
    }

    it('lets in the servers, its own instances and its operator alone', () => {
      const policyOf = (spec: Spec) => specOf(childrenOf(spec)('NetworkPolicy', 'sample-postgres'));
      expect(policyOf(owned).podSelector).to.deep.equal({
        matchLabels: { 'cnpg.io/cluster': 'sample-postgres' },
      });
      // A rule without anybody in it would let everybody in.
      for (const spec of [owned, { ...owned, networkPolicy: { monitoringFrom: [] } }])
        for (const { from } of policyOf(spec).ingress as { from: object[] }[])
          expect(from).not.to.deep.equal([]);
    });

    it('has an image that the operator allows', () => {
      const spec: Spec = { database: { cnpg: { imageName: 'evil.example.com/postgres:17' } } };
      const registry = aRegistry(spec, 'sample', {}, { images: ['mirror.example.com'] });
      expect(() => mustBeWithinPolicy(registry, aSchemaRegistry(spec).spec as Spec)).to.throw(
        BadSpec,
        /^spec\.database\.cnpg\.imageName: "evil\.example\.com\/postgres:17" is none of the images/,
      );
    });

    it('may use the Secrets that its Cluster brought along without a word of anybody, and no others', () => {
      const policy: Partial<Policy> = { secrets: 'Labelled' };
      const cluster = aCluster('sample-postgres');
      const owner = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', name: 'sample-postgres' };
      const own = secretsOf('sample-postgres', {
        ownerReferences: [{ ...owner, uid: 'uid of sample-postgres' }],
      });
      expect(childrenOf(owned, { cluster, namedSecrets: own }, policy)('Deployment')).not.to.equal(undefined);
      const others = secretsOf('sample-postgres', { ownerReferences: [{ ...owner, uid: 'another' }] });
      expect(() => childrenOf(owned, { cluster, namedSecrets: others }, policy)).to.throw(
        BadSpec,
        /^spec\.database\.cnpg: Secret "sample-postgres-app" does not say that it may be used here/,
      );
    });
  });

  describe('of somebody else', () => {
    it('is not written, and its Secrets and its primary are what the server uses', () => {
      const children = childrenOf(named, { namedSecrets: secretsOf('pg') });
      expect(children('Cluster')).to.equal(undefined);
      expect(children('NetworkPolicy', 'pg')).to.equal(undefined);
      const config = children('ConfigMap', 'sample-config')?.data as Record<string, string>;
      expect(config).to.include({
        DATABASE_HOST: 'pg-rw.team-a.svc',
        DATABASE_PORT: '5432',
        DATABASE_TLS: 'verify-full',
        DATABASE_CA_FILE: '/etc/llm-schema-registry/database-ca/ca.crt',
      });
      expect(config.DATABASE_NAME).to.equal(undefined);
      const text = JSON.stringify(children('Deployment'));
      for (const [variable, key] of [
        ['DATABASE_USER', 'username'],
        ['DATABASE_PASSWORD', 'password'],
        ['DATABASE_NAME', 'dbname'],
      ])
        expect(text).to.include(
          `{"name":"${variable}","valueFrom":{"secretKeyRef":{"name":"pg-app","key":"${key}"}}}`,
        );
      // The key of the authority stays where it is.
      expect(text).to.include(
        '"secret":{"secretName":"pg-ca","defaultMode":288,"items":[{"key":"ca.crt","path":"ca.crt"}]}',
      );
    });

    it('may have another database, user and authority', () => {
      const spec: Spec = {
        database: {
          cnpg: {
            clusterRef: { name: 'pg' },
            database: 'schemas',
            credentialsSecretRef: { name: 'schemas-user' },
            caSecretRef: { name: 'company-ca' },
          },
        },
      };
      const namedSecrets = [
        aSecret('schemas-user', { username: 'schemas', password: 'secret' }),
        aSecret('company-ca', { 'ca.crt': 'PEM' }),
      ];
      const children = childrenOf(spec, { namedSecrets });
      expect(children('ConfigMap', 'sample-config')?.data).to.include({ DATABASE_NAME: 'schemas' });
      expect(JSON.stringify(children('Deployment')))
        .to.include('"schemas-user"')
        .and.include('"company-ca"');
    });
  });

  it('keeps the servers waiting for its Secrets at first, and leaves those that are there as they are later', () => {
    expect(childrenOf(owned)('Deployment')).to.equal(undefined);
    const [app] = secretsOf('sample-postgres');
    expect(childrenOf(owned, { namedSecrets: app ? [app] : [] })('Deployment')).to.equal(undefined);
    expect(childrenOf(owned, { namedSecrets: secretsOf('sample-postgres') })('Deployment')).not.to.equal(
      undefined,
    );
    const deployment = { metadata: { name: 'sample' } } as Observed['deployment'];
    expect(() => childrenOf(owned, { deployment })).to.throw(
      BadSpec,
      /^spec\.database\.cnpg: there is no Secret "sample-postgres-app"/,
    );
  });

  describe('is told of', () => {
    const answering: Observed['answer'] = {
      isReady: true,
      isDegraded: false,
      isLocked: false,
      version: '1.0.0',
      checks: { database: { version: '17.2' } },
    };
    const deployment = {
      metadata: { generation: 1 },
      spec: { replicas: 1 },
      status: {
        observedGeneration: 1,
        replicas: 1,
        readyReplicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
      },
    } as unknown as Observed['deployment'];
    const ready = { answer: answering, deployment };
    const down: Observed['unready'] = {
      cause: 'the database refuses connections',
      checks: {
        database: {
          status: 'down',
          reason: 'Unreachable',
          cause: 'the database refuses connections',
        },
      },
    };

    const cases: readonly {
      title: string;
      spec: Spec;
      observed: Partial<Observed>;
      condition?: string;
      says: RegExp;
    }[] = [
      {
        title: 'a cluster without CloudNativePG',
        spec: owned,
        observed: { served: new Set() },
        says: /^False CloudNativePGMissing: .*install CloudNativePG .* goes on by itself$/,
      },
      {
        title: 'a Cluster that is not there',
        spec: named,
        observed: {},
        says: /^False ClusterMissing: spec\.database\.cnpg\.clusterRef: there is no Cluster "pg" in namespace team-a/,
      },
      {
        title: 'one that is not made yet',
        spec: owned,
        observed: {},
        says: /^False Starting: Cluster sample-postgres is not made yet$/,
      },
      {
        title: 'one that has no Secrets yet',
        spec: owned,
        observed: {
          cluster: aCluster('sample-postgres', {
            phase: 'Setting up primary',
            readyInstances: 0,
            currentPrimary: undefined,
          }),
        },
        says: /^False Starting: Cluster sample-postgres: 0 of 3 instances are ready; Setting up primary; Secret sample-postgres-app is not there yet/,
      },
      {
        title: 'one that is up',
        spec: owned,
        observed: { ...ready, cluster: aCluster('sample-postgres') },
        says: /^True Ready: sample-postgres-rw\.team-a\.svc:5432 answers; Cluster sample-postgres: 3 of 3 instances are ready, primary sample-postgres-1$/,
      },
      {
        title: 'one that may lose what was acknowledged',
        spec: named,
        observed: { ...ready, cluster: aCluster('pg') },
        says: /^True Ready: .*; it replicates asynchronously, so a failover may lose what was acknowledged just before$/,
      },
      {
        title: 'one that may not',
        spec: named,
        observed: {
          ...ready,
          cluster: aCluster('pg', {}, { postgresql: { synchronous: { method: 'any', number: 1 } } }),
        },
        says: /^True Ready: [^;]*; [^;]*$/,
      },
      {
        title: 'a switchover',
        spec: owned,
        observed: {
          unready: down,
          namedSecrets: secretsOf('sample-postgres'),
          cluster: aCluster('sample-postgres', {
            phase: 'Switchover in progress',
            phaseReason: 'Switching over to sample-postgres-2',
            targetPrimary: 'sample-postgres-2',
          }),
        },
        says: /^False Unreachable: .*refuses connections; Cluster .*, primary sample-postgres-1, on its way to sample-postgres-2; Switchover in progress: Switching over to sample-postgres-2$/,
      },
      {
        title: 'a switchover, to who waits',
        spec: owned,
        observed: {
          ...ready,
          cluster: aCluster('sample-postgres', { phase: 'Switchover in progress', readyInstances: 2 }),
        },
        condition: 'Reconciling',
        says: /^True RollingOut: Cluster sample-postgres: 2 of 3 .*; Switchover in progress$/,
      },
      {
        title: 'an instance that is missing',
        spec: named,
        observed: { ...ready, cluster: aCluster('pg', { readyInstances: 2 }) },
        condition: 'Degraded',
        says: /^True FewerInstancesThanWanted: Cluster pg: 2 of 3 instances are ready, primary pg-1$/,
      },
      {
        title: 'a primary that takes no writes',
        spec: named,
        observed: {
          ...ready,
          answer: {
            ...answering,
            isDegraded: true,
            checks: { writes: { status: 'down', reason: 'ReadOnly', cause: 'the database takes no writes' } },
          },
          cluster: aCluster('pg', { phase: 'Failing over', targetPrimary: 'pending' }),
        },
        says: /^False ReadOnly: pg-rw\.team-a\.svc:5432: the database takes no writes: schemas are read, none can be registered; Cluster pg: .*, a new primary is chosen; Failing over$/,
      },
    ];
    for (const { title, spec, observed, condition = 'DatabaseReady', says } of cases) {
      it(title, () => {
        const { conditions = [] } = status(aRegistry(spec), anObserved(observed), {}, undefined);
        const found = conditions.find(({ type }) => type === condition);
        expect(`${found?.status} ${found?.reason}: ${found?.message}`).to.match(says);
      });
    }

    it('what the Cluster says of itself', () => {
      const observed = anObserved({ ...ready, cluster: aCluster('pg', { readyInstances: 2 }) });
      const { dependencies } = status(aRegistry(named), observed, {}, undefined);
      expect(dependencies?.database).to.deep.include({
        kind: 'cnpg',
        host: 'pg-rw.team-a.svc:5432',
        cluster: {
          name: 'pg',
          phase: 'Cluster in healthy state',
          primary: 'pg-1',
          instances: 3,
          readyInstances: 2,
        },
      });
    });
  });
});
