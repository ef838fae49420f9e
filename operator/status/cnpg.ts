import { awaitedClusterSecret } from '../desired/cnpg.ts';
import type { KubeObject } from '../kube/kubernetes.ts';
import type { CnpgDatabase, Registry, Status } from '../registry.ts';
import type { Judge, Verdict } from './condition.ts';

/** What is read of a Cluster of CloudNativePG; client-node has no type of the kind, which comes from a CRD. */
interface ClusterFields {
  readonly spec?: {
    readonly instances?: number;
    readonly minSyncReplicas?: number;
    readonly postgresql?: { readonly synchronous?: object };
  };
  readonly status?: {
    readonly phase?: string;
    readonly phaseReason?: string;
    readonly currentPrimary?: string;
    readonly targetPrimary?: string;
    readonly readyInstances?: number;
  };
}

type Cause = Judge<Verdict | undefined>;
type ClusterFacts = NonNullable<NonNullable<NonNullable<Status['dependencies']>['database']>['cluster']>;

const healthy = 'Cluster in healthy state';

/** Why there is no database of CloudNativePG for the servers yet; undefined for other kinds of database, and once it is there. */
export const withoutCluster: Cause = (registry, observed) => {
  const { database } = registry;
  if (database.kind !== 'cnpg' || observed.answer?.isReady) return undefined;
  const { cluster } = observed;
  if (!observed.served.has('Cluster')) {
    const message =
      'the cluster has no Cluster (postgresql.cnpg.io/v1); install CloudNativePG 1.25 or later, and the registry goes on by itself';
    return { status: 'False', reason: 'CloudNativePGMissing', message };
  }
  if (cluster === undefined) {
    return database.owned === undefined
      ? {
          status: 'False',
          reason: 'ClusterMissing',
          message: `spec.database.cnpg.clusterRef: there is no Cluster "${database.cluster}" in namespace ${registry.namespace}; the registry goes on by itself once it is there`,
        }
      : starting(`Cluster ${database.cluster} is not made yet`);
  }
  if (cluster.metadata.deletionTimestamp !== undefined)
    return starting(`Cluster ${database.cluster} is being deleted`);
  const awaited = awaitedClusterSecret(registry, observed);
  if (awaited === undefined) return undefined;
  return starting(`${clusterInWords(database, cluster)}; Secret ${awaited} is not there yet, or not whole`);
};

function starting(message: string): Verdict {
  return { status: 'False', reason: 'Starting', message };
}

/** Where an instance is missing a failover has less to choose from. */
export const fewerInstances: Cause = ({ database }, { cluster }) => {
  if (database.kind !== 'cnpg' || cluster === undefined) return undefined;
  const { instances, readyInstances } = clusterFacts(database, cluster);
  if ((readyInstances ?? 0) >= (instances ?? 0)) return undefined;
  return {
    status: 'True',
    reason: 'FewerInstancesThanWanted',
    message: clusterInWords(database, cluster),
  };
};

/** What a Cluster of the registry's own still waits for. */
export function clusterWait({ database }: Registry, cluster: KubeObject | undefined): string | undefined {
  if (database.kind !== 'cnpg' || database.owned === undefined) return undefined;
  if (cluster === undefined) return `Cluster ${database.cluster} is not made yet`;
  return clusterFacts(database, cluster).phase === healthy ? undefined : clusterInWords(database, cluster);
}

/** How a Cluster is, as `status.dependencies` shows it. */
export function clusterFacts({ cluster: name }: CnpgDatabase, cluster: KubeObject): ClusterFacts {
  const { spec, status } = cluster as ClusterFields;
  return {
    name,
    ...(status?.phase === undefined ? {} : { phase: status.phase }),
    ...(status?.currentPrimary === undefined ? {} : { primary: status.currentPrimary }),
    instances: spec?.instances ?? 1,
    readyInstances: status?.readyInstances ?? 0,
  };
}

/** How many instances are ready, which is the primary, and what goes on, in its own words. */
export function clusterInWords(database: CnpgDatabase, cluster: KubeObject): string {
  const { phaseReason, targetPrimary } = (cluster as ClusterFields).status ?? {};
  const { name, phase, primary, instances, readyInstances } = clusterFacts(database, cluster);
  const words = [`Cluster ${name}: ${readyInstances} of ${instances} instances are ready`];
  if (primary !== undefined) words.push(`primary ${primary}`);
  const isMoving = targetPrimary !== undefined && primary !== undefined && targetPrimary !== primary;
  // While nobody has been chosen yet the target is "pending".
  if (isMoving)
    words.push(targetPrimary === 'pending' ? 'a new primary is chosen' : `on its way to ${targetPrimary}`);
  const going =
    phase === undefined || phase === healthy ? '' : `; ${phase}${phaseReason ? `: ${phaseReason}` : ''}`;
  return `${words.join(', ')}${going}`;
}

/** Whether a failover may lose what was acknowledged. Of a Cluster of its own the registry has it otherwise. */
export function isAsynchronous({ owned }: CnpgDatabase, cluster: KubeObject): boolean {
  const { instances = 1, minSyncReplicas = 0, postgresql } = (cluster as ClusterFields).spec ?? {};
  return (
    owned === undefined && instances > 1 && minSyncReplicas === 0 && postgresql?.synchronous === undefined
  );
}
