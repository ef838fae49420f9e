import { host, names } from '../desired/child.ts';
import { ports } from '../desired/config-map.ts';
import { refusedImage } from '../desired/postgres-major.ts';
import { remoteDatabase } from '../desired/remote-database.ts';
import { servedIdentity } from '../identity.ts';
import type { KubeObject, V1StatefulSet } from '../kube/kubernetes.ts';
import type { Registry } from '../registry.ts';
import { acceptDataLossAnnotation } from '../spec.ts';
import { causeOf, roomFor } from './cause.ts';
import { clusterInWords, isAsynchronous, withoutCluster } from './cnpg.ts';
import { type Condition, chain, type Judge, type Reason, reasons, type Verdict } from './condition.ts';
import type { Cause as PodCause } from './pod-cause.ts';

type Cause = Judge<Verdict | undefined>;

/** Nothing can be written, though what is there can be read. */
export const withoutRoom: Cause = (registry, { answer, cluster }) => {
  const writes = answer?.isReady ? answer.checks.writes : undefined;
  if (writes?.status !== 'down') return undefined;
  const isManaged = registry.database.kind === 'managed';
  const where = isManaged ? 'PostgreSQL' : databasePlace(registry);
  const remedy = isManaged ? `; ${roomFor(registry, 'postgres')}` : cnpgInWords(registry, cluster);
  const message = `${where}: ${writes.cause ?? 'nothing can be written'}: schemas are read, none can be registered${remedy}`;
  return { status: 'False', reason: reasonOf(writes.reason), message };
};

/** It is up, and does not hold what the registry had. */
const lost: Cause = (_registry, { answer, unready }) => {
  if (answer?.isReady || unready === undefined) return undefined;
  const reason = (['BootstrapFailed', 'DataLost', 'DatabaseReplaced', 'Restoring'] as const).find(
    (known) => known === unready.reason,
  );
  return reason && { status: 'False', reason, message: unready.cause };
};

/** A server that knew nothing of another database when it began has begun in this one. */
const replaced: Cause = (_registry, { answer, identity, nowMs }) => {
  const served = answer?.isReady ? servedIdentity(answer, nowMs) : undefined;
  if (served === undefined || identity === undefined || served.registryId === identity.registryId)
    return undefined;
  const message = `the database is that of registry ${served.registryId}, and that of registry ${identity.registryId} with ids up to ${identity.lastId} is expected: put it back and restart the server pods, or accept the loss by the annotation ${acceptDataLossAnnotation}: ${identity.registryId}`;
  return { status: 'False', reason: 'DatabaseReplaced', message };
};

/** What the server says of a database that the operator does not run itself; nobody else has its password. */
const remote: Cause = (registry, { answer, unready, cluster }) => {
  const { database } = registry;
  if (database.kind === 'managed') return undefined;
  const place = databasePlace(registry);
  const inWords = cnpgInWords(registry, cluster);
  if (answer?.isReady) {
    const risk =
      database.kind === 'cnpg' && cluster !== undefined && isAsynchronous(database, cluster)
        ? '; it replicates asynchronously, so a failover may lose what was acknowledged just before'
        : '';
    return { status: 'True', reason: 'Ready', message: `${place} answers${inWords}${risk}` };
  }
  const check = unready?.checks.database;
  if (check?.status === 'down') {
    const message = `${place}: ${check.cause ?? 'it cannot be used'}${inWords}`;
    return { status: 'False', reason: reasonOf(check.reason), message };
  }
  const message = `no server pod has connected to ${place} yet${inWords}`;
  return { status: 'Unknown', reason: 'Starting', message };
};

/** What a Cluster says of itself, to follow what the server says of it. */
function cnpgInWords({ database }: Registry, cluster: KubeObject | undefined): string {
  return database.kind === 'cnpg' && cluster !== undefined ? `; ${clusterInWords(database, cluster)}` : '';
}

const notThere: Cause = (_registry, { postgres }, find) =>
  unreadyVerdict(postgres, 'PostgreSQL', find(causeOf.postgres));

/** PostgreSQL is up, and yet of no use. That it cannot be reached is told by its pod, and passes. */
const refusing: Cause = (_registry, { answer, unready }) => {
  const check = answer?.isReady ? undefined : unready?.checks.database;
  if (check?.status !== 'down' || check.reason === undefined) return undefined;
  const reason = reasonOf(check.reason);
  const message = `PostgreSQL: ${check.cause ?? 'it cannot be used'}`;
  return reason === 'Unreachable' ? undefined : { status: 'False', reason, message };
};

/** It goes on with the image that it has. */
export const majorUpgradeRefused: Cause = (registry, observed) => {
  const refused = refusedImage(registry, observed);
  if (refused === undefined) return undefined;
  const { wanted, wantedMajor, dataMajor, kept } = refused;
  const message = `PostgreSQL goes on with ${kept}: ${wanted} has PostgreSQL ${wantedMajor}, and the data is of ${dataMajor}; write an image of PostgreSQL ${dataMajor} in spec.database.managed.image, or move the data (docs/upgrade.md)`;
  return { status: 'True', reason: 'MajorUpgradeRefused', message };
};

export const databaseReady: Condition = chain(
  [withoutRoom, lost, replaced, withoutCluster, remote, notThere, refusing, majorUpgradeRefused],
  () => acceptsConnections('PostgreSQL'),
);

/** The reason that a server gives; a newer server may know more of them than are here. */
function reasonOf(text: string | undefined): Reason {
  return reasons.find((each) => each === text) ?? 'Unreachable';
}

/** Where a registry's PostgreSQL listens, as `status.dependencies` shows it. */
export function databasePlace(registry: Registry): string {
  const database = remoteDatabase(registry);
  return database === undefined
    ? `${host(registry, names(registry).postgres)}:${ports.postgres}`
    : `${database.host}:${database.port}`;
}

/** A managed PostgreSQL or Redis is one pod that must be ready; undefined where it is. */
export function unreadyVerdict(
  found: V1StatefulSet | undefined,
  label: string,
  cause: PodCause | undefined,
): Verdict | undefined {
  if ((found?.status?.readyReplicas ?? 0) > 0) return undefined;
  return { status: 'False', ...(cause ?? { reason: 'Starting', message: `${label} is starting` }) };
}

export function acceptsConnections(label: string): Verdict {
  return { status: 'True', reason: 'Ready', message: `${label} accepts connections` };
}
