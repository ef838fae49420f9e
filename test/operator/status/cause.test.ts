import { expect } from 'chai';
import type { V1Deployment, V1Pod, V1StatefulSet } from '../../../operator/kube/kubernetes.ts';
import type { Component } from '../../../operator/labels.ts';
import type { Observed } from '../../../operator/observed.ts';
import { status } from '../../../operator/status/status.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const nowMs = Date.parse('2026-01-02T03:04:05Z');
const agoText = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();

interface Way {
  readonly title: string;
  readonly reason: string;
  readonly says: RegExp;
  /** Of the new pod. */
  readonly status?: object;
  readonly nodeName?: string;
  readonly deletedSeconds?: number;
  readonly warning?: string;
}

const aContainer = (name: string, state: object, more: object = {}) => ({
  name,
  image: 'example.test/image:typo',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
const waits = (reason: string, message?: string) => ({ waiting: { reason, message } });
const runs = (seconds: number) => ({ running: { startedAt: agoText(seconds) } });

/** How a pod gets stuck. MAIN stands for the container of the component. */
const ways: readonly Way[] = [
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'].map((word) => ({
    title: `an image: ${word}`,
    reason: 'ImagePullFailed',
    says: /container MAIN: image example\.test\/image:typo cannot be pulled/,
    status: { containerStatuses: [aContainer('MAIN', waits(word, 'no such image'))] },
  })),
  {
    title: 'a ConfigMap or Secret of a variable',
    reason: 'ConfigurationMissing',
    says: /secret "absent" not found/,
    status: {
      containerStatuses: [
        aContainer('MAIN', waits('CreateContainerConfigError', 'secret "absent" not found')),
      ],
    },
  },
  {
    title: 'a Secret of a volume',
    reason: 'ConfigurationMissing',
    says: /MountVolume.* secret "absent" not found/,
    status: { containerStatuses: [aContainer('MAIN', waits('ContainerCreating'))] },
    warning: 'MountVolume.SetUp failed for volume "x" : secret "absent" not found',
  },
  {
    title: 'a Secret of a volume, before the init containers',
    reason: 'ConfigurationMissing',
    says: /configmap "absent" not found/,
    status: {
      initContainerStatuses: [aContainer('first', waits('PodInitializing'))],
      containerStatuses: [aContainer('MAIN', waits('PodInitializing'))],
    },
    warning: 'MountVolume.SetUp failed for volume "x" : configmap "absent" not found',
  },
  {
    title: 'a volume that another node holds',
    reason: 'ContainersNotMade',
    says: /Multi-Attach error/,
    status: { containerStatuses: [aContainer('MAIN', waits('ContainerCreating'))] },
    warning: 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other',
  },
  {
    title: 'no node',
    reason: 'Unschedulable',
    says: /didn't match Pod's node affinity\/selector/,
    nodeName: '',
    status: {
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        },
      ],
    },
  },
  {
    title: 'a crash loop',
    reason: 'CrashLooping',
    says: /container MAIN, exit code 1: Error: no/,
    status: {
      containerStatuses: [
        aContainer('MAIN', waits('CrashLoopBackOff'), {
          restartCount: 3,
          lastState: { terminated: { exitCode: 1, message: 'Error: no' } },
        }),
      ],
    },
  },
  {
    title: 'a crash loop, between two ends',
    reason: 'CrashLooping',
    says: /container MAIN, exit code 1: Error: no/,
    status: {
      containerStatuses: [
        aContainer('MAIN', runs(3), {
          restartCount: 3,
          lastState: { terminated: { exitCode: 1, message: 'Error: no' } },
        }),
      ],
    },
  },
  {
    title: 'too little memory',
    reason: 'CrashLooping',
    says: /container MAIN, exit code 137: it used more memory than its limit allows/,
    status: {
      containerStatuses: [
        aContainer('MAIN', waits('CrashLoopBackOff'), {
          restartCount: 3,
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
        }),
      ],
    },
  },
  {
    title: 'an init container that fails',
    reason: 'CrashLooping',
    says: /container first, exit code 2: Error: it cannot/,
    status: {
      initContainerStatuses: [
        aContainer(
          'first',
          { terminated: { exitCode: 2, message: 'Error: it cannot' } },
          { restartCount: 1 },
        ),
      ],
      containerStatuses: [aContainer('MAIN', waits('PodInitializing'))],
    },
  },
  {
    title: 'an init container that hangs, after a sidecar',
    reason: 'Initializing',
    says: /init container second, which does not end/,
    status: {
      initContainerStatuses: [
        aContainer('sidecar', runs(50), { ready: true, started: true }),
        aContainer('second', runs(45)),
        aContainer('third', waits('PodInitializing')),
      ],
      containerStatuses: [aContainer('MAIN', waits('PodInitializing'))],
    },
  },
  {
    title: 'a sidecar of somebody else that crashes, before our own container',
    reason: 'CrashLooping',
    says: /container injected, exit code 1/,
    status: {
      containerStatuses: [
        aContainer('injected', waits('CrashLoopBackOff'), { lastState: { terminated: { exitCode: 1 } } }),
        aContainer('MAIN', runs(50), { ready: true }),
      ],
    },
  },
  {
    title: 'a sidecar that does not get ready',
    reason: 'ContainersNotReady',
    says: /container injected runs, and its probe says that it is not ready/,
    status: {
      containerStatuses: [aContainer('injected', runs(50)), aContainer('MAIN', runs(50), { ready: true })],
    },
  },
  {
    title: 'a readiness gate of somebody else',
    reason: 'ContainersNotReady',
    says: /readiness gate "lb.example.com"/,
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'ReadinessGatesNotReady',
          message: 'corresponding condition of pod readiness gate "lb.example.com" does not exist.',
        },
      ],
      containerStatuses: [aContainer('MAIN', runs(50), { ready: true })],
    },
  },
  {
    title: 'a node that turns the pod away',
    reason: 'PodFailed',
    says: /OutOfcpu: Node didn't have enough resource: cpu/,
    status: { phase: 'Failed', reason: 'OutOfcpu', message: "Node didn't have enough resource: cpu" },
  },
  {
    title: 'a node that is gone',
    reason: 'NodeNotResponding',
    says: /node node-1, which has not taken it up/,
  },
  {
    title: 'a pod that does not end',
    reason: 'NodeNotResponding',
    says: /on node node-1 is being deleted and does not terminate/,
    deletedSeconds: 40,
  },
  {
    title: 'a drain of its node',
    reason: 'Evicted',
    says: /pod \S+ on node node-1 is evicted: Eviction API: evicting/,
    deletedSeconds: 5,
    status: {
      conditions: [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
          message: 'Eviction API: evicting',
        },
      ],
    },
  },
];

function aPod(component: Component, way: Way): V1Pod {
  const text = JSON.stringify(way.status ?? {}).replaceAll('MAIN', component);
  return {
    metadata: {
      name: `sample-${component}-new`,
      uid: 'uid-of-pod',
      labels: { 'app.kubernetes.io/component': component },
      creationTimestamp: agoText(60),
      ...(way.deletedSeconds === undefined ? {} : { deletionTimestamp: agoText(way.deletedSeconds) }),
    },
    spec: way.nodeName === '' ? {} : { nodeName: way.nodeName ?? 'node-1' },
    status: JSON.parse(text),
  } as unknown as V1Pod;
}

/** The new pod of a change waits, and one of before is up. */
const changing = (conditions: readonly object[] = [], spec: object = {}) =>
  ({
    metadata: { name: 'sample', namespace: 'team-a', generation: 2 },
    spec: { replicas: 1, progressDeadlineSeconds: 600, ...spec },
    status: {
      observedGeneration: 2,
      replicas: 2,
      readyReplicas: 1,
      updatedReplicas: 1,
      availableReplicas: 1,
      conditions,
    },
  }) as unknown as V1Deployment;
const settled = {
  ...changing(),
  status: { observedGeneration: 2, replicas: 1, readyReplicas: 1, updatedReplicas: 1, availableReplicas: 1 },
} as unknown as V1Deployment;
const upStatefulSet = {
  metadata: { generation: 1 },
  status: { observedGeneration: 1, readyReplicas: 1, replicas: 1 },
} as V1StatefulSet;
const replacedStatefulSet = {
  metadata: { generation: 2 },
  status: { observedGeneration: 2, replicas: 1, currentRevision: 'a', updateRevision: 'b' },
} as V1StatefulSet;
const oldPod = {
  metadata: {
    name: 'sample-old',
    labels: { 'app.kubernetes.io/component': 'server' },
    creationTimestamp: agoText(9_000),
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
} as unknown as V1Pod;
const answering = {
  isReady: true as const,
  isDegraded: false,
  isLocked: false,
  version: '1.0.0',
  checks: {},
} satisfies Observed['answer'];
const up: Partial<Observed> = {
  nowMs,
  deployment: settled,
  postgres: upStatefulSet,
  redis: upStatefulSet,
  answer: answering,
};

function conditionsOf(observed: Partial<Observed>) {
  const registry = aRegistry({ replicas: 1, autoscaling: { enabled: false } });
  const written = status(registry, anObserved({ ...up, ...observed }), {}, undefined);
  return Object.fromEntries((written.conditions ?? []).map((condition) => [condition.type, condition]));
}

function expectCause(
  condition: ReturnType<typeof conditionsOf>[string] | undefined,
  [is, reason]: readonly string[],
  says: RegExp,
) {
  expect([condition?.status, condition?.reason], condition?.message).to.deep.equal([is, reason]);
  expect(condition?.message).to.match(says);
}

describe('a rollout that is stuck', () => {
  for (const way of ways) {
    const { title, reason, warning } = way;
    const warnings = new Map(warning === undefined ? [] : [['uid-of-pod', warning]]);
    const saysOf = (component: Component) => new RegExp(way.says.source.replaceAll('MAIN', component));

    it(`of a registry that answers names ${title}`, () => {
      const observed = { deployment: changing(), pods: [oldPod, aPod('server', way)], warnings };
      const conditions = conditionsOf(observed);
      expect(conditions.Ready?.status).to.equal('True');
      expectCause(conditions.Reconciling, ['True', reason], saysOf('server'));
      expect(conditions.Reconciling?.message).to.match(/^1 server pod of the old kind is left: /);
      expectCause(conditions.Degraded, ['True', 'RolloutStuck'], saysOf('server'));
    });

    for (const [component, type] of [
      ['postgres', 'DatabaseReady'],
      ['redis', 'CacheReady'],
    ] as const) {
      it(`of ${component} names ${title}`, () => {
        const observed = { [component]: replacedStatefulSet, pods: [aPod(component, way)], warnings };
        const conditions = conditionsOf(observed);
        expectCause(conditions[type], ['False', reason], saysOf(component));
        expectCause(conditions.Reconciling, ['True', reason], saysOf(component));
      });
    }
  }

  const pods = [oldPod];

  it('names a quota that has no room beside the pods of before', () => {
    const message = 'pods "sample-x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=3';
    const deployment = changing([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message },
    ]);
    const conditions = conditionsOf({ deployment, pods });
    expectCause(conditions.Reconciling, ['True', 'QuotaExceeded'], /: exceeded quota: team/);
    expectCause(conditions.Degraded, ['True', 'RolloutStuck'], /exceeded quota: team/);
  });

  it('names a Deployment that somebody has paused', () => {
    const conditions = conditionsOf({ deployment: changing([], { paused: true }), pods });
    const says = /kubectl rollout resume deployment\/sample -n team-a/;
    expectCause(conditions.Reconciling, ['True', 'RolloutPaused'], says);
    expectCause(conditions.Degraded, ['True', 'RolloutStuck'], says);
  });

  it('says that its time is over where nobody says more', () => {
    const late = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
    const conditions = conditionsOf({ deployment: changing(late), pods });
    expectCause(conditions.Reconciling, ['True', 'ProgressDeadlineExceeded'], /for 600 s/);
    expectCause(conditions.Degraded, ['True', 'RolloutStuck'], /for 600 s/);
  });

  it('is not told by the pods of the change before', () => {
    const [first] = ways as readonly [Way];
    const changed = changing();
    const deployment = { ...changed, metadata: { ...changed.metadata, generation: 3 } } as V1Deployment;
    const conditions = conditionsOf({ deployment, pods: [oldPod, aPod('server', first)] });
    expect(conditions.Reconciling?.message).to.equal('the Deployment has not been acted on yet');
    expect(conditions.Degraded?.status).to.equal('False');
  });

  it('names what the newest pod waits for, not what ailed the one before', () => {
    const [first, second] = ways as readonly [Way, Way];
    const image = aPod('server', first);
    const newer = aPod('server', {
      ...second,
      status: ways.find(({ reason }) => reason === 'Unschedulable')?.status ?? {},
    });
    const later = {
      ...newer,
      metadata: { ...newer.metadata, creationTimestamp: agoText(1) },
    } as unknown as V1Pod;
    for (const both of [
      [image, later],
      [later, image],
    ])
      expect(conditionsOf({ deployment: changing(), pods: both }).Reconciling?.reason).to.equal(
        'Unschedulable',
      );
  });

  it('is none while a pod starts as pods do', () => {
    const young: readonly Way[] = [
      {
        title: '',
        reason: '',
        says: /x/,
        status: { containerStatuses: [aContainer('MAIN', waits('ContainerCreating'))] },
      },
      { title: '', reason: '', says: /x/, status: { containerStatuses: [aContainer('MAIN', runs(5))] } },
      {
        title: '',
        reason: '',
        says: /x/,
        status: {
          initContainerStatuses: [aContainer('first', runs(5))],
          containerStatuses: [aContainer('MAIN', waits('PodInitializing'))],
        },
      },
      { title: '', reason: '', says: /x/, deletedSeconds: 5 },
    ];
    for (const way of young) {
      const conditions = conditionsOf({ deployment: changing(), pods: [oldPod, aPod('server', way)] });
      expect(conditions.Reconciling?.reason).to.equal('RollingOut');
      expect(conditions.Degraded?.status).to.equal('False');
    }
  });

  it('is no longer told once all is as wanted', () => {
    for (const way of ways) {
      const conditions = conditionsOf({ pods: [oldPod, aPod('server', way)] });
      expect(conditions.Reconciling?.status).to.equal('False');
      expect(conditions.Degraded?.status).to.equal('False');
    }
  });
});
