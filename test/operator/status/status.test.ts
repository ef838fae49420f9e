import { expect } from 'chai';
import type { Observed } from '../../../operator/desired/child.ts';
import { eventsOf } from '../../../operator/events.ts';
import type {
  V1Deployment,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
} from '../../../operator/kubernetes.ts';
import { BadSpec, type Spec, type Status } from '../../../operator/spec.ts';
import { stalledStatus, status } from '../../../operator/status/status.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const small: Spec = { replicas: 1, autoscaling: { enabled: false } };
const upStatefulSet = {
  metadata: { generation: 1 },
  status: { observedGeneration: 1, readyReplicas: 1, replicas: 1 },
} as V1StatefulSet;
const upDeployment = {
  metadata: { generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, replicas: 1, readyReplicas: 1, updatedReplicas: 1, availableReplicas: 1 },
} as unknown as V1Deployment;
const answering: Observed['answer'] = {
  isReady: true,
  isDegraded: false,
  version: '1.0.0',
  checks: { database: { version: '17.2', migration: 3 } },
};
const up: Partial<Observed> = {
  deployment: upDeployment,
  postgres: upStatefulSet,
  redis: upStatefulSet,
  answer: answering,
};

function conditionsOf(observed: Partial<Observed>, spec: Spec = small, before: Status = {}) {
  const written = status(aRegistry(spec), anObserved(observed), before, undefined);
  return Object.fromEntries(
    (written.conditions ?? []).map(({ type, status: is, reason, message }) => [
      type,
      `${is} ${reason}: ${message}`,
    ]),
  );
}

function aPod(component: string, containerStatus: object): V1Pod {
  return {
    metadata: { name: `sample-${component}-0`, labels: { 'app.kubernetes.io/component': component } },
    status: { containerStatuses: [{ name: component, image: 'example.test/image:1', ...containerStatus }] },
  } as unknown as V1Pod;
}

describe('the status', () => {
  it('of a registry that answers', () => {
    const conditions = conditionsOf(up);
    expect(conditions.Ready).to.equal('True Ready: version 1.0.0 answers');
    expect(conditions.Reconciling).to.match(/^False/);
    expect(conditions.Degraded).to.match(/^False/);
    expect(conditions.DatabaseReady).to.match(/^True/);
  });

  it('names versions, endpoints and replicas', () => {
    const written = status(aRegistry(small), anObserved(up), {}, undefined);
    expect(written).to.deep.include({ version: '1.0.0', replicasReady: '1/1', observedGeneration: 1 });
    expect(written.endpoints?.http).to.equal('http://sample.team-a.svc');
    expect(written.dependencies?.database).to.deep.include({ version: '17.2', migration: 3 });
  });

  const causes: readonly { title: string; observed: Partial<Observed>; condition: string; says: RegExp }[] = [
    {
      title: 'an image that cannot be pulled',
      observed: {
        ...up,
        answer: undefined,
        pods: [aPod('server', { state: { waiting: { reason: 'ImagePullBackOff' } } })],
      },
      condition: 'Ready',
      says: /^False ImagePullFailed: .*example\.test\/image:1/,
    },
    {
      title: 'a crash loop, with the last line of the log',
      observed: {
        ...up,
        postgres: undefined,
        answer: undefined,
        pods: [
          aPod('postgres', {
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: {
              terminated: { exitCode: 1, message: 'first\nFATAL: data directory has wrong ownership\n' },
            },
          }),
        ],
      },
      condition: 'DatabaseReady',
      says: /^False CrashLooping: .*exit code 1: FATAL: data directory has wrong ownership/,
    },
    {
      title: 'a claim without any StorageClass',
      observed: {
        postgres: undefined,
        claims: [
          { metadata: { name: 'data-sample-postgres-0' }, spec: {}, status: { phase: 'Pending' } },
        ] as V1PersistentVolumeClaim[],
      },
      condition: 'Ready',
      says: /^False DatabaseNotReady: .*spec\.database\.managed\.storage\.storageClassName/,
    },
    {
      title: 'pods that no node takes',
      observed: {
        ...up,
        answer: undefined,
        pods: [
          {
            metadata: { name: 'sample-1', labels: { 'app.kubernetes.io/component': 'server' } },
            status: {
              conditions: [
                {
                  type: 'PodScheduled',
                  status: 'False',
                  message: '0/1 nodes are available: 1 Insufficient cpu.',
                },
              ],
            },
          } as unknown as V1Pod,
        ],
      },
      condition: 'Ready',
      says: /^False Unschedulable: .*Insufficient cpu/,
    },
    {
      title: 'a quota',
      observed: {
        ...up,
        answer: undefined,
        deployment: {
          ...upDeployment,
          status: {
            conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: compute' }],
          },
        } as unknown as V1Deployment,
      },
      condition: 'Ready',
      says: /^False QuotaExceeded: exceeded quota: compute/,
    },
    {
      title: 'a Service that does not answer',
      observed: { ...up, answer: { isReady: false, words: 'ECONNREFUSED' } },
      condition: 'Ready',
      says: /^False NotAnswering: .*ECONNREFUSED/,
    },
    {
      title: 'no database',
      observed: { ...up, postgres: undefined, answer: undefined },
      condition: 'Ready',
      says: /^False DatabaseNotReady/,
    },
    {
      title: 'Redis out: still Ready',
      observed: { ...up, redis: undefined },
      condition: 'Ready',
      says: /^True/,
    },
    {
      title: 'Redis out: Degraded',
      observed: { ...up, redis: undefined },
      condition: 'Degraded',
      says: /^True CacheUnavailable/,
    },
    {
      title: 'fewer replicas than wanted',
      observed: { ...up, deployment: { ...upDeployment, spec: { replicas: 3 } } as unknown as V1Deployment },
      condition: 'Degraded',
      says: /^True FewerReplicasThanWanted: 1 of 3/,
    },
  ];
  for (const { title, observed, condition, says } of causes) {
    it(`says of ${title}: ${condition} ${says.source}`, () =>
      expect(conditionsOf(observed)[condition]).to.match(says));
  }

  it('moves the time of a condition only when it turns', () => {
    const first = status(aRegistry(small), anObserved(up), {}, undefined);
    const later = status(
      aRegistry(small),
      anObserved({ ...up, nowMs: Date.parse('2027-01-01T00:00:00Z') }),
      first,
      undefined,
    );
    expect(later).to.deep.equal(first);
    const broken = status(
      aRegistry(small),
      anObserved({ ...up, nowMs: Date.parse('2027-01-01T00:00:00Z'), answer: undefined }),
      first,
      undefined,
    );
    const ready = broken.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.lastTransitionTime).to.equal('2027-01-01T00:00:00Z');
  });

  it('of a spec that cannot be carried out keeps what is known of the running registry', () => {
    const before = status(aRegistry(small), anObserved(up), {}, undefined);
    const after = stalledStatus(new BadSpec('spec.x: "1" is wrong; write 2'), 7, 0, before);
    const by = Object.fromEntries((after.conditions ?? []).map((condition) => [condition.type, condition]));
    expect(by.Stalled).to.deep.include({
      status: 'True',
      reason: 'BadSpec',
      message: 'spec.x: "1" is wrong; write 2',
    });
    expect(by.Ready?.status).to.equal('True');
    expect(after.version).to.equal('1.0.0');
  });
});

describe('events', () => {
  const before = status(aRegistry(small), anObserved(up), {}, undefined);

  it('tell when a registry stops answering and when it answers again', () => {
    const down = status(
      aRegistry(small),
      anObserved({ ...up, answer: { isReady: false, words: 'ECONNREFUSED' } }),
      before,
      undefined,
    );
    expect(eventsOf(before, down).map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal([
      'Warning NotAnswering',
    ]);
    expect(eventsOf(down, before).map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal([
      'Normal ReadyTrue',
    ]);
  });

  it('tell the cause of a rollout', () => {
    const lastRollout = { time: '2026-01-02T03:04:05Z', cause: 'configuration: LOG_LEVEL info → debug' };
    const after = status(aRegistry(small), anObserved(up), before, lastRollout);
    expect(eventsOf(before, after).map(({ note }) => note)).to.deep.equal([
      'server pods are replaced: configuration: LOG_LEVEL info → debug',
    ]);
  });

  it('are none when nothing turned', () => expect(eventsOf(before, before)).to.deep.equal([]));
});
