import type { V1ConfigMap } from '../kube/kubernetes.ts';
import type {
  ArtifactStore,
  BootstrapArchive,
  ExternalCache,
  ObjectStore,
  Registry,
  Snapshots,
  Tls,
} from '../registry.ts';
import { authConfig } from './auth.ts';
import { authorityPath, serverTlsPath } from './certificates.ts';
import { type Child, meta, names } from './child.ts';
import { identityConfig } from './identity.ts';
import { type RemoteDatabase, remoteDatabase } from './remote-database.ts';

/** What the server reads from its environment and may be seen by anyone. */
export const configMap: Child = (registry) =>
  ({
    ...meta(registry, 'ConfigMap', 'server', names(registry).config),
    data: serverConfig(registry),
  }) satisfies V1ConfigMap;

/** The names are those of registry-server/settings.ts; test/contract holds the two in step. */
export function serverConfig(registry: Registry): Record<string, string> {
  const { config, database, cache, artifacts, bootstrap, tls } = registry;
  return {
    SERVER_HOST: '0.0.0.0',
    SERVER_PORT: String(ports.http),
    GRPC_PORT: String(ports.grpc),
    ENABLE_GRPC: 'true',
    METRICS_PORT: String(ports.metrics),
    ...(tls === undefined
      ? {}
      : { TLS_CERT_FILE: `${serverTlsPath}/tls.crt`, TLS_KEY_FILE: `${serverTlsPath}/tls.key` }),
    ...databaseConfig(remoteDatabase(registry)),
    ...(database.kind === 'managed' && tls !== undefined
      ? { DATABASE_TLS: tlsModes.VerifyFull, DATABASE_CA_FILE: `${authorityPath}/${caKey}` }
      : {}),
    DATABASE_MIN_CONNECTIONS: String(database.pool.min),
    DATABASE_MAX_CONNECTIONS: String(database.pool.max),
    DATABASE_ACQUIRE_TIMEOUT: String(database.pool.acquireTimeoutSeconds),
    MAX_CONNECTIONS: '4096',
    REDIS_TIMEOUT: '5',
    ...(cache?.kind === 'external' ? cacheConfig(cache) : {}),
    ...(cache?.kind === 'managed' && tls !== undefined
      ? { REDIS_TLS: tlsModes.VerifyFull, REDIS_CA_FILE: `${authorityPath}/${caKey}` }
      : {}),
    CACHE_TTL: String(config.cacheTtlSeconds),
    CACHE_MAX_SIZE: String(config.cacheMaxEntries),
    MAX_SCHEMA_SIZE: String(config.maxSchemaBytes),
    REQUEST_TIMEOUT: String(config.requestTimeoutSeconds),
    GRACEFUL_SHUTDOWN_TIMEOUT: String(config.shutdownTimeoutSeconds),
    DEFAULT_COMPATIBILITY: config.defaultCompatibility,
    VALIDATE_NEW_SCHEMAS: String(config.validateNewSchemas),
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat,
    ...identityConfig,
    ENABLE_METRICS: 'true',
    WORKERS: String(config.workers),
    ...(config.corsOrigins.length === 0 ? {} : { CORS_ORIGINS: config.corsOrigins.join(',') }),
    ...(artifacts === undefined ? {} : artifactConfig(artifacts, registry)),
    ...(bootstrap === undefined ? {} : bootstrapConfig(bootstrap)),
    ...authConfig(registry),
    ...tracingConfig(registry),
  };
}

/** Tracing is set by the variables that OpenTelemetry itself has for it. */
function tracingConfig({ name, namespace, monitoring: { tracing } }: Registry): Record<string, string> {
  if (tracing === undefined) return {};
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: tracing.endpoint,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: tracing.ratio,
    OTEL_SERVICE_NAME: name,
    OTEL_RESOURCE_ATTRIBUTES: `service.namespace=${namespace},k8s.namespace.name=${namespace},k8s.deployment.name=${name}`,
  };
}

function databaseConfig(found: RemoteDatabase | undefined) {
  if (found === undefined) return {};
  const { host, port, database, tls } = found;
  return {
    DATABASE_HOST: host,
    DATABASE_PORT: String(port),
    ...(database === undefined ? {} : { DATABASE_NAME: database }),
    DATABASE_TLS: tlsModes[tls.mode],
    ...(tls.ca === undefined ? {} : { DATABASE_CA_FILE: `${databaseCaPath}/${caKey}` }),
  };
}

const tlsModes: Record<Tls['mode'], string> = {
  Disable: 'disable',
  Require: 'require',
  VerifyCA: 'verify-ca',
  VerifyFull: 'verify-full',
};

/** The folders of the authorities' certificates in the server's container, and the key that holds each in its Secret. */
export const databaseCaPath = '/etc/llm-schema-registry/database-ca';
export const cacheCaPath = '/etc/llm-schema-registry/cache-ca';
export const caKey = 'ca.crt';

function cacheConfig({ nodes, isCluster, sentinelMaster, tls }: ExternalCache) {
  return {
    REDIS_NODES: nodes
      .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(','),
    REDIS_CLUSTER: String(isCluster),
    ...(sentinelMaster === undefined ? {} : { REDIS_SENTINEL_MASTER: sentinelMaster }),
    REDIS_TLS: tlsModes[tls.mode],
    ...(tls.ca === undefined ? {} : { REDIS_CA_FILE: `${cacheCaPath}/${caKey}` }),
  };
}

function artifactConfig(
  { restore, restoreAt, snapshots, ...store }: ArtifactStore,
  { namespace, name }: Registry,
) {
  return {
    // By which the server knows its archive again when its database is lost.
    REGISTRY_NAME: `${namespace}/${name}`,
    ...(restore === undefined ? {} : { S3_RESTORE: restore }),
    ...(restoreAt === undefined ? {} : { S3_RESTORE_AT: restoreAt }),
    ...(snapshots === undefined ? {} : snapshotConfig(snapshots)),
    ...storeConfig('', store),
  };
}

function snapshotConfig({ schedule, hourly, daily, weekly }: Snapshots) {
  return {
    S3_SNAPSHOT_SCHEDULE: schedule,
    S3_SNAPSHOTS_HOURLY: String(hourly),
    S3_SNAPSHOTS_DAILY: String(daily),
    S3_SNAPSHOTS_WEEKLY: String(weekly),
  };
}

function bootstrapConfig({ at, isPartial, ...store }: BootstrapArchive) {
  return {
    ...storeConfig('BOOTSTRAP_', store),
    ...(at === undefined ? {} : { BOOTSTRAP_AT: at }),
    BOOTSTRAP_PARTIAL: String(isPartial),
  };
}

function storeConfig(
  before: '' | 'BOOTSTRAP_',
  { bucket, prefix, endpoint, region, isPathStyle }: ObjectStore,
): Record<string, string> {
  return {
    [`${before}S3_BUCKET`]: bucket,
    [`${before}S3_PREFIX`]: prefix,
    ...(endpoint === undefined ? {} : { [`${before}S3_ENDPOINT`]: endpoint }),
    [`${before}S3_REGION`]: region,
    [`${before}S3_PATH_STYLE`]: String(isPathStyle),
  };
}

export const ports = { http: 8080, grpc: 9090, metrics: 9091, postgres: 5432, redis: 6379 };

/** How clients inside the cluster speak to the API: the name of its port in pods and Services, and the Service's number. */
export function apiProtocol({ tls }: Registry) {
  return tls === undefined
    ? ({ scheme: 'http', probe: 'HTTP', port: 80 } as const)
    : ({ scheme: 'https', probe: 'HTTPS', port: 443 } as const);
}

/** How clients inside the cluster speak gRPC: the name of its port in pods; in Services it is always `grpc`. */
export function grpcProtocol({ tls }: Registry) {
  return tls === undefined
    ? ({ name: 'grpc', backend: 'GRPC', appProtocol: 'kubernetes.io/h2c' } as const)
    : ({ name: 'grpcs', backend: 'GRPCS', appProtocol: 'https' } as const);
}
