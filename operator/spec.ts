import type { SchemaRegistryFields } from './generated/schema-registry.ts';
import { apiGroup } from './kinds.ts';
import type {
  KubeObject,
  Metadata,
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyPeer,
  V1ResourceRequirements,
} from './kubernetes.ts';
import { parseDurationSeconds, parseQuantity } from './quantity.ts';

/** On the SchemaRegistry: another value asks for other passwords. On their Secret: the value that was answered last. */
export const rotateAnnotation = `${apiGroup}/rotate-credentials`;

export type Spec = SchemaRegistryFields['spec'];
export type Status = NonNullable<SchemaRegistryFields['status']>;

/** What the operator was released with, for what a spec leaves open. */
export interface Defaults {
  readonly images: { readonly server: string; readonly postgres: string; readonly redis: string };
  /** Where the operator runs: it asks each registry whether it is ready. */
  readonly operatorNamespace: string;
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
  /** Where autoscaling is on, the number to begin with. */
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
    readonly workers: number;
    readonly corsOrigins: readonly string[];
  };
  readonly database: (ManagedDatabase | ExternalDatabase) & {
    readonly pool: { readonly min: number; readonly max: number; readonly acquireTimeoutSeconds: number };
  };
  /** undefined: the registry runs without Redis. */
  readonly cache: Cache | undefined;
  /** undefined: the registry keeps no archive. */
  readonly artifacts: ArtifactStore | undefined;
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
  readonly autoscaling: Autoscaling | undefined;
  /** undefined: no budget is wanted, or it would block every drain. */
  readonly minAvailable: number | undefined;
  /** Laid over the server's pod template. */
  readonly podTemplate: Spec['podTemplate'];
  readonly monitoring: Monitoring;
  /** undefined: whoever reaches a pod may speak to it. */
  readonly networkPolicy: NetworkPolicy | undefined;
  readonly resources: V1ResourceRequirements;
  readonly rotation: {
    /** undefined: passwords stay until somebody asks for others. */
    readonly periodSeconds: number | undefined;
    /** Another value than the last one asks for other passwords. */
    readonly request: string | undefined;
  };
  readonly deletionPolicy: 'Retain' | 'Delete';
  readonly isPaused: boolean;
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
}

/** A PostgreSQL that somebody else runs. */
export interface ExternalDatabase {
  readonly kind: 'external';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Name of a Secret. */
  readonly credentials: string;
  readonly tls: Tls;
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
  /** One server, the first of a cluster, or the sentinels. */
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
}

/** Where the certificate of the server comes from. Those of a managed PostgreSQL and Redis are the operator's own. */
export type InternalTls = { readonly secretName: string } & (
  | { readonly mode: 'Operator' | 'Secret' }
  | { readonly mode: 'CertManager'; readonly issuer: Readonly<Record<string, string>> }
);

export interface Auth {
  readonly mode: string;
  /** undefined: none are taken. */
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
  /** undefined: the cluster's default class. */
  readonly className: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly http: Door;
  /** undefined: gRPC is not led in from outside. */
  readonly grpc: Door | undefined;
  /** Who issues the certificate, as cert-manager's annotation says it. */
  readonly issuer: Readonly<Record<string, string>>;
}

/** One API, as clients outside reach it. */
export interface Door {
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
  /** undefined: everybody, from outside the cluster too. */
  readonly ingressFrom: readonly V1NetworkPolicyPeer[] | undefined;
  readonly monitoringFrom: readonly V1NetworkPolicyPeer[];
  readonly extraEgress: readonly V1NetworkPolicyEgressRule[];
}

export interface ArtifactStore {
  readonly bucket: string;
  readonly prefix: string;
  /** undefined: AWS's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly isPathStyle: boolean;
  /** Name of a Secret; undefined: what AWS's own programs use. */
  readonly credentials: string | undefined;
}

export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCpuPercent: number;
  readonly targetMemoryPercent: number;
  /** For each pod; undefined: not looked at. */
  readonly requestsPerSecond: number | undefined;
  readonly behavior: NonNullable<NonNullable<Spec['autoscaling']>['behavior']>;
}

/** The spec cannot be carried out until somebody edits it, or what it names; it becomes the condition Stalled. */
export class BadSpec extends Error {
  override readonly name = 'BadSpec';
  readonly reason: 'BadSpec' | 'SecretMissing' | 'SecretInvalid' | 'DowngradeRefused';

  constructor(
    message: string,
    { reason = 'BadSpec', cause }: { reason?: BadSpec['reason']; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** Server, PostgreSQL and Redis as in rows C11, C32 and C34. */
const defaultResources = {
  server: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '2Gi' } },
  postgres: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '4Gi' } },
  redis: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '2Gi' } },
};

/** @throws BadSpec that names the field, what was found and what would be right */
export function completeSpec(found: KubeObject, defaults: Defaults): Registry {
  const spec = (found.spec ?? {}) as Spec;
  const { name, namespace = '', uid = '', generation = 0 } = found.metadata as Metadata;
  const config = spec.config ?? {};
  const pool = spec.database?.pool ?? {};
  const isAutoscaled = spec.autoscaling?.enabled ?? true;
  const autoscaling: Autoscaling | undefined = isAutoscaled
    ? {
        minReplicas: spec.autoscaling?.minReplicas ?? 3,
        maxReplicas: spec.autoscaling?.maxReplicas ?? 10,
        targetCpuPercent: spec.autoscaling?.targetCPUUtilizationPercentage ?? 70,
        targetMemoryPercent: spec.autoscaling?.targetMemoryUtilizationPercentage ?? 80,
        requestsPerSecond: spec.autoscaling?.requestsPerSecond,
        behavior: spec.autoscaling?.behavior ?? {},
      }
    : undefined;
  const replicas = autoscaling?.minReplicas ?? spec.replicas ?? 3;
  return {
    name,
    namespace,
    uid,
    generation,
    ...serverImage(spec, defaults.images.server),
    pullPolicy: spec.image?.pullPolicy ?? 'IfNotPresent',
    pullSecrets: spec.image?.pullSecrets ?? [],
    replicas,
    config: {
      logLevel: config.logLevel ?? 'info',
      logFormat: config.logFormat ?? 'json',
      cacheTtlSeconds: duration('spec.config.cacheTtl', config.cacheTtl ?? '1h', yearSeconds),
      cacheMaxEntries: config.cacheMaxEntries ?? 50_000,
      maxSchemaBytes: quantity('spec.config.maxSchemaSize', config.maxSchemaSize ?? '1Mi', 2 ** 28),
      requestTimeoutSeconds: duration(
        'spec.config.requestTimeout',
        config.requestTimeout ?? '30s',
        hourSeconds,
      ),
      shutdownTimeoutSeconds: duration(
        'spec.config.shutdownTimeout',
        config.shutdownTimeout ?? '10s',
        hourSeconds,
      ),
      defaultCompatibility: config.defaultCompatibility ?? 'BACKWARD',
      workers: config.workers ?? 1,
      corsOrigins: config.cors?.origins ?? [],
    },
    database: {
      ...database(spec, defaults),
      pool: {
        min: pool.min ?? 10,
        max: pool.max ?? 50,
        acquireTimeoutSeconds: duration(
          'spec.database.pool.acquireTimeout',
          pool.acquireTimeout ?? '30s',
          hourSeconds,
        ),
      },
    },
    cache: cache(spec, defaults),
    artifacts: artifacts(spec),
    tls: internalTls(spec, name),
    auth: auth(spec),
    service: {
      type: spec.service?.type ?? 'ClusterIP',
      annotations: spec.service?.annotations ?? {},
      sessionAffinity: spec.service?.sessionAffinity ?? 'None',
    },
    ingress: ingress(spec, name),
    autoscaling,
    minAvailable: minAvailable(spec, replicas),
    podTemplate: spec.podTemplate,
    monitoring: monitoring(spec),
    networkPolicy: networkPolicy(spec, defaults),
    resources: resources('spec.resources', spec.resources, defaultResources.server),
    rotation: {
      periodSeconds: rotationPeriod(spec),
      request: found.metadata.annotations?.[rotateAnnotation],
    },
    deletionPolicy: spec.deletionPolicy ?? 'Retain',
    isPaused: spec.paused ?? false,
  };
}

function database({ database: given }: Spec, defaults: Defaults): ManagedDatabase | ExternalDatabase {
  const { managed = {}, external } = given ?? {};
  if (external === undefined) {
    return {
      kind: 'managed',
      image: managed.image ?? defaults.images.postgres,
      storage: storage(managed.storage, '50Gi'),
      resources: resources('spec.database.managed.resources', managed.resources, defaultResources.postgres),
    };
  }
  return {
    kind: 'external',
    host: external.host,
    port: external.port ?? 5432,
    database: external.database ?? 'registry',
    credentials: external.credentialsSecretRef.name,
    tls: tls(external.tls),
  };
}

function tls(given: NonNullable<NonNullable<Spec['database']>['external']>['tls']): Tls {
  return { mode: given?.mode ?? 'VerifyFull', ca: given?.caSecretRef?.name };
}

function cache(spec: Spec, defaults: Defaults): Cache | undefined {
  if (spec.cache?.disabled) return undefined;
  const { managed = {}, external } = spec.cache ?? {};
  if (external !== undefined) return externalCache(external);
  return {
    kind: 'managed',
    image: managed.image ?? defaults.images.redis,
    storage: storage(managed.storage, '10Gi'),
    maxMemoryBytes: quantity('spec.cache.managed.maxMemory', managed.maxMemory ?? '1Gi'),
    resources: resources('spec.cache.managed.resources', managed.resources, defaultResources.redis),
  };
}

function internalTls({ tls: given }: Spec, name: string): InternalTls | undefined {
  const { mode = 'Disabled', issuerRef, secretRef } = given ?? {};
  const secretName = `${name}-tls`;
  if (mode === 'Disabled') return undefined;
  if (mode === 'Operator') return { mode, secretName };
  if (mode === 'Secret') return { mode, secretName: secretRef?.name ?? secretName };
  const { kind = 'Issuer', group = 'cert-manager.io', name: issuer = '' } = issuerRef ?? {};
  return { mode, secretName, issuer: { name: issuer, kind, group } };
}

function auth({ auth: given = {} }: Spec): Auth | undefined {
  const { mode = 'Disabled', apiKeyHeader = 'X-API-Key', apiKeys, jwt } = given;
  if (mode === 'Disabled') return undefined;
  return {
    mode,
    apiKeys: mode === 'JWT' ? undefined : { header: apiKeyHeader, secretName: apiKeys?.secretRef.name },
    jwt: jwt && {
      secretName: jwt.secretRef?.name,
      jwksUrl: jwt.jwksUrl,
      issuer: jwt.issuer,
      audience: jwt.audience,
      roleClaim: jwt.roleClaim ?? 'role',
    },
  };
}

function ingress(spec: Spec, name: string): Ingress | undefined {
  const { enabled = false, className, annotations = {}, http = {}, grpc, certManager } = spec.ingress ?? {};
  if (!enabled) return undefined;
  const { issuer, clusterIssuer } = certManager ?? {};
  const door = (given: Partial<Door>, issued: string): Door => ({
    hosts: given.hosts ?? [],
    tlsSecretName: given.tlsSecretName ?? (certManager === undefined ? undefined : issued),
  });
  return {
    className,
    annotations,
    http: door(http, `${name}-http-tls`),
    grpc: (grpc?.hosts ?? []).length === 0 ? undefined : door(grpc ?? {}, `${name}-grpc-tls`),
    issuer: {
      ...(issuer === undefined ? {} : { 'cert-manager.io/issuer': issuer }),
      ...(clusterIssuer === undefined ? {} : { 'cert-manager.io/cluster-issuer': clusterIssuer }),
    },
  };
}

function monitoring({ monitoring: given = {} }: Spec): Monitoring {
  const { serviceMonitor = {}, prometheusRule = {}, dashboards = {}, tracing } = given;
  return {
    serviceMonitor:
      (serviceMonitor.enabled ?? true)
        ? { labels: serviceMonitor.labels ?? {}, interval: serviceMonitor.interval ?? '30s' }
        : undefined,
    prometheusRule: (prometheusRule.enabled ?? true) ? { labels: prometheusRule.labels ?? {} } : undefined,
    dashboards: dashboards.enabled ? { labels: dashboards.labels ?? {} } : undefined,
    tracing: tracing && { endpoint: tracing.endpoint, ratio: tracing.ratio ?? '0.1' },
  };
}

function networkPolicy(spec: Spec, { operatorNamespace }: Defaults): NetworkPolicy | undefined {
  const { enabled = true, ingressFrom, monitoringFrom, extraEgress = [] } = spec.networkPolicy ?? {};
  if (!enabled) return undefined;
  const isOpenToTheWorld = (spec.service?.type ?? 'ClusterIP') !== 'ClusterIP';
  return {
    operatorNamespace,
    // A Service of these types is asked for where clients are outside the cluster.
    ingressFrom: ingressFrom ?? (isOpenToTheWorld ? undefined : [{ namespaceSelector: {} }]),
    monitoringFrom: monitoringFrom ?? [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
    ],
    extraEgress: extraEgress.map(({ to, ports }) => ({
      ...(to === undefined ? {} : { to }),
      ...(ports === undefined
        ? {}
        : { ports: ports.map(({ protocol = 'TCP', ...port }) => ({ protocol, ...port })) }),
    })),
  };
}

function externalCache(given: NonNullable<NonNullable<Spec['cache']>['external']>): ExternalCache {
  const { host = '', port = 6379, cluster = false, sentinel, credentialsSecretRef } = given;
  const sentinels = sentinel?.nodes.map((node) => ({ host: node.host, port: node.port ?? 26379 }));
  return {
    kind: 'external',
    nodes: sentinels ?? [{ host, port }],
    isCluster: cluster,
    sentinelMaster: sentinel?.masterName,
    credentials: credentialsSecretRef?.name,
    tls: tls(given.tls),
  };
}

function artifacts({ artifacts: given }: Spec): ArtifactStore | undefined {
  if (given?.s3 === undefined) return undefined;
  const { bucket, prefix = '', endpoint, region = 'us-east-1', pathStyle = false } = given.s3;
  const credentials = given.s3.credentialsSecretRef?.name;
  return { bucket, prefix, endpoint, region, isPathStyle: pathStyle, credentials };
}

function serverImage(spec: Spec, released: string): Pick<Registry, 'image' | 'version'> {
  const { repository, tag, digest } = spec.image ?? {};
  const { repository: releasedRepository, tag: releasedTag } = splitImage(released);
  const path = repository ?? releasedRepository;
  if (digest !== undefined) return { image: `${path}@${digest}`, version: undefined };
  const version =
    tag !== undefined
      ? { field: 'spec.image.tag', text: tag }
      : { field: 'spec.version', text: spec.version ?? releasedTag };
  return { image: `${path}:${version.text}`, version };
}

/** `host:5000/path:tag` has two colons; only one after the last slash begins a tag. */
function splitImage(image: string): { repository: string; tag: string } {
  const colon = image.indexOf(':', image.lastIndexOf('/'));
  return colon < 0
    ? { repository: image, tag: 'latest' }
    : { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}

function storage(given: { size?: string; storageClassName?: string } | undefined, size: string): Storage {
  return { size: given?.size ?? size, storageClassName: given?.storageClassName };
}

/** With one replica a budget would block every node drain; with more it leaves one to take away. */
function minAvailable(spec: Spec, replicas: number): number | undefined {
  if (spec.podDisruptionBudget?.enabled === false || replicas < 2) return undefined;
  return spec.podDisruptionBudget?.minAvailable ?? Math.min(2, replicas - 1);
}

function resources(
  field: string,
  given: { requests?: Record<string, unknown>; limits?: Record<string, unknown> } | undefined,
  usual: { requests: Record<string, string>; limits: Record<string, string> },
): V1ResourceRequirements {
  const limits = { ...usual.limits, ...asText(given?.limits) };
  const requests = { ...usual.requests, ...asText(given?.requests) };
  for (const [resource, wanted] of Object.entries(requests)) {
    const limit = limits[resource];
    if (limit === undefined || parseQuantity(wanted) <= parseQuantity(limit)) continue;
    const isAsked = given?.requests?.[resource] !== undefined;
    // A limit that somebody lowers below our own default request takes the request along.
    if (!isAsked) requests[resource] = limit;
    else if (given?.limits?.[resource] === undefined) limits[resource] = wanted;
    else
      throw new BadSpec(
        `${field}.requests.${resource}: "${wanted}" is above limits.${resource} "${limit}"; write at most "${limit}"`,
      );
  }
  return { requests, limits };
}

function asText(given: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(given ?? {}).map(([key, value]) => [key, String(value)]));
}

function rotationPeriod({ credentials }: Spec): number | undefined {
  const text = credentials?.rotationPeriod;
  if (text === undefined) return undefined;
  return duration('spec.credentials.rotationPeriod', text, 10 * yearSeconds, 600);
}

/** The server takes an hour at most for what a request waits for, and a year for what a cache keeps. */
const hourSeconds = 3_600;
const yearSeconds = 31_536_000;

function duration(field: string, text: string, mostSeconds: number, leastSeconds = 1): number {
  const seconds = parseDurationSeconds(text);
  if (seconds >= leastSeconds && seconds <= mostSeconds) return seconds;
  throw new BadSpec(
    `${field}: "${text}" is not a time from ${leastSeconds}s to ${mostSeconds}s; write ${Math.max(30, leastSeconds)}s`,
  );
}

function quantity(field: string, value: string | number, most = Number.MAX_SAFE_INTEGER): number {
  const bytes = parseQuantity(String(value));
  if (bytes > 0 && bytes <= most) return bytes;
  throw new BadSpec(`${field}: "${value}" is not a size from 1 to ${most} bytes; write 1Mi`);
}
