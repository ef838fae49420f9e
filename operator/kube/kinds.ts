/** What the operator does with objects of a kind; the role in config/rbac is generated from it. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Only objects that carry the operator's name as a label are watched. Registries themselves are watched without one. */
  readonly isChild: boolean;
  readonly verbs: readonly Verb[];
  /** The kind comes from a CRD that a cluster may lack, or get later. */
  readonly isOptional?: true;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'update' | 'delete';

const watched = ['list', 'watch'] as const satisfies readonly Verb[];
/** Server-side apply needs `patch`, and `create` where the object is not there yet. */
const applied = ['get', 'list', 'watch', 'create', 'patch', 'delete'] as const satisfies readonly Verb[];
/** Such a kind is wanted for as long as the registry is there: the garbage collector takes it away. */
const kept = ['get', 'list', 'watch', 'create', 'patch'] as const satisfies readonly Verb[];

export const apiGroup = 'llm-schema-registry.io';
export const apiVersion = `${apiGroup}/v1alpha1`;

export const kinds = {
  SchemaRegistry: {
    apiVersion,
    kind: 'SchemaRegistry',
    plural: 'schemaregistries',
    isChild: false,
    verbs: watched,
  },
  ServiceAccount: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    isChild: true,
    verbs: kept,
  },
  ConfigMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', isChild: true, verbs: applied },
  Secret: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', isChild: true, verbs: applied },
  Service: { apiVersion: 'v1', kind: 'Service', plural: 'services', isChild: true, verbs: applied },
  StatefulSet: {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    plural: 'statefulsets',
    isChild: true,
    verbs: applied,
  },
  Deployment: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    plural: 'deployments',
    isChild: true,
    verbs: kept,
  },
  CronJob: { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', isChild: true, verbs: applied },
  Ingress: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    plural: 'ingresses',
    isChild: true,
    verbs: applied,
  },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    isChild: true,
    verbs: applied,
  },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    isChild: true,
    verbs: applied,
  },
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    isChild: true,
    verbs: applied,
  },
  ServiceMonitor: {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    plural: 'servicemonitors',
    isChild: true,
    isOptional: true,
    verbs: applied,
  },
  PrometheusRule: {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    plural: 'prometheusrules',
    isChild: true,
    isOptional: true,
    verbs: applied,
  },
  Cluster: {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    plural: 'clusters',
    isChild: true,
    isOptional: true,
    // Never deleted here: with it go the volumes of its instances.
    verbs: kept,
  },
  Certificate: {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    plural: 'certificates',
    isChild: true,
    isOptional: true,
    verbs: applied,
  },
  HTTPRoute: {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    plural: 'httproutes',
    isChild: true,
    isOptional: true,
    verbs: applied,
  },
  GRPCRoute: {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    plural: 'grpcroutes',
    isChild: true,
    isOptional: true,
    verbs: applied,
  },
  BackendTLSPolicy: {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    plural: 'backendtlspolicies',
    isChild: true,
    isOptional: true,
    verbs: applied,
  },
  Pod: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', isChild: true, verbs: watched },
  PersistentVolumeClaim: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    isChild: true,
    // Never made and never deleted here: data is not ours to lose.
    verbs: ['list', 'watch', 'patch'],
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** What the operator does outside the watched kinds. */
export const otherAccess = [
  { apiVersion, plural: 'schemaregistries/status', verbs: ['patch'] },
  { apiVersion: 'events.k8s.io/v1', plural: 'events', verbs: ['create'] },
  { apiVersion: 'v1', plural: 'events', verbs: ['list'] },
] as const satisfies readonly { apiVersion: string; plural: string; verbs: readonly Verb[] }[];

/**
 * Not the name of a ConfigMap of ours: where kustomize gives that one a hash, it puts the hash into every role that has
 * the name among its resourceNames, whatever it is a name of.
 */
export const leaseName = 'llm-schema-registry-leader';

/** Access to the leases of other installs, which have the same name. */
export const otherLeaseAccess = [
  { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', verbs: ['list'], name: leaseName },
] as const;

/** Access to the install's own lease; what is not there yet has no name that a rule could ask for. */
export const leaseAccess = [
  { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', verbs: ['get', 'update'], name: leaseName },
  { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', verbs: ['create'] },
] as const satisfies readonly {
  apiVersion: string;
  plural: string;
  verbs: readonly Verb[];
  name?: string;
}[];

/** The plural in the paths of a kind. Of one that is in no table of ours, such as a Lease, it follows the rule of English. */
export function pluralOf(kind: string): string {
  if (Object.hasOwn(kinds, kind)) return kinds[kind as KindName].plural;
  const lower = kind.toLowerCase();
  if (lower.endsWith('y')) return `${lower.slice(0, -1)}ies`;
  return `${lower}${lower.endsWith('s') ? 'es' : 's'}`;
}

/** The path of a group, such as `/apis/apps/v1`; that of the core group is `/api/v1`. */
export function groupPath(apiVersionOfKind: string): string {
  return apiVersionOfKind.includes('/') ? `/apis/${apiVersionOfKind}` : `/api/${apiVersionOfKind}`;
}
