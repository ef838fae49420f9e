import type { V1StatefulSet } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import { causeOf, rolloutCause } from './cause.ts';
import { clusterWait } from './cnpg.ts';
import type { Condition, Judge } from './condition.ts';
import type { Cause } from './pod-cause.ts';
import { volumeGrowth } from './volume-growth.ts';

/** Something that is not yet as wanted, and why, where that is known. */
interface Wait {
  readonly message: string;
  readonly cause?: Cause | undefined;
}

const deployment: Judge<Wait | undefined> = (_registry, observed, find) => {
  const wait = withCause(rolloutWait(observed.deployment), () => find(rolloutCause));
  const { unready } = observed;
  if (wait === undefined || wait.cause !== undefined || unready === undefined) return wait;
  return { message: `${wait.message}; one says: ${unready.cause}` };
};

const postgres: Judge<Wait | undefined> = ({ database }, observed, find) =>
  database.kind === 'managed'
    ? withCause(statefulSetWait('PostgreSQL', observed.postgres), () => find(causeOf.postgres))
    : undefined;

const cluster: Judge<Wait | undefined> = (registry, observed) => {
  const message = clusterWait(registry, observed.cluster);
  return message === undefined ? undefined : { message };
};

const redis: Judge<Wait | undefined> = ({ cache }, observed, find) =>
  cache?.kind === 'managed'
    ? withCause(statefulSetWait('Redis', observed.redis), () => find(causeOf.redis))
    : undefined;

/** All that may be waited for. */
const parts = [deployment, postgres, cluster, redis, volumeGrowth.postgres, volumeGrowth.redis];

/** True while what runs is not yet what is wanted. kstatus (Flux) reads it as "in progress". */
export const reconciling: Condition = (_registry, observed, find) => {
  const waits = parts.map((part): Wait | undefined => find(part)).filter((wait) => wait !== undefined);
  if (waits.length === 0) return { status: 'False', reason: 'Settled', message: settled(observed) };
  const reason = waits.find(({ cause }) => cause !== undefined)?.cause?.reason ?? 'RollingOut';
  return { status: 'True', reason, message: waits.map(({ message }) => message).join('; ') };
};

function settled({ blocked, overruled }: Observed): string {
  if (blocked.length > 0) return 'every object that can be changed is as the spec asks; see Stalled';
  return overruled.length > 0
    ? 'every object is as the spec asks, but for what others set; see Overruled'
    : 'every object is as the spec asks';
}

type Counted = { metadata?: { generation?: number }; spec?: { replicas?: number }; status?: Counts };
type Counts = {
  observedGeneration?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  replicas?: number;
};

function withCause(message: string | undefined, why: () => Cause | undefined): Wait | undefined {
  if (message === undefined) return undefined;
  const cause = why();
  return cause === undefined ? { message } : { message: `${message}: ${cause.message}`, cause };
}

/** What a change of the Deployment still waits for. */
export function rolloutWait(deployment: Counted | undefined): string | undefined {
  return deployment === undefined ? 'the Deployment is not made yet' : countsWait(deployment);
}

function countsWait({ metadata, spec, status }: Counted): string | undefined {
  const wanted = spec?.replicas ?? 1;
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0, observedGeneration = 0 } = status ?? {};
  if (observedGeneration < (metadata?.generation ?? 0)) return 'the Deployment has not been acted on yet';
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} server pods are of the new kind`;
  const old = replicas - updatedReplicas;
  if (old > 0)
    return old === 1 ? '1 server pod of the old kind is left' : `${old} server pods of the old kind are left`;
  if (availableReplicas < wanted) return `${availableReplicas} of ${wanted} server pods are available`;
  return undefined;
}

function statefulSetWait(label: string, found: V1StatefulSet | undefined): string | undefined {
  if (found === undefined) return `${label} is not made yet`;
  const { observedGeneration = 0, readyReplicas = 0, currentRevision, updateRevision } = found.status ?? {};
  if (observedGeneration < (found.metadata?.generation ?? 0) || currentRevision !== updateRevision)
    return `${label} is being replaced`;
  return readyReplicas < 1 ? `${label} is starting` : undefined;
}
