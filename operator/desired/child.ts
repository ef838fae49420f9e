import { apiVersion, type KindName, kinds } from '../kube/kinds.ts';
import type { KubeObject, OwnerReference } from '../kube/kubernetes.ts';
import { labels, type Part } from '../labels.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';

/** What a registry needs around it: a child per file, `undefined` where the spec does not want it. */
export type Child = (registry: Registry, observed: Observed) => KubeObject | undefined;

export function meta(registry: Registry, kind: KindName, component: Part, name: string) {
  return {
    apiVersion: kinds[kind].apiVersion,
    kind,
    metadata: {
      name,
      namespace: registry.namespace,
      labels: labels(registry, component),
      ownerReferences: [ownerReference(registry)],
    },
  };
}

function ownerReference(registry: Registry): OwnerReference {
  return {
    apiVersion,
    kind: 'SchemaRegistry',
    name: registry.name,
    uid: registry.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/**
 * Names of the objects of a registry, in one place because they refer to each other, and because an object of ours that nobody
 * owns is told by its name (orphan.ts).
 */
export function names({ name }: { readonly name: string }) {
  return {
    server: name,
    metrics: `${name}-metrics`,
    headless: `${name}-headless`,
    grpc: `${name}-grpc`,
    config: `${name}-config`,
    identity: `${name}-identity`,
    postgres: `${name}-postgres`,
    redis: `${name}-redis`,
    drill: `${name}-drill`,
    authority: `${name}-ca`,
    auth: `${name}-auth`,
    hashes: `${name}-hashes`,
    tls: `${name}-tls`,
    postgresTls: `${name}-postgres-tls`,
    redisTls: `${name}-redis-tls`,
    dashboard: `${name}-dashboard`,
  };
}

export function host(registry: Registry, service: string): string {
  return `${service}.${registry.namespace}.svc`;
}
