import { parseOrigins } from './before-koa/origins.ts';
import { type Setting, setting } from './setting.ts';
import {
  attributes,
  flag,
  headerName,
  level,
  nodes,
  oneOf,
  port,
  prefix,
  ratio,
  text,
  url,
  whole,
  workerCount,
} from './setting-values.ts';
import { restores } from './store/archive/restores.ts';
import { parseSchedule } from './store/archive/snapshots/schedule.ts';
import { tlsModes } from './store/tls.ts';
import { samplerNames } from './tracing/tracer.ts';

const table = {
  host: setting('SERVER_HOST', '0.0.0.0', text, 'address to listen on'),
  port: setting('SERVER_PORT', '8080', port, 'port of the REST API'),
  tlsCertFile: setting(
    'TLS_CERT_FILE',
    undefined,
    text,
    'certificate of the REST and gRPC APIs in PEM, with those above it; unset: plain HTTP',
  ),
  tlsKeyFile: setting('TLS_KEY_FILE', undefined, text, 'its key in PEM'),
  grpcPort: setting('GRPC_PORT', '9090', port, 'port of the gRPC API'),
  isGrpcEnabled: setting('ENABLE_GRPC', 'true', flag, 'serve the gRPC API'),
  corsOrigins: setting(
    'CORS_ORIGINS',
    undefined,
    parseOrigins,
    'origins whose scripts may use the API, with commas: https://app.example.com, https://*.example.com or *; unset: none',
  ),
  metricsPort: setting('METRICS_PORT', '9091', port, 'port of /metrics'),
  isMetricsEnabled: setting('ENABLE_METRICS', 'true', flag, 'serve /metrics'),
  workers: setting(
    'WORKERS',
    '1',
    workerCount,
    'processes that answer, each with its own caches; auto: one for each core',
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    undefined,
    url('postgres:', 'postgresql:'),
    'PostgreSQL; unset: a PostgreSQL in this process',
    true,
  ),
  databaseHost: setting(
    'DATABASE_HOST',
    undefined,
    text,
    'PostgreSQL in parts, instead of DATABASE_URL: its host',
  ),
  databasePort: setting('DATABASE_PORT', '5432', port, 'its port'),
  databaseName: setting('DATABASE_NAME', undefined, text, 'name of the database'),
  databaseUser: setting('DATABASE_USER', undefined, text, 'user name'),
  databasePassword: setting(
    'DATABASE_PASSWORD',
    undefined,
    text,
    'password, as it is: nothing is encoded',
    true,
  ),
  databaseTls: setting(
    'DATABASE_TLS',
    undefined,
    oneOf(...tlsModes),
    'encryption; verify-… also ask who it is; unset: what DATABASE_URL says, or none',
  ),
  databaseCaFile: setting(
    'DATABASE_CA_FILE',
    undefined,
    text,
    'certificates in PEM that verify-… trusts; unset: those that Node.js knows',
  ),
  dataFolder: setting(
    'DATA_FOLDER',
    undefined,
    text,
    'where the PostgreSQL in this process keeps its files; unset: in memory',
  ),
  minConnections: setting('DATABASE_MIN_CONNECTIONS', '10', whole(0, 10_000), 'connections held open'),
  maxConnections: setting('DATABASE_MAX_CONNECTIONS', '50', whole(1, 10_000), 'connections at most'),
  acquireTimeoutSeconds: setting(
    'DATABASE_ACQUIRE_TIMEOUT',
    '30',
    whole(1, 3600),
    'seconds that a request waits for a connection, and for a database that fails over (there half of REQUEST_TIMEOUT at most)',
  ),
  redisUrl: setting(
    'REDIS_URL',
    undefined,
    url('redis:', 'rediss:'),
    'Redis as second cache level; unset: none',
    true,
  ),
  redisNodes: setting(
    'REDIS_NODES',
    undefined,
    nodes,
    'Redis in parts, instead of REDIS_URL: host:port, and more with commas for a cluster or for sentinels',
  ),
  isRedisCluster: setting('REDIS_CLUSTER', 'false', flag, 'the nodes are those of a Redis Cluster'),
  redisSentinelMaster: setting(
    'REDIS_SENTINEL_MASTER',
    undefined,
    text,
    'the nodes are sentinels; their name for the master',
  ),
  redisUser: setting('REDIS_USER', undefined, text, 'user name; unset: the default user'),
  redisPassword: setting('REDIS_PASSWORD', undefined, text, 'password, as it is: nothing is encoded', true),
  redisTls: setting('REDIS_TLS', undefined, oneOf(...tlsModes), 'as DATABASE_TLS'),
  redisCaFile: setting('REDIS_CA_FILE', undefined, text, 'as DATABASE_CA_FILE'),
  redisTimeoutSeconds: setting('REDIS_TIMEOUT', '5', whole(1, 3600), 'seconds that Redis may take'),
  cacheTtlSeconds: setting('CACHE_TTL', '3600', whole(1, 31_536_000), 'seconds that Redis keeps a schema'),
  cacheMaxEntries: setting('CACHE_MAX_SIZE', '50000', whole(1, 100_000_000), 'schemas kept in memory'),
  s3Bucket: setting('S3_BUCKET', undefined, text, 'bucket of the archive; unset: none'),
  s3Prefix: setting('S3_PREFIX', '', prefix, 'where in the bucket, such as team-a/registry'),
  s3Endpoint: setting('S3_ENDPOINT', undefined, url('http:', 'https:'), "URL of the S3; unset: AWS's"),
  s3Region: setting('S3_REGION', 'us-east-1', text, 'region of the bucket'),
  isS3PathStyle: setting('S3_PATH_STYLE', 'false', flag, "the bucket is in the URL's path, not in its host"),
  s3AccessKeyId: setting(
    'S3_ACCESS_KEY_ID',
    undefined,
    text,
    "access key; unset: what AWS's own programs use",
    true,
  ),
  s3SecretAccessKey: setting('S3_SECRET_ACCESS_KEY', undefined, text, 'its secret', true),
  s3Restore: setting(
    'S3_RESTORE',
    undefined,
    oneOf(...restores),
    'whether an empty database is filled from the archive; Partial does without what is missing or damaged; unset: where the archive has the name of this registry',
  ),
  s3RestoreAt: setting(
    'S3_RESTORE_AT',
    undefined,
    text,
    'the name of a snapshot or a time (2026-11-26T22:00:00Z): an empty database is filled with what there was then; unset: with what there was last',
  ),
  snapshotSchedule: setting(
    'S3_SNAPSHOT_SCHEDULE',
    undefined,
    parseSchedule,
    'when snapshots are taken: a cron expression of five fields in UTC, such as 0 * * * *; unset: when a person says so',
  ),
  snapshotsHourly: setting(
    'S3_SNAPSHOTS_HOURLY',
    '24',
    whole(0, 10_000),
    'of how many hours the newest stays',
  ),
  snapshotsDaily: setting('S3_SNAPSHOTS_DAILY', '7', whole(0, 10_000), 'of how many days the newest stays'),
  snapshotsWeekly: setting(
    'S3_SNAPSHOTS_WEEKLY',
    '4',
    whole(0, 10_000),
    'of how many weeks the newest stays',
  ),
  bootstrapBucket: setting(
    'BOOTSTRAP_S3_BUCKET',
    undefined,
    text,
    'bucket of the archive of another registry, with which a new one begins; it is only read; unset: none',
  ),
  bootstrapPrefix: setting('BOOTSTRAP_S3_PREFIX', '', prefix, 'as S3_PREFIX'),
  bootstrapEndpoint: setting('BOOTSTRAP_S3_ENDPOINT', undefined, url('http:', 'https:'), 'as S3_ENDPOINT'),
  bootstrapRegion: setting('BOOTSTRAP_S3_REGION', 'us-east-1', text, 'as S3_REGION'),
  isBootstrapPathStyle: setting('BOOTSTRAP_S3_PATH_STYLE', 'false', flag, 'as S3_PATH_STYLE'),
  bootstrapAccessKeyId: setting('BOOTSTRAP_S3_ACCESS_KEY_ID', undefined, text, 'as S3_ACCESS_KEY_ID', true),
  bootstrapSecretAccessKey: setting(
    'BOOTSTRAP_S3_SECRET_ACCESS_KEY',
    undefined,
    text,
    'as S3_SECRET_ACCESS_KEY',
    true,
  ),
  bootstrapAt: setting(
    'BOOTSTRAP_AT',
    undefined,
    text,
    'a snapshot of that archive, by its name or a time in ISO 8601; unset: what it has now',
  ),
  isBootstrapPartial: setting(
    'BOOTSTRAP_PARTIAL',
    'false',
    flag,
    'whether what is missing or damaged in that archive is done without',
  ),
  registryName: setting(
    'REGISTRY_NAME',
    undefined,
    text,
    'what the registry is called, by which it knows its archive again, such as team-a/registry',
  ),
  identityFile: setting(
    'REGISTRY_IDENTITY_FILE',
    undefined,
    text,
    'which database the registry had, in JSON: another one is not served; the operator writes it, and beside DATA_FOLDER the server does; unset: nobody knows',
  ),
  authKeysFile: setting(
    'AUTH_KEYS_FILE',
    undefined,
    text,
    'API keys in YAML or JSON, a list of {name, role, key}; read again when it changes; unset: none are asked for',
  ),
  apiKeyHeader: setting('API_KEY_HEADER', 'X-API-Key', headerName, 'header that may carry an API key'),
  jwtSecretFile: setting(
    'JWT_SECRET_FILE',
    undefined,
    text,
    'secret that tokens are signed with (HS256, HS384, HS512); read again when it changes',
  ),
  jwtJwksUrl: setting(
    'JWT_JWKS_URL',
    undefined,
    url('http:', 'https:'),
    'keys of an identity provider that signs tokens, instead of JWT_SECRET_FILE',
  ),
  jwtIssuer: setting('JWT_ISSUER', undefined, text, 'what the claim iss of a token must be; unset: anything'),
  jwtAudience: setting(
    'JWT_AUDIENCE',
    undefined,
    text,
    'what the claim aud must be or hold; unset: anything',
  ),
  jwtRoleClaim: setting(
    'JWT_ROLE_CLAIM',
    'role',
    text,
    'claim that names reader, writer or admin, as a word or in a list',
  ),
  maxSchemaBytes: setting('MAX_SCHEMA_SIZE', '1048576', whole(1, 1 << 28), 'bytes of one schema at most'),
  requestTimeoutSeconds: setting('REQUEST_TIMEOUT', '30', whole(1, 3600), 'seconds that a request may take'),
  shutdownTimeoutSeconds: setting(
    'GRACEFUL_SHUTDOWN_TIMEOUT',
    '10',
    whole(0, 3600),
    'seconds from SIGTERM to the end; the first third still takes new requests',
  ),
  tracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    undefined,
    url('http:', 'https:'),
    'collector that takes traces by OTLP over HTTP, such as http://otel-collector:4318; unset: none are kept',
  ),
  tracesSampler: setting(
    'OTEL_TRACES_SAMPLER',
    'parentbased_always_on',
    oneOf(...samplerNames),
    'which requests are traced, where the caller does not decide',
  ),
  tracesRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    '1',
    ratio,
    'what part of them, for parentbased_traceidratio, such as 0.01',
  ),
  serviceName: setting('OTEL_SERVICE_NAME', 'llm-schema-registry', text, 'what the traces call the server'),
  resourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    '',
    attributes,
    'what else they say of it: name=value, with commas between',
  ),
  podName: setting('POD_NAME', undefined, text, 'its pod, for the traces'),
  logLevel: setting('LOG_LEVEL', 'info', oneOf('trace', 'debug', 'info', 'warn', 'error'), 'what is logged'),
  logFormat: setting('LOG_FORMAT', 'json', oneOf('json', 'text'), 'how it is logged'),
  defaultCompatibility: setting(
    'DEFAULT_COMPATIBILITY',
    'BACKWARD',
    level,
    'compatibility level where none is configured',
  ),
  maxClients: setting(
    'MAX_CONNECTIONS',
    '4096',
    whole(1, 1_000_000),
    'connections to the API at once, in each worker; a quarter of it to gRPC, each with up to 250 calls',
  ),
  validateNewSchemas: setting(
    'VALIDATE_NEW_SCHEMAS',
    'true',
    flag,
    'whether names and defaults of new Avro schemas are looked at where no config says so',
  ),
} as const;

/** The contract with the operator: every variable that the server reads. */
export const settingsTable: readonly Setting<unknown>[] = Object.values(table);

export type ServerSettings = {
  readonly [key in keyof typeof table]: ReturnType<(typeof table)[key]['parse']>;
};

/** One or more variables are wrong; the message names them all. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';
}

/** An empty variable counts as unset. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): ServerSettings {
  const settings: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [key, { name, default: defaultText, parse, isSecret }] of Object.entries(table)) {
    const given = environment[name] || defaultText;
    if (given === undefined) continue;
    try {
      settings[key] = parse(given);
    } catch (error) {
      wrong.push(`${name}: ${isSecret ? 'the value' : `"${given}"`} ${(error as Error).message}`);
    }
  }
  // What runs in this process has room for one.
  if (environment.WORKERS === 'auto' && !hasDatabase(settings as ServerSettings)) settings.workers = 1;
  const read = settings as ServerSettings;
  if (wrong.length === 0 && read.minConnections > read.maxConnections) {
    wrong.push(
      `DATABASE_MIN_CONNECTIONS: "${read.minConnections}" is more than DATABASE_MAX_CONNECTIONS, which is ${read.maxConnections}`,
    );
  }
  if ((read.tlsCertFile === undefined) !== (read.tlsKeyFile === undefined)) {
    wrong.push('TLS_CERT_FILE and TLS_KEY_FILE: set both, or neither');
  }
  if ((read.s3AccessKeyId === undefined) !== (read.s3SecretAccessKey === undefined)) {
    wrong.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY: set both, or neither');
  }
  if ((read.bootstrapAccessKeyId === undefined) !== (read.bootstrapSecretAccessKey === undefined)) {
    wrong.push('BOOTSTRAP_S3_ACCESS_KEY_ID and BOOTSTRAP_S3_SECRET_ACCESS_KEY: set both, or neither');
  }
  if (
    read.bootstrapBucket !== undefined &&
    read.bootstrapBucket === read.s3Bucket &&
    read.bootstrapPrefix === read.s3Prefix &&
    read.bootstrapEndpoint === read.s3Endpoint
  ) {
    wrong.push(
      "BOOTSTRAP_S3_BUCKET and BOOTSTRAP_S3_PREFIX: name the registry's own archive, by which it comes back as S3_RESTORE says; name the archive of another registry, or none",
    );
  }
  if (read.databaseUrl !== undefined && read.databaseHost !== undefined) {
    wrong.push('DATABASE_URL and DATABASE_HOST: set one of them');
  }
  if (
    read.databaseHost !== undefined &&
    (read.databaseName === undefined || read.databaseUser === undefined)
  ) {
    wrong.push('DATABASE_HOST: needs DATABASE_NAME and DATABASE_USER');
  }
  if (read.redisUrl !== undefined && read.redisNodes !== undefined) {
    wrong.push('REDIS_URL and REDIS_NODES: set one of them');
  }
  if (read.isRedisCluster && read.redisSentinelMaster !== undefined) {
    wrong.push('REDIS_CLUSTER and REDIS_SENTINEL_MASTER: the nodes are either');
  }
  if (read.jwtSecretFile !== undefined && read.jwtJwksUrl !== undefined) {
    wrong.push('JWT_SECRET_FILE and JWT_JWKS_URL: set one of them');
  }
  // An identity provider signs tokens for others too.
  if (read.jwtJwksUrl !== undefined && (read.jwtIssuer === undefined || read.jwtAudience === undefined)) {
    wrong.push('JWT_JWKS_URL: needs JWT_ISSUER and JWT_AUDIENCE');
  }
  if (wrong.length === 0 && read.workers > 1) {
    if (!hasDatabase(read)) {
      wrong.push(
        `WORKERS: "${read.workers}" needs DATABASE_URL: the PostgreSQL in this process can be used by one worker`,
      );
    } else if (read.maxConnections < read.workers) {
      wrong.push(
        `WORKERS: "${read.workers}" is more than DATABASE_MAX_CONNECTIONS, which is ${read.maxConnections}; the workers share them`,
      );
    }
  }
  if (wrong.length > 0) throw new BadSettings(wrong.join('\n'));
  return read;
}

/** Whether a PostgreSQL outside this process is named. */
export function hasDatabase({ databaseUrl, databaseHost }: ServerSettings): boolean {
  return databaseUrl !== undefined || databaseHost !== undefined;
}
