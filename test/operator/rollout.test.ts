import { expect } from 'chai';
import { desired } from '../../operator/desired/table.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { restartCause, rolloutCause } from '../../operator/rollout.ts';
import { anObserved, aRegistry, aSecret } from '../build/registry.ts';

function parts(spec: Spec, password = 'p', namedSecrets: readonly KubeObject[] = []) {
  const newPasswords = {
    postgres: password.repeat(43),
    redis: 'r'.repeat(43),
    auth: 'a'.repeat(43),
    hashes: 'h'.repeat(43),
  };
  const all = desired(aRegistry(spec), anObserved({ newPasswords, namedSecrets }));
  const get = (kind: string, name: string) =>
    all.find((object) => object.kind === kind && object.metadata.name === name) as KubeObject;
  return { deployment: get('Deployment', 'sample'), config: get('ConfigMap', 'sample-config') };
}

const cause = (before: ReturnType<typeof parts>, after: ReturnType<typeof parts>) =>
  rolloutCause(before.deployment, after.deployment, { before: before.config, after: after.config });

describe('the cause of a rollout', () => {
  it('is none where the pods stay', () => {
    const spec: Spec = { resources: { limits: { memory: '1Gi', cpu: '1' } } };
    const reordered: Spec = { resources: { limits: { cpu: '1000m', memory: '1Gi' } } };
    expect(cause(parts(spec), parts(reordered))).to.equal(undefined);
    expect(
      cause(
        parts({ replicas: 1, autoscaling: { enabled: false } }),
        parts({ replicas: 2, autoscaling: { enabled: false } }),
      ),
    ).to.equal(undefined);
  });
  it('names what changed in the configuration', () => {
    expect(cause(parts({}), parts({ config: { logLevel: 'debug' } }))).to.equal(
      'configuration: LOG_LEVEL info → debug',
    );
  });
  it('names both images', () => {
    expect(cause(parts({}), parts({ version: '2.0.0' }))).to.equal(
      'image example.test/server:1.0.0 → example.test/server:2.0.0',
    );
  });
  it('tells of credentials without showing them', () =>
    expect(cause(parts({}), parts({}, 'x'))).to.equal('credentials'));
  it('names a Secret of somebody else when what the server reads of it changes', () => {
    const spec: Spec = { artifacts: { s3: { bucket: 'team-a', credentialsSecretRef: { name: 'keys' } } } };
    const keys = (secretAccessKey: string, note = '') => [
      aSecret('keys', { accessKeyId: 'me', secretAccessKey, note }),
    ];
    expect(cause(parts(spec, 'p', keys('a')), parts(spec, 'p', keys('b')))).to.equal('Secret keys');
    expect(cause(parts(spec, 'p', keys('a')), parts(spec, 'p', keys('a', 'other')))).to.equal(undefined);
  });
  it('is not a container of somebody else that stands before ours', () => {
    const injected = { name: 'injected', image: 'mesh:1', resources: { limits: { cpu: '9' } } };
    const withInjected = ({ deployment, config }: ReturnType<typeof parts>) => {
      const changed = structuredClone(deployment) as KubeObject & {
        spec: { template: { spec: { containers: object[] } } };
      };
      changed.spec.template.spec.containers.unshift(injected);
      return { deployment: changed, config };
    };
    expect(cause(withInjected(parts({})), parts({}))).to.equal(undefined);
    expect(cause(withInjected(parts({})), parts({ version: '2.0.0' }))).to.equal(
      'image example.test/server:1.0.0 → example.test/server:2.0.0',
    );
    expect(cause(withInjected(parts({})), parts({ resources: { limits: { memory: '3Gi' } } }))).to.equal(
      'resources',
    );
  });
  for (const [kind, change] of [
    ['postgres', { database: { managed: { image: 'postgres:18' } } }],
    ['redis', { cache: { managed: { image: 'redis:8' } } }],
  ] as const) {
    it(`is found in the right container of ${kind}, too`, () => {
      const statefulSet = (spec: Spec) =>
        desired(aRegistry(spec), anObserved()).find(
          (object) => object.kind === 'StatefulSet' && object.metadata.name === `sample-${kind}`,
        ) as KubeObject & { spec: { template: { spec: { containers: object[] } } } };
      const before = structuredClone(statefulSet({}));
      before.spec.template.spec.containers.unshift({ name: 'injected', image: 'mesh:1' });
      expect(restartCause(before, statefulSet(change))).to.match(
        kind === 'postgres' ? /^image postgres:17 → postgres:18$/ : /^image redis:7 → redis:8$/,
      );
      expect(restartCause(before, statefulSet({}))).to.equal(undefined);
    });
  }
  it('tells of resources', () =>
    expect(cause(parts({}), parts({ resources: { limits: { memory: '3Gi' } } }))).to.equal('resources'));
  it('is the repair of what somebody had added, where what is wanted is the same', () => {
    const wanted = parts({}).deployment;
    const template = (wanted.spec as { template: { spec: object } }).template;
    const spoiled = {
      ...wanted,
      spec: {
        ...(wanted.spec as object),
        template: { ...template, spec: { ...template.spec, nodeSelector: { a: 'b' } } },
      },
    };
    expect(rolloutCause(spoiled, wanted, { before: undefined, after: undefined })).to.equal(
      'repair of .spec.template.spec.nodeSelector',
    );
  });
});
