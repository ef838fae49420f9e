import { expect } from 'chai';
import { adminKey } from '../../../operator/desired/auth.ts';
import { contentHash } from '../../../operator/desired/pod.ts';
import { eventsOf } from '../../../operator/events.ts';
import type {
  KubeObject,
  V1Deployment,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
} from '../../../operator/kube/kubernetes.ts';
import type { LastDrill, Observed } from '../../../operator/observed.ts';
import type { Spec, Status } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { isDrillBeingTold } from '../../../operator/status/archive-verified.ts';
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
const answering = {
  isReady: true as const,
  isDegraded: false,
  isLocked: false,
  version: '1.0.0',
  checks: { database: { version: '17.2', migration: 3 } },
} satisfies Observed['answer'];
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

  describe('of a registry that asks who is there', () => {
    const locked: Spec = { ...small, auth: { mode: 'ApiKey' } };

    it('is ready when it refuses who sends nothing', () => {
      const conditions = conditionsOf({ ...up, answer: { ...answering, isLocked: true } }, locked);
      expect(conditions.Ready).to.equal('True Ready: version 1.0.0 answers');
    });

    it('is not when it answers them, as a version would that knows of no locks', () => {
      expect(conditionsOf(up, locked).Ready).to.equal(
        'False Unlocked: spec.auth.mode: "ApiKey", but version 1.0.0 answers requests without credentials; a newer version asks for them',
      );
    });

    it('is while pods are replaced, when those of before may answer', () => {
      const deployment = { ...upDeployment, metadata: { generation: 2 } } as V1Deployment;
      expect(conditionsOf({ ...up, deployment }, locked).Ready).to.match(/^True/);
    });

    it('names the Secret of the key', () => {
      const observed = anObserved();
      const secret = adminKey(aRegistry(locked), observed) as KubeObject;
      const secrets = { ...observed.secrets, auth: secret };
      const written = status(
        aRegistry(locked),
        anObserved({ ...up, secrets, children: [secret] }),
        {},
        undefined,
      );
      expect(written.secrets).to.deep.include({
        name: 'sample-auth',
        hash: contentHash(secret.data),
        rotated: '2026-01-02T03:04:05Z',
      });
    });
  });

  const external: Spec = {
    ...small,
    database: { external: { host: 'db.example.com', credentialsSecretRef: { name: 'db' } } },
  };

  it('of a database that somebody else runs', () => {
    const parts = { ...up, postgres: undefined };
    const conditions = conditionsOf(parts, external);
    expect(conditions.DatabaseReady).to.equal('True Ready: db.example.com:5432 answers');
    expect(conditions.Ready).to.match(/^True/);
    expect(conditions.Reconciling).to.match(/^False/);
    const written = status(aRegistry(external), anObserved(parts), {}, undefined);
    expect(written.dependencies?.database).to.deep.equal({
      kind: 'external',
      host: 'db.example.com:5432',
      version: '17.2',
      migration: 3,
    });
  });

  const cause = 'the database refuses the user name or password';
  const unready = (reason: string) => ({
    cause,
    checks: { database: { status: 'down', cause, reason } },
  });

  it('of a database that refuses the password: what an unready pod says', () => {
    const parts = { ...up, postgres: undefined, answer: undefined, unready: unready('CredentialsRefused') };
    const conditions = conditionsOf(parts, external);
    expect(conditions.DatabaseReady).to.equal(`False CredentialsRefused: db.example.com:5432: ${cause}`);
    expect(conditions.Ready).to.equal(`False DatabaseNotReady: db.example.com:5432: ${cause}`);
  });

  for (const reason of ['BootstrapFailed', 'DataLost', 'DatabaseReplaced', 'Restoring']) {
    it(`of a database that has lost what the registry had: ${reason}, in the words of the server`, () => {
      const cause = 'restoring from s3://b/: 3 of 10 subjects, 30 %';
      const unready = { cause, reason, checks: { database: { status: 'up' } } } as const;
      const conditions = conditionsOf({ ...up, answer: undefined, unready });
      expect(conditions.DatabaseReady).to.equal(`False ${reason}: ${cause}`);
      expect(conditions.Ready).to.equal(`False DatabaseNotReady: ${cause}`);
    });
  }

  it('of a PostgreSQL that accepts connections, and has no tables any more', () => {
    const words = 'the database refuses a statement: relation "versions" does not exist (42P01)';
    const checks = { database: { status: 'down', cause: words, reason: 'TablesChanged' } };
    const conditions = conditionsOf({ ...up, answer: undefined, unready: { cause: words, checks } });
    expect(conditions.DatabaseReady).to.equal(`False TablesChanged: PostgreSQL: ${words}`);
    expect(conditions.Ready).to.equal(`False DatabaseNotReady: PostgreSQL: ${words}`);
  });

  it('of a PostgreSQL that a server cannot reach for a moment: its own pod knows better', () => {
    const checks = { database: { status: 'down', cause: 'it broke off', reason: 'Unreachable' } };
    const conditions = conditionsOf({ ...up, answer: undefined, unready: { cause: 'it broke off', checks } });
    expect(conditions.DatabaseReady).to.match(/^True/);
  });

  it('knows no more reasons than its own', () => {
    const parts = { ...up, postgres: undefined, answer: undefined, unready: unready('SomethingNew') };
    expect(conditionsOf(parts, external).DatabaseReady).to.match(/^False Unreachable: /);
  });

  it('of a new pod that is refused while the old ones answer: why the rollout does not end', () => {
    const deployment = {
      ...upDeployment,
      status: { ...upDeployment.status, replicas: 2, updatedReplicas: 1 },
    } as V1Deployment;
    const conditions = conditionsOf(
      { ...up, deployment, postgres: undefined, unready: unready('CredentialsRefused') },
      external,
    );
    expect(conditions.Ready).to.match(/^True/);
    expect(conditions.Reconciling).to.equal(
      `True RollingOut: 1 server pod of the old kind is left; one says: ${cause}`,
    );
  });

  const cached: Spec = { ...small, cache: { external: { host: 'redis.example.com' } } };
  const withCache = (cache: object) =>
    conditionsOf(
      { ...up, redis: undefined, answer: { ...answering, checks: { ...answering.checks, cache } } },
      cached,
    );

  it('of a Redis that somebody else runs', () => {
    const conditions = withCache({ status: 'up' });
    expect(conditions.CacheReady).to.equal('True Ready: redis.example.com:6379 answers');
    expect(conditions.Reconciling).to.match(/^False/);
    expect(conditions.Degraded).to.match(/^False/);
  });

  it('of a Redis that refuses the password: still ready, with the cause', () => {
    const conditions = withCache({
      status: 'down',
      cause: 'Redis refuses the user name or password',
      reason: 'CredentialsRefused',
    });
    expect(conditions.CacheReady).to.equal(
      'False CredentialsRefused: redis.example.com:6379: Redis refuses the user name or password',
    );
    expect(conditions.Degraded).to.match(/^True CacheUnavailable: redis\.example\.com:6379/);
    expect(conditions.Ready).to.match(/^True/);
  });

  const archived: Spec = { ...small, artifacts: { s3: { bucket: 'team-a', prefix: '/registry/' } } };
  const withArchive = (archive: object) =>
    conditionsOf({ ...up, answer: { ...answering, checks: { ...answering.checks, archive } } }, archived);

  it('of an archive that is up', () => {
    const conditions = withArchive({ status: 'up', pending: 0, lagSeconds: 0 });
    expect(conditions.ArtifactStoreReady).to.equal('True Ready: changes are kept in s3://team-a/registry');
    expect(conditions.Degraded).to.match(/^False/);
  });

  it('of an archive that is away: still ready, with the cause, and figures that do not move with every look', () => {
    const conditions = withArchive({
      status: 'down',
      cause: 'S3 does not answer',
      pending: 4321,
      lagSeconds: 95,
    });
    expect(conditions.ArtifactStoreReady).to.equal(
      'False Unreachable: s3://team-a/registry: S3 does not answer; 1000 changes or more wait in the database, the oldest for a minute or more',
    );
    expect(conditions.Degraded).to.match(/^True ArtifactStoreUnavailable: .*S3 does not answer/);
    expect(conditions.Ready).to.match(/^True/);
    expect(
      withArchive({ status: 'down', cause: 'S3 does not answer', pending: 4322, lagSeconds: 97 }),
    ).to.deep.equal(conditions);
  });

  const withSnapshots = (archive: object) =>
    ({
      ...answering,
      checks: { ...answering.checks, archive: { status: 'up', ...archive } },
    }) as Partial<Observed>['answer'];
  const aSnapshot = { name: 'first', time: '2026-11-26T22:00:00Z', subjects: 1, versions: 2, schemas: 2 };

  it('of an archive of which no snapshot can be taken: changes are kept, and it is degraded', () => {
    const answer = withSnapshots({ snapshots: [aSnapshot], snapshotFailure: 'the key is too long' });
    const conditions = conditionsOf({ ...up, answer }, archived);
    const message =
      'changes are kept in s3://team-a/registry, and no snapshot can be taken: the key is too long; the last one is of 2026-11-26T22:00:00Z';
    expect(conditions.ArtifactStoreReady).to.equal(`False SnapshotFails: ${message}`);
    expect(conditions.Degraded).to.equal(`True SnapshotFails: ${message}`);
  });

  it('has the last snapshots, also while the server does not answer', () => {
    const registry = aRegistry(archived);
    const before = status(
      registry,
      anObserved({ ...up, answer: withSnapshots({ snapshots: [aSnapshot] }) }),
      {},
      undefined,
    );
    expect(before.archive).to.deep.equal({ snapshots: [aSnapshot] });
    expect(
      status(registry, anObserved({ ...up, answer: undefined }), before, undefined).archive,
    ).to.deep.equal(before.archive);
  });

  const drilled: Spec = {
    ...small,
    artifacts: { s3: { bucket: 'team-a', prefix: 'registry', drill: { schedule: '0 3 * * *' } } },
  };
  const lastDrill = {
    endedAt: '2026-11-26T03:00:20.000Z',
    seconds: 20.5,
    subjects: 2,
    versions: 3,
    schemas: 3,
    differing: 0,
    differences: [],
  };
  const withDrill = (lastDrill: LastDrill | undefined, observed: Partial<Observed> = {}, spec = drilled) => {
    const archive = { status: 'up', pending: 0, lagSeconds: 0, ...(lastDrill && { lastDrill }) };
    const answer = { ...answering, checks: { ...answering.checks, archive } };
    return conditionsOf({ ...up, answer, nowMs: Date.parse('2026-11-27T03:00:00Z'), ...observed }, spec);
  };

  it('of an archive that nobody tries to restore', () => {
    expect(withDrill(lastDrill, {}, archived).ArchiveVerified).to.match(/^True Disabled: /);
  });

  it('of an archive whose first drill has not ended, with how to begin one', () => {
    expect(withDrill(undefined).ArchiveVerified).to.equal(
      'Unknown NotYet: no drill has ended yet; kubectl -n team-a create job --from=cronjob/sample-drill sample-drill-now begins one',
    );
  });

  it('of a drill that found all as it is in the registry', () => {
    const conditions = withDrill(lastDrill);
    expect(conditions.ArchiveVerified).to.equal(
      'True Verified: the drill of 2026-11-26T03:00:20.000Z restored s3://team-a/registry in 20.5 s: 3 schemas, all as they are in the registry',
    );
    expect(conditions.Degraded).to.match(/^False/);
  });

  it('of a drill that found what differs: still ready, and degraded', () => {
    const differences = [
      'contents/ab/abc.json: damaged',
      'version 1 of orders is not what it is in the registry',
    ];
    const conditions = withDrill({ ...lastDrill, differing: 5, differences });
    const message =
      'the drill of 2026-11-26T03:00:20.000Z restored s3://team-a/registry, and this is not as it is in the registry: contents/ab/abc.json: damaged; version 1 of orders is not what it is in the registry; and 3 more';
    expect(conditions.ArchiveVerified).to.equal(`False ArchiveDiffers: ${message}`);
    expect(conditions.Degraded).to.equal(`True ArchiveDiffers: ${message}`);
    expect(conditions.Ready).to.match(/^True/);
  });

  it('of drills that no longer end, by what their schedule leaves between two', () => {
    const afterDays = (days: number, schedule: string) =>
      withDrill(
        lastDrill,
        { nowMs: Date.parse(lastDrill.endedAt) + days * 86_400_000 },
        { ...small, artifacts: { s3: { bucket: 'team-a', drill: { schedule } } } },
      ).ArchiveVerified;
    expect(afterDays(2.9, '0 3 * * *')).to.match(/^True/);
    expect(afterDays(3.1, '0 3 * * *')).to.match(
      /^False DrillOverdue: the last drill that ended is of 2026-11-26/,
    );
    expect(afterDays(14, '0 3 * * 0')).to.match(/^True/);
    expect(afterDays(16, '0 3 * * 0')).to.match(/^False/);
    expect(afterDays(60, '0 3 1 * *')).to.match(/^True/);
    expect(afterDays(400, '0 3 1 1 *')).to.match(/^True/);
  });

  it('is looked at again soon after a drill has ended, for the server to tell how it went', () => {
    const ended = (component: string, finishedAt: string) =>
      isDrillBeingTold({
        nowMs: Date.parse('2026-11-26T03:01:00Z'),
        pods: [
          {
            metadata: { labels: { 'app.kubernetes.io/component': component } },
            status: { containerStatuses: [{ state: { terminated: { finishedAt } } }] },
          } as unknown as V1Pod,
        ],
      });
    expect(ended('drill', '2026-11-26T03:00:30Z')).to.equal(true);
    expect(ended('drill', '2026-11-26T02:59:00Z')).to.equal(false);
    expect(ended('server', '2026-11-26T03:00:30Z')).to.equal(false);
  });

  it('keeps in sight the last drill that found all well', () => {
    const answerOf = (drill: object) => ({
      ...answering,
      checks: { ...answering.checks, archive: { status: 'up', lastDrill: drill } as never },
    });
    const first = status(
      aRegistry(drilled),
      anObserved({ ...up, answer: answerOf(lastDrill) }),
      {},
      undefined,
    );
    const { endedAt: time, differing: _, differences: __, ...counts } = lastDrill;
    expect(first.archive).to.deep.equal({ lastVerified: { time, ...counts } });
    const later = { ...lastDrill, endedAt: '2026-11-27T03:00:20.000Z', differing: 1, differences: ['a'] };
    const second = status(
      aRegistry(drilled),
      anObserved({ ...up, answer: answerOf(later) }),
      first,
      undefined,
    );
    expect(second.archive).to.deep.equal(first.archive);
  });

  it('says anew what is free on the volume where it is another twentieth, and not with each hundredth', () => {
    const freeAfter = (free: number, before: Status) => {
      const database = { ...answering.checks.database, volume: { sizeBytes: 1_000, freeBytes: free } };
      const answer = { ...answering, checks: { ...answering.checks, database } };
      return status(aRegistry(small), anObserved({ ...up, answer }), before, undefined);
    };
    const first = freeAfter(500, {});
    expect(first.dependencies?.database?.volume).to.deep.equal({ sizeBytes: 1_000, freeBytes: 500 });
    expect(freeAfter(470, first).dependencies?.database?.volume?.freeBytes).to.equal(500);
    expect(freeAfter(530, first).dependencies?.database?.volume?.freeBytes).to.equal(500);
    expect(freeAfter(450, first).dependencies?.database?.volume?.freeBytes).to.equal(450);
  });

  it('says where the archive is', () => {
    const written = status(aRegistry(archived), anObserved(up), {}, undefined);
    expect(written.dependencies?.artifacts).to.deep.equal({
      kind: 's3',
      host: 's3.us-east-1.amazonaws.com',
      location: 's3://team-a/registry',
    });
  });

  const causes: readonly { title: string; observed: Partial<Observed>; condition: string; says: RegExp }[] = [
    {
      title: 'an image that cannot be pulled',
      observed: {
        ...up,
        answer: undefined,
        pods: [
          aPod('server', {
            state: {
              waiting: {
                reason: 'ImagePullBackOff',
                message:
                  'Back-off pulling image "example.test/image:1": ErrImagePull: rpc error: code = NotFound desc = failed to ' +
                  'resolve reference "example.test/image:1": example.test/image:1: not found',
              },
            },
          }),
        ],
      },
      condition: 'Ready',
      says: /^False ImagePullFailed: .*image example\.test\/image:1 cannot be pulled: example\.test\/image:1: not found$/,
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
      title: 'a volume that is full: PostgreSQL is down',
      observed: {
        pods: [
          aPod('postgres', {
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: {
              terminated: {
                exitCode: 1,
                message:
                  'PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device\n' +
                  'FATAL:  the database system is in recovery mode\n',
              },
            },
          }),
        ],
      },
      condition: 'DatabaseReady',
      says: /^False DiskFull: pod sample-postgres-0.* No space left on device; raise spec.database.managed.storage.size \(50Gi\)$/,
    },
    {
      title: 'a volume that is full: what is there can be read',
      observed: {
        ...up,
        answer: {
          ...answering,
          checks: {
            writes: {
              status: 'down',
              reason: 'DiskFull',
              cause: 'the database has no room left on its disk',
            },
          },
        },
      },
      condition: 'Degraded',
      says: /^True DiskFull: PostgreSQL: the database has no room left on its disk: schemas are read.*; raise spec/,
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
      title: 'a quota without room for PostgreSQL',
      observed: {
        postgres: { metadata: { uid: 'uid-of-it' }, status: {} } as V1StatefulSet,
        warnings: new Map([['uid-of-it', 'create Pod failed: exceeded quota: compute']]),
      },
      condition: 'DatabaseReady',
      says: /^False QuotaExceeded: create Pod failed: exceeded quota: compute/,
    },
    {
      title: 'a claim whose class is not there',
      observed: {
        claims: [
          {
            metadata: { name: 'data-sample-postgres-0', uid: 'uid-of-it' },
            spec: { storageClassName: 'fast' },
            status: { phase: 'Pending' },
          } as unknown as V1PersistentVolumeClaim,
        ],
        warnings: new Map([['uid-of-it', 'storageclass.storage.k8s.io "fast" not found']]),
      },
      condition: 'DatabaseReady',
      says: /^False ClaimPending: claim data-sample-postgres-0 waits for a volume of class fast: .*"fast" not found/,
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

  for (const [title, text] of [
    ['an overlay of 600 KB', 'x'.repeat(600_000)],
    ['other scripts than Latin', '秘'.repeat(200_000)],
    ['halves of pairs', '\ud83d'.repeat(2_000)],
  ] as const) {
    it(`has no more than 2,048 bytes in a message, of ${title}`, () => {
      const after = stalledStatus(new BadSpec(`the API server refuses it: ${text}`), 1, 0, {});
      for (const { message } of after.conditions ?? []) {
        expect(Buffer.byteLength(message)).to.be.at.most(2_048);
        expect(message.isWellFormed()).to.equal(true);
      }
      expect(after.conditions?.find(({ type }) => type === 'Stalled')?.message).to.match(
        /^the API server refuses it: .+\.\.\.$/s,
      );
      const rollout = { time: '2026-01-02T03:04:05Z', cause: `configuration: ${text}` };
      const rolled = status(aRegistry(small), anObserved(up), {}, rollout);
      expect(Buffer.byteLength(rolled.lastRollout?.cause ?? '')).to.be.at.most(2_048);
    });
  }

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
