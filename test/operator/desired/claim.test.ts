import { expect } from 'chai';
import { unfilledVolumes, withoutUnfilled } from '../../../operator/desired/claim.ts';
import { desired } from '../../../operator/desired/table.ts';
import type {
  KubeObject,
  V1PersistentVolumeClaim,
  V1StatefulSet,
} from '../../../operator/kube/kubernetes.ts';
import type { Observed } from '../../../operator/observed.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { judging } from '../../../operator/status/condition.ts';
import { degraded } from '../../../operator/status/degraded.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

type Component = 'postgres' | 'redis';
interface Volume {
  readonly size?: string;
  readonly storageClassName?: string;
}

const sizes = { postgres: '50Gi', redis: '10Gi' };
const specOf = (component: Component, storage: Volume): Spec =>
  component === 'postgres' ? { database: { managed: { storage } } } : { cache: { managed: { storage } } };
const claimSpec = (component: Component, { size = sizes[component], ...rest }: Volume) => ({
  resources: { requests: { storage: size } },
  ...rest,
});
const aStatefulSet = (
  component: Component,
  volume: Volume = {},
  made = '2026-01-02T00:00:00Z',
  status = {},
) =>
  ({
    metadata: { name: `sample-${component}`, creationTimestamp: made },
    spec: { volumeClaimTemplates: [{ spec: claimSpec(component, volume) }] },
    status,
  }) as unknown as V1StatefulSet;
const aClaim = (
  component: Component,
  volume: Volume = {},
  {
    phase = 'Pending',
    made = '2026-01-02T00:00:01Z',
    spec = {},
    deletionTimestamp = undefined as string | undefined,
  } = {},
) =>
  ({
    metadata: { name: `data-sample-${component}-0`, creationTimestamp: made, deletionTimestamp },
    spec: { ...claimSpec(component, volume), ...(phase === 'Bound' ? { volumeName: 'pv-1' } : {}), ...spec },
    status: {
      phase,
      ...(phase === 'Bound' ? { capacity: { storage: volume.size ?? sizes[component] } } : {}),
    },
  }) as unknown as V1PersistentVolumeClaim;

const typo = { storageClassName: 'fsat' };
const fast = { storageClassName: 'fast' };

interface Row {
  readonly title: string;
  readonly wanted: Volume;
  readonly statefulSet?: (component: Component) => V1StatefulSet;
  readonly claim?: (component: Component) => V1PersistentVolumeClaim;
  readonly replaced: readonly string[];
}

const rows: readonly Row[] = [
  {
    title: 'another class, once that of the claim has turned out not to be there',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component, typo),
    claim: (component) => aClaim(component, typo),
    replaced: ['StatefulSet', 'claim'],
  },
  {
    title: 'the default class in the place of one that is not there',
    wanted: {},
    statefulSet: (component) => aStatefulSet(component, typo),
    claim: (component) => aClaim(component, typo),
    replaced: ['StatefulSet', 'claim'],
  },
  {
    title: 'a class, where there is no default one',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component),
    claim: (component) => aClaim(component),
    replaced: ['StatefulSet', 'claim'],
  },
  {
    title: 'a smaller size than the storage could give',
    wanted: { ...fast, size: '5Gi' },
    statefulSet: (component) => aStatefulSet(component, { ...fast, size: '5Pi' }),
    claim: (component) => aClaim(component, { ...fast, size: '5Pi' }),
    replaced: ['StatefulSet', 'claim'],
  },
  {
    title: 'another class before there is a claim',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component, typo),
    replaced: ['StatefulSet'],
  },
  {
    title: 'another class when the registry is made anew, and the empty claim was retained',
    wanted: fast,
    claim: (component) => aClaim(component, typo),
    replaced: ['claim'],
  },
  {
    title: 'the same, once the new StatefulSet is there',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component, fast, '2026-01-03T00:00:00Z'),
    claim: (component) => aClaim(component, typo),
    replaced: ['claim'],
  },
  {
    title: 'nothing where all is as wanted',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component, fast),
    claim: (component) => aClaim(component, fast),
    replaced: [],
  },
  {
    title: 'nothing where a size is written in another way',
    wanted: { size: '2048Mi' },
    statefulSet: (component) => aStatefulSet(component, { size: '2Gi' }),
    claim: (component) => aClaim(component, { size: '2Gi' }),
    replaced: [],
  },
  {
    title: 'nothing where the API server has put in the default class',
    wanted: {},
    statefulSet: (component) => aStatefulSet(component),
    claim: (component) => aClaim(component, fast),
    replaced: [],
  },
  {
    title: 'nothing where a webhook makes another claim of it: it would again',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component, fast),
    claim: (component) => aClaim(component, { storageClassName: 'house-rule' }),
    replaced: [],
  },
  ...[
    ['is bound', aClaim('postgres', typo, { phase: 'Bound' })] as const,
    ['is lost', aClaim('postgres', typo, { phase: 'Lost' })] as const,
    ['has the name of a volume', aClaim('postgres', typo, { spec: { volumeName: 'pv-2' } })] as const,
    [
      'is filled from a snapshot',
      aClaim('postgres', typo, { spec: { dataSource: { kind: 'VolumeSnapshot', name: 's' } } }),
    ] as const,
    [
      'is filled by a populator',
      aClaim('postgres', typo, { spec: { dataSourceRef: { kind: 'X', name: 's' } } }),
    ] as const,
    ['is on its way out', aClaim('postgres', typo, { deletionTimestamp: '2026-01-02T00:00:02Z' })] as const,
  ].map(([state, like]) => ({
    title: `nothing where the claim ${state}`,
    wanted: fast,
    statefulSet: (component: Component) => aStatefulSet(component, typo),
    claim: (component: Component) => {
      const metadata = { ...like.metadata, name: `data-sample-${component}-0` };
      return { ...like, metadata } as V1PersistentVolumeClaim;
    },
    replaced: [],
  })),
  {
    title: 'nothing of one that runs, though its claim is not seen',
    wanted: fast,
    statefulSet: (component) => aStatefulSet(component, typo, '2026-01-02T00:00:00Z', { readyReplicas: 1 }),
    replaced: [],
  },
];

describe('a volume that has never come to be', () => {
  for (const component of ['postgres', 'redis'] as const) {
    for (const { title, wanted, statefulSet, claim, replaced } of rows) {
      it(`of ${component} gives way to ${title}`, () => {
        const registry = aRegistry(specOf(component, wanted));
        const observed = anObserved({
          [component]: statefulSet?.(component),
          claims: claim === undefined ? [] : [claim(component)],
        });
        const found = unfilledVolumes(registry, observed);
        expect(
          found.flatMap((one) => [
            ...(one.statefulSet === undefined ? [] : ['StatefulSet']),
            ...(one.claim === undefined ? [] : ['claim']),
          ]),
        ).to.deep.equal(replaced);
        if (replaced.length === 0) return;
        const left = withoutUnfilled(observed, found);
        const child = (kind: string, name: string) =>
          desired(registry, left).find((object) => object.kind === kind && object.metadata.name === name);
        const { spec } = child('StatefulSet', `sample-${component}`) as KubeObject & {
          spec: { volumeClaimTemplates: readonly { spec: object }[] };
        };
        expect(spec.volumeClaimTemplates[0]?.spec).to.deep.include(claimSpec(component, wanted));
        if (replaced.includes('claim'))
          expect(child('PersistentVolumeClaim', `data-sample-${component}-0`)).to.equal(undefined);
      });
    }
  }
});

describe('a volume that is there', () => {
  const world = (template: Volume, bound: Volume): Partial<Observed> => ({
    postgres: aStatefulSet('postgres', template),
    claims: [aClaim('postgres', bound, { phase: 'Bound' })],
  });
  const made = (wanted: Volume, observed: Partial<Observed>) =>
    desired(aRegistry(specOf('postgres', wanted)), anObserved(observed));

  it('keeps its class: the field, what was found and what would be right', () => {
    expect(() => made(fast, world({ storageClassName: 'slow' }, { storageClassName: 'slow' }))).to.throw(
      BadSpec,
      'spec.database.managed.storage.storageClassName: "fast" is not the class of the volume, which cannot change; write slow',
    );
    expect(() => made({}, world({ storageClassName: 'slow' }, { storageClassName: 'slow' }))).to.throw(
      BadSpec,
      'spec.database.managed.storage.storageClassName is left out, but the volume has a class, which cannot change; write slow',
    );
  });

  it('may be named by its class where the spec left it to the cluster', () =>
    expect(made(fast, world({}, fast))).not.to.deep.equal([]));

  it('is used as it is by a registry that is made anew, which says so', () => {
    const spec: Spec = { ...specOf('postgres', fast), cache: { disabled: true } };
    const observed = anObserved(world(fast, { storageClassName: 'slow' }));
    expect(judging(aRegistry(spec), observed)(degraded)).to.deep.equal({
      status: 'True',
      reason: 'VolumeOfAnotherClass',
      message:
        'claim data-sample-postgres-0 has a volume of class "slow" from before, which is used as it is; ' +
        'spec.database.managed.storage.storageClassName asks for "fast": write slow, or move the data',
    });
    // And what it says to write is accepted.
    expect(made({ storageClassName: 'slow' }, world(fast, { storageClassName: 'slow' }))).not.to.deep.equal(
      [],
    );
  });

  it('is told of before a registry that is made anew with a smaller one changes anything', () =>
    expect(() => made({ size: '5Gi' }, { claims: [aClaim('postgres', {}, { phase: 'Bound' })] })).to.throw(
      BadSpec,
      '"5Gi" is less than the volume has',
    ));
});
