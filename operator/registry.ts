import type { SchemaRegistryFields } from './generated/schema-registry.ts';
import type {
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyPeer,
  V1ResourceRequirements,
} from './kube/kubernetes.ts';
import type { Policy } from './policy.ts';

export type Spec = SchemaRegistryFields['spec'];
export type Status = NonNullable<SchemaRegistryFields['status']>;

/** What the operator was released with, for what a spec leaves open. */
export interface Defaults {
  readonly images: { readonly server: string; readonly postgres: string; readonly redis: string };
  /** Where the operator runs: it asks each registry whether it is ready. */
  readonly operatorNamespace: string;
  /** undefined: it is defaultPolicy. */
  readonly policy?: Policy;
}

/** A SchemaRegistry with every default filled in. */
export interface Registry {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly image: string;
  /** What the tag of the image says, and the field that it comes from; undefined where a digest says nothing. */
  readonly version: { readonly field: string; readonly text: string } | undefined;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly pullSecrets: readonly { readonly name: string }[];
  /** How many pods there are to be; where autoscaling is on, the number to begin with. */
  readonly replicas: number;
  readonly config: {
    readonly logLevel: string;
    readonly logFormat: string;
    readonly cacheTtlSeconds: number;
    readonly cacheMaxEntries: number;
    readonly maxSchemaBytes: number;
    readonly requestTimeoutSeconds: number;
    readonly shutdownTimeoutSeconds: number;
    readonly defaultCompatibility: string;
    readonly validateNewSchemas: boolean;
    readonly workers: number;
    readonly corsOrigins: readonly string[];
  };
  readonly database: (ManagedDatabase | ExternalDatabase | CnpgDatabase) & {
    readonly pool: { readonly min: number; readonly max: number; readonly acquireTimeoutSeconds: number };
  };
  /** undefined: the registry runs without Redis. */
  readonly cache: Cache | undefined;
  /** undefined: the registry keeps no archive. */
  readonly artifacts: ArtifactStore | undefined;
  /** undefined: nobody restores the archive to see whether it is whole. */
  readonly drill: Drill | undefined;
  /** The archive of another registry with which this one begins; undefined: with nothing. */
  readonly bootstrap: BootstrapArchive | undefined;
  /** undefined: plain connections inside the cluster. */
  readonly tls: InternalTls | undefined;
  /** undefined: whoever reaches the API may do everything. */
  readonly auth: Auth | undefined;
  readonly service: {
    readonly type: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly sessionAffinity: 'None' | 'ClientIP';
  };
  readonly ingress: Ingress | undefined;
  readonly gateway: Gateway | undefined;
  readonly autoscaling: Autoscaling | undefined;
  /** undefined: no budget is wanted, or it would block every drain. */
  readonly minAvailable: number | undefined;
  /** Whether what is drained is to be told by budgets at all. */
  readonly hasBudgets: boolean;
  /** What is laid over the server's pod template. */
  readonly podTemplate: Spec['podTemplate'];
  readonly monitoring: Monitoring;
  /** undefined: whoever reaches a pod may speak to it. */
  readonly networkPolicy: NetworkPolicy | undefined;
  readonly resources: V1ResourceRequirements;
  readonly rotation: {
    /** undefined: passwords stay until somebody asks for others. */
    readonly periodSeconds: number | undefined;
    /** A value other than the last one asks for other passwords. */
    readonly request: string | undefined;
  };
  /** The id of the registry whose database is given up; undefined: no loss is accepted. */
  readonly acceptedLoss: string | undefined;
  readonly deletionPolicy: 'Retain' | 'Delete';
  readonly isPaused: boolean;
  /** What the operator lets this spec ask for. */
  readonly policy: Policy;
}

export interface Storage {
  readonly size: string;
  readonly storageClassName: string | undefined;
}

export interface ManagedDatabase {
  readonly kind: 'managed';
  readonly image: string;
  readonly storage: Storage;
  readonly resources: V1ResourceRequirements;
  /** What is laid over the pod: where it runs, its labels and annotations. */
  readonly podTemplate: NonNullable<NonNullable<Spec['database']>['managed']>['podTemplate'];
}

/** A PostgreSQL that somebody else runs. */
export interface ExternalDatabase {
  readonly kind: 'external';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The name of a Secret with user and password. */
  readonly credentials: string;
  readonly tls: Tls;
}

/** A Cluster of CloudNativePG. */
export interface CnpgDatabase {
  readonly kind: 'cnpg';
  /** The name of the Cluster. */
  readonly cluster: string;
  /** undefined: the Secret with the credentials says it. */
  readonly database: string | undefined;
  /** The name of the Secret with user and password. */
  readonly credentials: string;
  /** The name of the Secret with its authority. */
  readonly ca: string;
  /** undefined: somebody else owns the Cluster. */
  readonly owned: OwnedCluster | undefined;
}

/** The registry's own Cluster. */
export interface OwnedCluster {
  readonly instances: number;
  /** undefined: CloudNativePG's own choice. */
  readonly image: string | undefined;
  readonly storage: Storage;
  readonly resources: V1ResourceRequirements;
}

export interface Tls {
  readonly mode: 'Disable' | 'Require' | 'VerifyCA' | 'VerifyFull';
  /** Name of a Secret; undefined: the public authorities. */
  readonly ca: string | undefined;
}

export type Cache = ManagedCache | ExternalCache;

/** A Redis that somebody else runs. */
export interface ExternalCache {
  readonly kind: 'external';
  /** The addresses to connect to: one server, the first of a cluster, or the sentinels. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isCluster: boolean;
  /** undefined: the nodes are no sentinels. */
  readonly sentinelMaster: string | undefined;
  /** Name of a Secret; undefined: there is no password. */
  readonly credentials: string | undefined;
  readonly tls: Tls;
}

export interface ManagedCache {
  readonly kind: 'managed';
  readonly image: string;
  readonly storage: Storage;
  readonly maxMemoryBytes: number;
  readonly resources: V1ResourceRequirements;
  readonly podTemplate: ManagedDatabase['podTemplate'];
}

/** Where the certificate of the server comes from. Those of a managed PostgreSQL and Redis are the operator's own. */
export type InternalTls = { readonly secretName: string } & (
  | { readonly mode: 'Operator' | 'Secret' }
  | { readonly mode: 'CertManager'; readonly issuer: Readonly<Record<string, string>> }
);

export interface Auth {
  readonly mode: string;
  /** undefined: no API keys are taken. */
  readonly apiKeys: ApiKeys | undefined;
  /** undefined: no tokens are taken. */
  readonly jwt: Jwt | undefined;
}

export interface ApiKeys {
  readonly header: string;
  /** Name of a Secret; undefined: the operator makes one. */
  readonly secretName: string | undefined;
}

export interface Jwt {
  /** Name of a Secret; undefined: the keys are under the URL. */
  readonly secretName: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly roleClaim: string;
}

export interface Ingress {
  /** undefined: it is the cluster's default class. */
  readonly className: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly http: IngressHosts;
  /** undefined: gRPC is not led in from outside. */
  readonly grpc: IngressHosts | undefined;
  /** Who issues the certificate, as cert-manager's annotation says it. */
  readonly issuer: Readonly<Record<string, string>>;
}

/** A way in through Gateways that somebody else runs. */
export interface Gateway {
  readonly parents: readonly ParentReference[];
  /** The hosts of the REST API; where there are none, those of the Gateways' listeners. */
  readonly hosts: readonly string[];
  /** The hosts of gRPC; where there are none, it is not led in from outside. */
  readonly grpcHosts: readonly string[];
  /** Whether clients speak TLS to the Gateways. */
  readonly hasTls: boolean;
}

/** A Gateway, and which of its listeners. */
export interface ParentReference {
  readonly name: string;
  /** The Gateway's namespace; undefined: it is the registry's own. */
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

/** The hosts at which clients outside reach one API, and the certificate for them. */
export interface IngressHosts {
  readonly hosts: readonly string[];
  /** undefined: nothing is encrypted. */
  readonly tlsSecretName: string | undefined;
}

export interface Monitoring {
  readonly serviceMonitor: (Labelled & { readonly interval: string }) | undefined;
  readonly prometheusRule: Labelled | undefined;
  readonly dashboards: Labelled | undefined;
  /** undefined: nothing is traced. */
  readonly tracing: { readonly endpoint: string; readonly ratio: string } | undefined;
}

interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}

export interface NetworkPolicy {
  readonly operatorNamespace: string;
  /** undefined: everybody is let in, from outside the cluster too. */
  readonly ingressFrom: readonly V1NetworkPolicyPeer[] | undefined;
  readonly monitoringFrom: readonly V1NetworkPolicyPeer[];
  readonly extraEgress: readonly V1NetworkPolicyEgressRule[];
}

/** A bucket, and where in it. */
export interface ObjectStore {
  readonly bucket: string;
  readonly prefix: string;
  /** The URL of the store; undefined: it is AWS's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly isPathStyle: boolean;
  /** Name of a Secret; undefined: what AWS's own programs use. */
  readonly credentials: string | undefined;
}

export interface ArtifactStore extends ObjectStore {
  /** Undefined where the server decides by the name that the archive has. */
  readonly restore: 'Never' | 'WhenEmpty' | 'Partial' | undefined;
  /** The name of a snapshot, or a time. */
  readonly restoreAt: string | undefined;
  /** undefined: only those that persons take. */
  readonly snapshots: Snapshots | undefined;
}

/** Of how many hours, days and weeks the newest is kept. */
export interface Snapshots {
  /** A cron expression, in UTC. */
  readonly schedule: string;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
}

/** A restore that is thrown away, and compared with the registry that lives. */
export interface Drill {
  /** A cron expression, in UTC. */
  readonly schedule: string;
  readonly reads: number;
  readonly resources: V1ResourceRequirements;
}

export interface BootstrapArchive extends ObjectStore {
  /** A snapshot of it, by name or time; undefined: what it has when the registry begins. */
  readonly at: string | undefined;
  /** What is missing or damaged is done without. */
  readonly isPartial: boolean;
}

export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCpuPercent: number;
  readonly targetMemoryPercent: number;
  /** The requests that each pod is to have; undefined: they are not looked at. */
  readonly requestsPerSecond: number | undefined;
  readonly behavior: NonNullable<NonNullable<Spec['autoscaling']>['behavior']>;
}
