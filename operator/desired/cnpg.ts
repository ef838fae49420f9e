import type { V1NetworkPolicyPeer } from '../kube/kubernetes.ts';
import { type Part, selectorLabels } from '../labels.ts';
import type { Observed } from '../observed.ts';
import { parseQuantity } from '../quantity.ts';
import type { CnpgDatabase, Registry } from '../registry.ts';
import { type Child, meta } from './child.ts';
import { ports } from './config-map.ts';
import { lackingSecret } from './named-secrets.ts';

/** The ports of an instance's manager, which the operator of CloudNativePG asks, and of its metrics. */
const statusPort = 8000;
const metricsPort = 9187;

/**
 * The registry's own Cluster of CloudNativePG (https://cloudnative-pg.io/documentation/1.27/cloudnative-pg.v1/). What is
 * not said here is CloudNativePG's choice, or that of whoever adds it to the Cluster, such as backups.
 */
export const cnpgCluster: Child = (registry, { served }) => {
  const { database, deletionPolicy, pullSecrets } = registry;
  if (database.kind !== 'cnpg' || database.owned === undefined || !served.has('Cluster')) return undefined;
  const { instances, image, storage, resources } = database.owned;
  const { metadata, ...object } = meta(registry, 'Cluster', 'postgres', database.cluster);
  const { ownerReferences, ...unowned } = metadata;
  return {
    ...object,
    // The Cluster owns its volumes: the garbage collector, which takes away what a registry owns, would take the data.
    metadata: deletionPolicy === 'Delete' ? { ...unowned, ownerReferences } : unowned,
    spec: {
      instances,
      ...(image === undefined ? {} : { imageName: image }),
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: [...pullSecrets] }),
      bootstrap: { initdb: { database: database.database, owner: 'registry', encoding: 'UTF8' } },
      storage: {
        size: storage.size,
        ...(storage.storageClassName === undefined ? {} : { storageClass: storage.storageClassName }),
      },
      resources,
      postgresql: {
        parameters: {
          max_connections: String(connections(registry)),
          shared_buffers: `${sharedBuffersMegabytes(resources.requests?.memory)}MB`,
        },
        ...(instances < 2 ? {} : { synchronous: synchronous(instances) }),
      },
      // With one instance a budget would block every node drain.
      enablePDB: instances > 1,
      // The servers keep connections open, so a shutdown that waits for clients to leave would only take its time.
      smartShutdownTimeout: 0,
      primaryUpdateMethod: instances > 1 ? 'switchover' : 'restart',
    },
  };
};

/**
 * An id is given to a client once a second instance knows it too, or a failover could give it again. With two instances
 * the loss of one would else be an outage for writes.
 */
function synchronous(instances: number) {
  return { method: 'any', number: 1, dataDurability: instances > 2 ? 'required' : 'preferred' };
}

/** Of all replicas, and one more while a rollout is under way. In steps, because another number restarts every instance. */
function connections({ database: { pool }, autoscaling, replicas }: Registry): number {
  const needed = ((autoscaling?.maxReplicas ?? replicas) + 1) * (pool.max + 1) + 10;
  return Math.max(512, 2 ** Math.ceil(Math.log2(needed)));
}

function sharedBuffersMegabytes(memory: unknown): number {
  return Math.max(32, Math.round(parseQuantity(String(memory ?? '1Gi')) / 4 / 2 ** 20));
}

/**
 * Who may speak to the instances of the registry's own Cluster: the server, the other instances, the operator of
 * CloudNativePG, wherever it runs, and who reads metrics. To whom they speak is CloudNativePG's business: the API
 * server, and the store of its backups.
 */
export const cnpgPolicy: Child = (registry) => {
  const { database, networkPolicy } = registry;
  if (database.kind !== 'cnpg' || database.owned === undefined || networkPolicy === undefined)
    return undefined;
  const instances = instancesOf(database);
  const own = (component: Part): V1NetworkPolicyPeer => ({
    podSelector: { matchLabels: selectorLabels(registry, component) },
  });
  const clients = [own('server'), ...(registry.drill === undefined ? [] : [own('drill')])];
  const operator: V1NetworkPolicyPeer = {
    namespaceSelector: {},
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'cloudnative-pg' } },
  };
  const rule = (from: readonly V1NetworkPolicyPeer[], ...open: readonly number[]) => ({
    from: [...from],
    ports: open.map((port) => ({ protocol: 'TCP', port })),
  });
  return {
    ...meta(registry, 'NetworkPolicy', 'postgres', database.cluster),
    spec: {
      podSelector: instances.podSelector,
      policyTypes: ['Ingress'],
      ingress: [
        rule([...clients, instances, operator], ports.postgres),
        rule([instances, operator], statusPort),
        // A rule without anybody in it would let everybody in.
        ...(networkPolicy.monitoringFrom.length === 0
          ? []
          : [rule(networkPolicy.monitoringFrom, metricsPort)]),
      ],
    },
  };
};

/** The pods of a Cluster, by the label that CloudNativePG gives each. */
export function instancesOf({ cluster }: CnpgDatabase): V1NetworkPolicyPeer {
  return { podSelector: { matchLabels: { 'cnpg.io/cluster': cluster } } };
}

/**
 * Whether pods of the server would have to wait for what their Cluster brings along. Those that were made before are left
 * as they are where it is missing later, and the spec is Stalled.
 */
export function isBeforeItsCluster(registry: Registry, observed: Observed): boolean {
  return observed.deployment === undefined && awaitedClusterSecret(registry, observed) !== undefined;
}

/** The first Secret of a Cluster that is not there yet, or not whole: CloudNativePG makes them with the Cluster. */
export function awaitedClusterSecret(registry: Registry, observed: Observed): string | undefined {
  return registry.database.kind === 'cnpg' ? lackingSecret(registry, observed) : undefined;
}
