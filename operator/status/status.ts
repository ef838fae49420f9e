import { host, names } from '../desired/child.ts';
import { apiProtocol, ports } from '../desired/config-map.ts';
import { gatewayGrpcTarget, gatewayUrl } from '../desired/gateway.ts';
import { grpcTarget, ingressUrl } from '../desired/ingress.ts';
import { contentHash } from '../desired/pod.ts';
import { rotatedAnnotation } from '../desired/rotation.ts';
import type { Hindrance } from '../hindrance.ts';
import { selectorLabels } from '../labels.ts';
import { locationOf } from '../object-stores.ts';
import type { LastDrill, Observed } from '../observed.ts';
import type { ArtifactStore, Registry, Status } from '../registry.ts';
import type { BadSpec } from '../spec.ts';
import { timeOf } from '../time.ts';
import { shortened } from '../within-bytes.ts';
import { lastDrillOf } from './archive-verified.ts';
import { placeOf } from './cache-ready.ts';
import { clusterFacts } from './cnpg.ts';
import { type Condition, judging, type Verdict } from './condition.ts';
import { databasePlace } from './database-ready.ts';
import { type ConditionType, conditions as conditionTable } from './table.ts';

type ShownCondition = NonNullable<Status['conditions']>[number];

/** The whole status of a registry, as it is written. Times move only where something turned. */
export function status(
  registry: Registry,
  observed: Observed,
  before: Status,
  rollout: Status['lastRollout'],
): Status {
  const find = judging(registry, observed);
  const verdicts = Object.entries(conditionTable).map(
    ([type, condition]: [string, Condition]) => [type as ConditionType, find(condition)] as const,
  );
  return {
    ...facts(registry, observed, before),
    ...archiveFacts(observed, before),
    ...rolloutFacts(rollout),
    observedGeneration: registry.generation,
    conditions: verdicts.map(([type, verdict]) =>
      shown(type, verdict, registry.generation, observed.nowMs, before),
    ),
  };
}

/** What is there now has not been asked yet: all stays as it was said, and only what the operator itself has done is new. */
export function unansweredStatus(
  before: Status,
  identity: Observed['identity'],
  rollout: Status['lastRollout'],
): Status {
  return { ...before, ...(identity === undefined ? {} : { identity }), ...rolloutFacts(rollout) };
}

function rolloutFacts(rollout: Status['lastRollout']): Pick<Status, 'lastRollout'> {
  if (rollout === undefined) return {};
  const { cause } = rollout;
  return {
    lastRollout: {
      ...rollout,
      ...(cause === undefined ? {} : { cause: shortened(cause, MAX_MESSAGE_BYTES) }),
    },
  };
}

/** What of a status is ours: other controllers may keep conditions of their own in it, in whatever order. */
export function ours({ conditions = [], ...facts }: Status): Status {
  const own = conditions.filter(({ type }) => Object.hasOwn(conditionTable, type));
  return { ...facts, conditions: own.toSorted((one, other) => (one.type < other.type ? -1 : 1)) };
}

/** A spec that cannot be carried out: what runs stays as it is, and so does what is said about it. */
export function stalledStatus(error: BadSpec, generation: number, nowMs: number, before: Status): Status {
  const elsewhere = 'the spec cannot be carried out; see Stalled';
  const turned: Turned = {
    Stalled: { status: 'True', reason: error.reason, message: error.message },
    Reconciling: { status: 'False', reason: 'BadSpec', message: elsewhere },
  };
  const ready: Verdict = { status: 'False', reason: 'BadSpec', message: elsewhere };
  return {
    ...before,
    observedGeneration: generation,
    conditions: withTurned(turned, ready, generation, nowMs, before),
  };
}

/** A run that could not be ended, for a cause outside the spec: the rest is as it was, and this generation is not done yet. */
export function hinderedStatus(
  { reason, message }: Hindrance,
  generation: number,
  nowMs: number,
  before: Status,
): Status {
  const turned: Turned = {
    Reconciling: { status: 'True', reason, message: `${message}; it will be tried again` },
  };
  const ready: Verdict = { status: 'False', reason, message };
  return { ...before, conditions: withTurned(turned, ready, generation, nowMs, before) };
}

type Turned = Partial<Record<ConditionType, Verdict>>;

/** @param ready for where nothing is known of Ready yet */
function withTurned(
  turned: Turned,
  ready: Verdict,
  generation: number,
  nowMs: number,
  before: Status,
): ShownCondition[] {
  const former = new Map((before.conditions ?? []).map((condition) => [condition.type, condition]));
  return (Object.keys(conditionTable) as ConditionType[]).flatMap((type) => {
    const verdict = turned[type];
    if (verdict !== undefined) return shown(type, verdict, generation, nowMs, before);
    return former.get(type) ?? (type === 'Ready' ? shown(type, ready, generation, nowMs, before) : []);
  });
}

/** The most that the message of a condition may have: what others say in it may be as long as they like. */
const MAX_MESSAGE_BYTES = 2_048;

function shown(
  type: ConditionType,
  verdict: Verdict,
  generation: number,
  nowMs: number,
  before: Status,
): ShownCondition {
  const earlier = before.conditions?.find((condition) => condition.type === type);
  const now = timeOf(nowMs);
  return {
    type,
    ...verdict,
    message: shortened(verdict.message, MAX_MESSAGE_BYTES),
    observedGeneration: generation,
    lastTransitionTime: earlier?.status === verdict.status ? earlier.lastTransitionTime : now,
  };
}

function facts(registry: Registry, observed: Observed, before: Status): Status {
  const { server, redis } = names(registry);
  const { deployment, answer } = observed;
  const wanted = deployment?.spec?.replicas ?? registry.replicas;
  const readyReplicas = deployment?.status?.readyReplicas ?? 0;
  const database = (answer?.isReady && answer.checks.database) || before.dependencies?.database;
  const internal = `${apiProtocol(registry).scheme}://${host(registry, server)}`;
  const version = (answer?.isReady && answer.version) || before.version;
  return {
    ...(version === undefined ? {} : { version }),
    replicas: deployment?.status?.replicas ?? 0,
    readyReplicas,
    replicasReady: `${readyReplicas}/${wanted}`,
    selector: Object.entries(selectorLabels(registry, 'server'))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    endpoints: {
      http: ingressUrl(registry) ?? gatewayUrl(registry) ?? internal,
      internal,
      grpc: grpcTarget(registry) ?? gatewayGrpcTarget(registry) ?? `${host(registry, server)}:${ports.grpc}`,
      metrics: `http://${host(registry, names(registry).metrics)}:${ports.metrics}/metrics`,
    },
    dependencies: {
      database: {
        kind: registry.database.kind,
        host: databasePlace(registry),
        ...(registry.database.kind === 'cnpg' && observed.cluster !== undefined
          ? { cluster: clusterFacts(registry.database, observed.cluster) }
          : {}),
        ...(database?.version === undefined ? {} : { version: database.version }),
        ...(database?.migration === undefined ? {} : { migration: database.migration }),
        ...volumeFacts(database?.volume, before.dependencies?.database?.volume),
        ...(database?.oldestServer === undefined ? {} : { oldestServer: database.oldestServer }),
      },
      cache:
        registry.cache === undefined
          ? { kind: 'disabled' }
          : registry.cache.kind === 'external'
            ? { kind: 'external', host: placeOf(registry.cache) }
            : { kind: 'managed', host: `${host(registry, redis)}:${ports.redis}` },
      artifacts: artifactFacts(registry.artifacts),
    },
    ...(observed.identity === undefined ? {} : { identity: observed.identity }),
    secrets: Object.values(observed.secrets).flatMap((secret) =>
      secret === undefined || !observed.children.includes(secret)
        ? []
        : [
            {
              name: secret.metadata.name,
              hash: contentHash(secret.data),
              rotated:
                secret.metadata.annotations?.[rotatedAnnotation] ?? secret.metadata.creationTimestamp ?? '',
            },
          ],
    ),
  };
}

/** The last drill that found all well stays in sight, whatever became of later ones; so do the last snapshots. */
function archiveFacts(observed: Observed, before: Status): Pick<Status, 'archive'> {
  const drill = lastDrillOf(observed);
  const snapshots = snapshotsOf(observed) ?? before.archive?.snapshots;
  const lastVerified =
    drill === undefined || drill.differing > 0 ? before.archive?.lastVerified : verifiedBy(drill);
  const archive = {
    ...(snapshots === undefined || snapshots.length === 0 ? {} : { snapshots: [...snapshots] }),
    ...(lastVerified === undefined ? {} : { lastVerified }),
  };
  return Object.keys(archive).length === 0 ? {} : { archive };
}

function snapshotsOf({ answer }: Observed) {
  return answer?.isReady ? answer.checks.archive?.snapshots : undefined;
}

function verifiedBy({ endedAt: time, seconds, snapshot, subjects, versions, schemas }: LastDrill) {
  const of = snapshot === undefined ? {} : { snapshot };
  return { time, seconds, ...of, subjects, versions, schemas };
}

interface Room {
  readonly sizeBytes?: number;
  readonly freeBytes?: number;
}

/** Volumes that share the disk of a node all move with it: what is free is written anew where it is another twentieth. */
function volumeFacts(now: Room | undefined, before: Room | undefined): { volume?: Room } {
  if (now === undefined) return {};
  const { sizeBytes = 0, freeBytes = 0 } = now;
  const moved = Math.abs(freeBytes - (before?.freeBytes ?? 0));
  const isSame = before?.sizeBytes === sizeBytes && moved < sizeBytes / 20;
  return { volume: isSame ? before : now };
}

function artifactFacts(store: ArtifactStore | undefined) {
  if (store === undefined) return { kind: 'disabled' };
  return {
    kind: 's3',
    host: store.endpoint === undefined ? `s3.${store.region}.amazonaws.com` : new URL(store.endpoint).host,
    location: locationOf(store),
  };
}
