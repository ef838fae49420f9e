import type { V1StatefulSet } from '../kubernetes.ts';
import type { Condition } from './condition.ts';
import { volumeGrowth } from './volume-growth.ts';

/** True while what runs is not yet what is wanted. kstatus (Flux) reads it as "in progress". */
export const reconciling: Condition = (registry, observed) => {
  const { deployment, postgres, redis, unready } = observed;
  const waits = [
    deployment === undefined ? 'the Deployment is not made yet' : deploymentWait(deployment, unready?.cause),
    registry.database.kind === 'managed' ? statefulSetWait('PostgreSQL', postgres) : undefined,
    registry.cache?.kind === 'managed' ? statefulSetWait('Redis', redis) : undefined,
    volumeGrowth(registry, 'postgres', observed)?.message,
    volumeGrowth(registry, 'redis', observed)?.message,
  ].filter((wait) => wait !== undefined);
  return waits.length === 0
    ? { status: 'False', reason: 'Settled', message: 'all objects are as wanted' }
    : { status: 'True', reason: 'RollingOut', message: waits.join('; ') };
};

type Counted = { metadata?: { generation?: number }; spec?: { replicas?: number }; status?: Counts };
type Counts = {
  observedGeneration?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  replicas?: number;
};

/** @param cause what a pod says that is not ready */
function deploymentWait(found: Counted, cause: string | undefined): string | undefined {
  const wait = countsWait(found);
  return wait === undefined || cause === undefined ? wait : `${wait}; one says: ${cause}`;
}

function countsWait({ metadata, spec, status }: Counted): string | undefined {
  const wanted = spec?.replicas ?? 1;
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0, observedGeneration = 0 } = status ?? {};
  if (observedGeneration < (metadata?.generation ?? 0)) return 'the Deployment has not been acted on yet';
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} server pods are of the new kind`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} server pods of the old kind are left`;
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
