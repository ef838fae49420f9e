import { claimName, findClaim, storageField, storageOf } from '../desired/claim.ts';
import type { Observed } from '../observed.ts';
import { parseQuantity } from '../quantity.ts';
import type { Registry } from '../registry.ts';
import { archiveVerified } from './archive-verified.ts';
import { artifactStoreReady } from './artifact-store-ready.ts';
import { cacheReady } from './cache-ready.ts';
import { causeOf, rolloutCause, roomFor } from './cause.ts';
import { fewerInstances } from './cnpg.ts';
import { type Condition, chain, type Judge, type Verdict } from './condition.ts';
import { majorUpgradeRefused, withoutRoom } from './database-ready.ts';
import { rolloutWait } from './reconciling.ts';
import { routesAccepted } from './routes-accepted.ts';
import { volumeGrowth } from './volume-growth.ts';

type Cause = Judge<Verdict | undefined>;

const nothingWritten: Cause = (_registry, _observed, find) => {
  const verdict = find(withoutRoom);
  return verdict && { ...verdict, status: 'True' };
};

const otherMajor: Cause = (_registry, _observed, find) => find(majorUpgradeRefused);

/** A tenth of the volume; or of what was claimed, where several share a disk that is larger. */
const almostFull: Cause = (registry, observed) => {
  const { answer } = observed;
  const volume = answer?.isReady ? answer.checks.database?.volume : undefined;
  const claimed = findClaim(registry, 'postgres', observed)?.status?.capacity?.storage;
  if (registry.database.kind !== 'managed' || volume === undefined || claimed === undefined) return undefined;
  const size = Math.min(volume.sizeBytes, parseQuantity(claimed));
  if (volume.freeBytes >= size / 10) return undefined;
  const free = Math.round((100 * volume.freeBytes) / size);
  const message = `PostgreSQL: ${free} % of its volume is free; when it is full no schema can be registered: ${roomFor(registry, 'postgres')}`;
  return { status: 'True', reason: 'VolumeAlmostFull', message };
};

const cacheUnavailable: Cause = (_registry, { answer }, find) => {
  const { status, message } = find(cacheReady);
  if (status === 'False') return { status: 'True', reason: 'CacheUnavailable', message };
  return answer?.isReady && answer.checks.cache?.status === 'down'
    ? { status: 'True', reason: 'CacheUnavailable', message: 'the server does not reach Redis' }
    : undefined;
};

const archiveUnavailable: Cause = (_registry, _observed, find) => {
  const { status, message } = find(artifactStoreReady);
  return status === 'False' ? { status: 'True', reason: 'ArtifactStoreUnavailable', message } : undefined;
};

const noSnapshot: Cause = (_registry, _observed, find) => {
  const verdict = find(artifactStoreReady);
  return verdict.reason === 'SnapshotFails' ? { ...verdict, status: 'True' } : undefined;
};

const archiveNotVerified: Cause = (_registry, _observed, find) => {
  const verified = find(archiveVerified);
  return verified.status === 'False' ? { ...verified, status: 'True' } : undefined;
};

const hostTaken: Cause = (registry, { hostsOfOthers }) => {
  for (const [field, hosts] of Object.entries(hostsOf(registry))) {
    const taken = hosts.find((host) => hostsOfOthers.has(host));
    if (taken === undefined) continue;
    const message = `host ${taken} leads to SchemaRegistry ${hostsOfOthers.get(taken)} as well; change ${field} of one`;
    return { status: 'True', reason: 'HostTaken', message };
  }
  return undefined;
};

const routeRefused: Cause = (_registry, _observed, find) => {
  const routes = find(routesAccepted);
  return routes.status === 'False' ? { ...routes, status: 'True' } : undefined;
};

const volumeNotGrown: Cause = (_registry, _observed, find) => {
  const failed = [volumeGrowth.postgres, volumeGrowth.redis].map(find).find((growth) => growth?.hasFailed);
  return failed && { status: 'True', reason: 'VolumeNotGrown', message: failed.message };
};

const volumeOfAnotherClass: Cause = (registry, observed) => {
  const message = otherClass(registry, 'postgres', observed) ?? otherClass(registry, 'redis', observed);
  return message === undefined ? undefined : { status: 'True', reason: 'VolumeOfAnotherClass', message };
};

const fewerReplicas: Cause = ({ replicas }, { deployment }, find) => {
  const wanted = deployment?.spec?.replicas ?? replicas;
  const there = deployment?.status?.readyReplicas ?? 0;
  if (there >= wanted) return undefined;
  const cause = find(causeOf.server);
  const why = cause === undefined ? '' : `: ${cause.message}`;
  const message = `${there} of ${wanted} server pods are ready${why}`;
  return { status: 'True', reason: 'FewerReplicasThanWanted', message };
};

const rolloutStuck: Cause = (_registry, { deployment }, find) => {
  const stuck = rolloutWait(deployment) === undefined ? undefined : find(rolloutCause);
  if (stuck === undefined) return undefined;
  const message = `what runs is not what the spec asks for, because its pods do not get ready: ${stuck.message}`;
  return { status: 'True', reason: 'RolloutStuck', message };
};

/** The registry answers, but not as it should: slower, or with less to spare. */
export const degraded: Condition = chain(
  [
    nothingWritten,
    almostFull,
    cacheUnavailable,
    noSnapshot,
    archiveUnavailable,
    archiveNotVerified,
    hostTaken,
    routeRefused,
    otherMajor,
    volumeNotGrown,
    volumeOfAnotherClass,
    fewerInstances,
    fewerReplicas,
    rolloutStuck,
  ],
  () => ({ status: 'False', reason: 'AllWell', message: 'every part is up' }),
);

function hostsOf({ ingress, gateway }: Registry): Readonly<Record<string, readonly string[]>> {
  return {
    'spec.ingress.http.hosts': ingress?.http.hosts ?? [],
    'spec.ingress.grpc.hosts': ingress?.grpc?.hosts ?? [],
    'spec.gateway.hostnames': gateway?.hosts ?? [],
    'spec.gateway.grpc.hostnames': gateway?.grpcHosts ?? [],
  };
}

/** A registry that is made anew finds the volume of before, as it was. */
function otherClass(
  registry: Registry,
  component: 'postgres' | 'redis',
  observed: Observed,
): string | undefined {
  const wanted = storageOf(registry, component)?.storageClassName;
  const claim = findClaim(registry, component, observed);
  const there = claim?.spec?.storageClassName;
  if (wanted === undefined || claim?.status?.phase !== 'Bound' || there === wanted) return undefined;
  const field = `${storageField[component]}.storageClassName`;
  const right = there ? `write ${there}` : 'leave it out';
  return `claim ${claimName(registry, component)} has a volume of class "${there ?? ''}" from before, which is used as it is; ${field} asks for "${wanted}": ${right}, or move the data`;
}
