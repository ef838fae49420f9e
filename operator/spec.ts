import { names } from './desired/child.ts';
import { apiGroup } from './kube/kinds.ts';
import type { KubeObject, Metadata, V1ResourceRequirements } from './kube/kubernetes.ts';
import { objectStores } from './object-stores.ts';
import { defaultPolicy } from './policy.ts';
import { isAbove, parseDurationSeconds, parseQuantity } from './quantity.ts';
import type {
  Auth,
  Autoscaling,
  Cache,
  CnpgDatabase,
  Defaults,
  Drill,
  ExternalCache,
  ExternalDatabase,
  Ingress,
  IngressHosts,
  InternalTls,
  ManagedDatabase,
  Monitoring,
  NetworkPolicy,
  Registry,
  Spec,
  Storage,
  Tls,
} from './registry.ts';
import { minuteOf } from './schedule.ts';

/** On the SchemaRegistry: another value asks for other passwords. On their Secret: the value that was answered last. */
export const rotateAnnotation = `${apiGroup}/rotate-credentials`;

/** On the SchemaRegistry: the id of the registry whose database a person gives up. */
export const acceptDataLossAnnotation = `${apiGroup}/accept-data-loss`;

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

/** Logs and small files on the node's disk. No limit: one that is reached by logs would have the kubelet evict a database. */
const disk = { 'ephemeral-storage': '64Mi' };

/** The resources of each container where the spec says nothing. */
const defaultResources = {
  server: { requests: { cpu: '500m', memory: '512Mi', ...disk }, limits: { cpu: '2', memory: '2Gi' } },
  postgres: { requests: { cpu: '500m', memory: '1Gi', ...disk }, limits: { cpu: '2', memory: '4Gi' } },
  drill: { requests: { cpu: '100m', memory: '512Mi', ...disk }, limits: { cpu: '1', memory: '2Gi' } },
  redis: { requests: { cpu: '250m', memory: '512Mi', ...disk }, limits: { cpu: '1', memory: '2Gi' } },
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
      validateNewSchemas: config.validateNewSchemas ?? true,
      workers: config.workers ?? 1,
      corsOrigins: config.cors?.origins ?? [],
    },
    database: {
      ...database(spec, name, defaults),
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
    ...objectStores(spec, `${namespace}/${name}`),
    drill: drill(spec, `${namespace}/${name}`),
    tls: internalTls(spec, name),
    auth: auth(spec),
    service: {
      type: spec.service?.type ?? 'ClusterIP',
      annotations: spec.service?.annotations ?? {},
      sessionAffinity: spec.service?.sessionAffinity ?? 'None',
    },
    ingress: ingress(spec, name),
    gateway: spec.gateway && {
      parents: spec.gateway.parentRefs,
      hosts: spec.gateway.hostnames ?? [],
      grpcHosts: spec.gateway.grpc?.hostnames ?? [],
      hasTls: spec.gateway.tls ?? true,
    },
    autoscaling,
    minAvailable: minAvailable(spec, replicas),
    hasBudgets: spec.podDisruptionBudget?.enabled ?? true,
    podTemplate: spec.podTemplate,
    monitoring: monitoring(spec),
    networkPolicy: networkPolicy(spec, defaults),
    resources: resources('spec.resources', spec.resources, defaultResources.server),
    rotation: {
      periodSeconds: rotationPeriod(spec),
      request: found.metadata.annotations?.[rotateAnnotation],
    },
    acceptedLoss: found.metadata.annotations?.[acceptDataLossAnnotation],
    deletionPolicy: spec.deletionPolicy ?? 'Retain',
    isPaused: spec.paused ?? false,
    policy: defaults.policy ?? defaultPolicy,
  };
}

function database(
  { database: given }: Spec,
  name: string,
  defaults: Defaults,
): ManagedDatabase | ExternalDatabase | CnpgDatabase {
  const { managed = {}, external, cnpg } = given ?? {};
  if (cnpg !== undefined) return cnpgDatabase(cnpg, name);
  if (external === undefined) {
    return {
      kind: 'managed',
      image: managed.image ?? defaults.images.postgres,
      storage: storage(managed.storage, '50Gi'),
      resources: resources('spec.database.managed.resources', managed.resources, defaultResources.postgres),
      podTemplate: managed.podTemplate,
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
    podTemplate: managed.podTemplate,
  };
}

function internalTls({ tls: given }: Spec, name: string): InternalTls | undefined {
  const { mode = 'Disabled', issuerRef, secretRef } = given ?? {};
  const secretName = names({ name }).tls;
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
  const hostsOf = (given: Partial<IngressHosts>, issued: string): IngressHosts => ({
    hosts: given.hosts ?? [],
    tlsSecretName: given.tlsSecretName ?? (certManager === undefined ? undefined : issued),
  });
  return {
    className,
    annotations,
    http: hostsOf(http, `${name}-http-tls`),
    grpc: (grpc?.hosts ?? []).length === 0 ? undefined : hostsOf(grpc ?? {}, `${name}-grpc-tls`),
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

type GivenCnpg = NonNullable<NonNullable<Spec['database']>['cnpg']>;

/** The Secrets are those that CloudNativePG makes, where the spec names no others. */
function cnpgDatabase(given: GivenCnpg, name: string): CnpgDatabase {
  const { clusterRef, database, credentialsSecretRef, caSecretRef, instances = 3, imageName } = given;
  const cluster = clusterRef?.name ?? names({ name }).postgres;
  return {
    kind: 'cnpg',
    cluster,
    database: clusterRef === undefined ? 'registry' : database,
    credentials: credentialsSecretRef?.name ?? `${cluster}-app`,
    ca: caSecretRef?.name ?? `${cluster}-ca`,
    owned:
      clusterRef === undefined
        ? {
            instances,
            image: imageName,
            storage: storage(given.storage, '50Gi'),
            resources: resources('spec.database.cnpg.resources', given.resources, defaultResources.postgres),
          }
        : undefined,
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

/** @param released `path:tag`, `path:tag@digest` or `path@digest`; the digest holds for that very path and tag alone */
function serverImage(spec: Spec, released: string): Pick<Registry, 'image' | 'version'> {
  const { repository, tag, digest } = spec.image ?? {};
  const { repository: releasedRepository, tag: releasedTag, digest: releasedDigest } = splitImage(released);
  const path = repository ?? releasedRepository;
  if (digest !== undefined) return { image: `${path}@${digest}`, version: undefined };
  const isReleased = path === releasedRepository && (tag ?? spec.version ?? releasedTag) === releasedTag;
  if (isReleased && releasedTag === undefined && releasedDigest !== undefined)
    return { image: released, version: undefined };
  const version =
    tag !== undefined
      ? { field: 'spec.image.tag', text: tag }
      : { field: 'spec.version', text: spec.version ?? releasedTag ?? 'latest' };
  const pinned = isReleased && releasedDigest !== undefined ? `@${releasedDigest}` : '';
  return { image: `${path}:${version.text}${pinned}`, version };
}

/** `host:5000/path:tag` has two colons; only one after the last slash begins a tag. */
function splitImage(image: string): { repository: string; tag?: string; digest?: string } {
  const [named = '', digest] = image.split('@');
  const colon = named.indexOf(':', named.lastIndexOf('/'));
  return colon < 0
    ? { repository: named, digest }
    : { repository: named.slice(0, colon), tag: named.slice(colon + 1), digest };
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
    if (limit === undefined || !isAbove(wanted, limit)) continue;
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
  // Kubernetes writes a thousand with a small k, and refuses the other one.
  const text = (value: unknown) => String(value).replace(/K$/, 'k');
  return Object.fromEntries(Object.entries(given ?? {}).map(([key, value]) => [key, text(value)]));
}

/** Once a night, unless it is written otherwise; not that of every registry at once. */
function drill({ artifacts }: Spec, key: string): Drill | undefined {
  // A snapshot that nobody tries is a hope.
  const given = artifacts?.s3?.drill ?? (artifacts?.s3?.snapshots === undefined ? undefined : {});
  if (given === undefined || given.enabled === false) return undefined;
  return {
    schedule: given.schedule ?? `${minuteOf(key)} 3 * * *`,
    reads: given.reads ?? 100,
    resources: resources('spec.artifacts.s3.drill.resources', given.resources, defaultResources.drill),
  };
}

function rotationPeriod({ credentials }: Spec): number | undefined {
  const text = credentials?.rotationPeriod;
  if (text === undefined) return undefined;
  return duration('spec.credentials.rotationPeriod', text, 10 * yearSeconds, 600);
}

/** The server takes an hour at most for what a request waits for, and a year at most for what a cache keeps. */
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
  const bytes = Math.ceil(parseQuantity(String(value)));
  if (bytes > 0 && bytes <= most) return bytes;
  throw new BadSpec(`${field}: "${value}" is not a size from 1 to ${most} bytes; write 1Mi`);
}
