import { claimName, findClaim, storageField, storageOf } from '../desired/claim.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { artifactStoreReady } from './artifact-store-ready.ts';
import { cacheReady } from './cache-ready.ts';
import { findCause, rolloutCause } from './cause.ts';
import type { Condition } from './condition.ts';
import { databaseReady } from './database-ready.ts';
import { rolloutWait } from './reconciling.ts';
import { routesAccepted } from './routes-accepted.ts';
import { volumeGrowth } from './volume-growth.ts';

/** The registry answers, but not as it should: slower, or with less to spare. */
export const degraded: Condition = (registry, observed) => {
  const database = databaseReady(registry, observed);
  if (observed.answer?.isReady && observed.answer.checks.writes?.status === 'down')
    return { ...database, status: 'True' };
  const cache = cacheReady(registry, observed);
  if (cache.status === 'False') return { status: 'True', reason: 'CacheUnavailable', message: cache.message };
  if (observed.answer?.isReady && observed.answer.checks.cache?.status === 'down') {
    return { status: 'True', reason: 'CacheUnavailable', message: 'the server does not reach Redis' };
  }
  const artifacts = artifactStoreReady(registry, observed);
  if (artifacts.status === 'False')
    return { status: 'True', reason: 'ArtifactStoreUnavailable', message: artifacts.message };
  for (const [field, hosts] of Object.entries(hostsOf(registry))) {
    const taken = hosts.find((host) => observed.hostsOfOthers.has(host));
    if (taken === undefined) continue;
    const message = `host ${taken} leads to SchemaRegistry ${observed.hostsOfOthers.get(taken)} as well; change ${field} of one`;
    return { status: 'True', reason: 'HostTaken', message };
  }
  const routes = routesAccepted(registry, observed);
  if (routes.status === 'False') return { ...routes, status: 'True' };
  const growth = [volumeGrowth(registry, 'postgres', observed), volumeGrowth(registry, 'redis', observed)];
  const failed = growth.find((volume) => volume?.hasFailed);
  if (failed !== undefined) return { status: 'True', reason: 'VolumeNotGrown', message: failed.message };
  const other = otherClass(registry, 'postgres', observed) ?? otherClass(registry, 'redis', observed);
  if (other !== undefined) return { status: 'True', reason: 'VolumeOfAnotherClass', message: other };
  const wanted = observed.deployment?.spec?.replicas ?? registry.replicas;
  const there = observed.deployment?.status?.readyReplicas ?? 0;
  if (there < wanted) {
    const cause = findCause(registry, observed, 'server');
    const why = cause === undefined ? '' : `: ${cause.message}`;
    return {
      status: 'True',
      reason: 'FewerReplicasThanWanted',
      message: `${there} of ${wanted} server pods are ready${why}`,
    };
  }
  const stuck = rolloutWait(observed.deployment) === undefined ? undefined : rolloutCause(registry, observed);
  if (stuck !== undefined) {
    const message = `what runs is not what the spec asks for, because its pods do not get ready: ${stuck.message}`;
    return { status: 'True', reason: 'RolloutStuck', message };
  }
  return { status: 'False', reason: 'AllWell', message: 'every part is up' };
};

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
