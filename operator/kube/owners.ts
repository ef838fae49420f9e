import { fieldManager } from './cluster.ts';
import type { KindName } from './kinds.ts';
import type { KubeObject, ManagedFields } from './kubernetes.ts';

/** The field and all below it belong to whoever writes it. */
const many = 'many';
/** Others may put items into the list; the fields of our own items are ours. */
const items = 'items';

/** `*` stands for each item of a list. */
export type Owners = typeof many | typeof items | { readonly [field: string]: Owners };

/** Meshes and policies put their sidecars beside our containers, with the volumes that those need. */
const podTemplate = {
  metadata: { labels: many, annotations: many },
  spec: { containers: items, initContainers: items, volumes: items, imagePullSecrets: items },
} as const satisfies Owners;

/**
 * What others may write into the objects that we make. Everything else is one value, ours: what somebody adds to it is
 * taken back, as is what somebody changes. A field that we want ourselves is ours wherever it stands.
 */
const owners: Record<Exclude<KindName, 'SchemaRegistry' | 'Pod'>, Owners> = {
  // Tokens and pull secrets come from the cluster's own controllers (OpenShift's, for one).
  ServiceAccount: { secrets: many, imagePullSecrets: many },
  ConfigMap: {},
  Secret: {},
  // How the network leads to the Service is the business of who runs the network; to which pods it leads is ours.
  Service: {
    spec: {
      allocateLoadBalancerNodePorts: many,
      clusterIP: many,
      clusterIPs: many,
      externalTrafficPolicy: many,
      healthCheckNodePort: many,
      internalTrafficPolicy: many,
      ipFamilies: many,
      ipFamilyPolicy: many,
      loadBalancerClass: many,
      loadBalancerIP: many,
      loadBalancerSourceRanges: many,
      ports: { '*': { nodePort: many } },
      trafficDistribution: many,
    },
  },
  StatefulSet: { spec: { template: podTemplate } },
  // Without a number of ours it is the autoscaler's.
  Deployment: { spec: { replicas: many, template: podTemplate } },
  // A person may put drills off for a while.
  CronJob: { spec: { suspend: many, jobTemplate: { spec: { template: podTemplate } } } },
  // Admission puts the cluster's default class there, once.
  Ingress: { spec: { ingressClassName: many } },
  PodDisruptionBudget: {},
  HorizontalPodAutoscaler: {},
  NetworkPolicy: {},
  ServiceMonitor: {},
  PrometheusRule: {},
  Certificate: {},
  // CloudNativePG fills in what is left open, and what a spec of ours does not say is for its administrator to say: backups.
  Cluster: { spec: many },
  HTTPRoute: {},
  GRPCRoute: {},
  BackendTLSPolicy: {},
  // The StatefulSet's controller makes it, and binding it writes the rest.
  PersistentVolumeClaim: { spec: many },
};

/** Who owns the fields of an object of this kind; labels, annotations, finalizers and owners are everybody's in each. */
export function ownersOf(kind: string): Owners {
  const own = owners[kind as keyof typeof owners] ?? many;
  return own === many ? many : { ...(own as object), metadata: many, status: many };
}

/** @param field a name, or `*` for an item */
export function below(above: Owners, field: string): Owners {
  return typeof above === 'string' ? (above === many ? many : {}) : (above[field] ?? {});
}

export const areEverybodys = (found: Owners): boolean => found === many;
export const mayGetItems = (found: Owners): boolean => found === items;

/** Fields as `metadata.managedFields` has them: what lies below each, by `f:NAME`, `k:KEYS` or `v:VALUE`. */
export interface Fields {
  readonly [step: string]: Fields;
}

/**
 * Who else holds fields of an object that are not everybody's, and which. What came in through our own writes is not
 * among them, also where admission added it.
 */
export function managedByOthers(object: KubeObject): readonly ManagedFields[] {
  const all = ownersOf(object.kind);
  return (object.metadata.managedFields ?? []).flatMap(({ manager, operation, subresource, fieldsV1 }) => {
    if (manager === fieldManager || subresource !== undefined || fieldsV1 === undefined) return [];
    const others = withoutEverybodys(fieldsV1 as Fields, all);
    return others === undefined
      ? []
      : [{ ...(manager && { manager }), ...(operation && { operation }), fieldsV1: others }];
  });
}

/** The fields that are not everybody's; undefined where none is left. */
function withoutEverybodys(fields: Fields, found: Owners): Fields | undefined {
  if (areEverybodys(found)) return undefined;
  const inner = Object.entries(fields).filter(([step]) => step !== '.');
  if (inner.length === 0) return {};
  const left = inner.flatMap(([step, deeper]) => {
    const kept = withoutEverybodys(deeper, below(found, step.startsWith('f:') ? step.slice(2) : '*'));
    return kept === undefined ? [] : [[step, kept] as const];
  });
  return left.length === 0 ? undefined : Object.fromEntries(left);
}
