import { type CompatibilityLevel, compatibilityLevels } from './compatibility/modes.ts';

/** One environment variable. `parse` throws with what would be right. */
interface Setting<T> {
  readonly name: string;
  readonly default: string | undefined;
  readonly parse: (text: string) => T;
  readonly description: string;
  /** Never shown, not even when it is wrong. */
  readonly isSecret?: boolean;
}

function setting<T, D extends string | undefined>(
  name: string,
  defaultText: D,
  parse: (text: string) => T,
  description: string,
  isSecret?: boolean,
): Setting<D extends string ? T : T | undefined> {
  return { name, default: defaultText, parse, description, isSecret } as Setting<
    D extends string ? T : T | undefined
  >;
}

const table = {
  host: setting('SERVER_HOST', '0.0.0.0', text, 'address to listen on'),
  port: setting('SERVER_PORT', '8080', port, 'port of the REST API'),
  metricsPort: setting('METRICS_PORT', '9091', port, 'port of /metrics'),
  isMetricsEnabled: setting('ENABLE_METRICS', 'true', flag, 'serve /metrics'),
  databaseUrl: setting(
    'DATABASE_URL',
    undefined,
    url('postgres:', 'postgresql:'),
    'PostgreSQL; unset: a PostgreSQL in this process',
    true,
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
    'seconds that a request waits for a connection',
  ),
  redisUrl: setting(
    'REDIS_URL',
    undefined,
    url('redis:', 'rediss:'),
    'Redis as second cache level; unset: none',
    true,
  ),
  redisTimeoutSeconds: setting('REDIS_TIMEOUT', '5', whole(1, 3600), 'seconds that Redis may take'),
  cacheTtlSeconds: setting('CACHE_TTL', '3600', whole(1, 31_536_000), 'seconds that Redis keeps a schema'),
  cacheMaxEntries: setting('CACHE_MAX_SIZE', '50000', whole(1, 100_000_000), 'schemas kept in memory'),
  maxSchemaBytes: setting('MAX_SCHEMA_SIZE', '1048576', whole(1, 1 << 28), 'bytes of one schema at most'),
  requestTimeoutSeconds: setting('REQUEST_TIMEOUT', '30', whole(1, 3600), 'seconds that a request may take'),
  shutdownTimeoutSeconds: setting(
    'GRACEFUL_SHUTDOWN_TIMEOUT',
    '10',
    whole(0, 3600),
    'seconds from SIGTERM to the end; the first third still takes new requests',
  ),
  logLevel: setting('LOG_LEVEL', 'info', oneOf('trace', 'debug', 'info', 'warn', 'error'), 'what is logged'),
  logFormat: setting('LOG_FORMAT', 'json', oneOf('json', 'text'), 'how it is logged'),
  defaultCompatibility: setting(
    'DEFAULT_COMPATIBILITY',
    'BACKWARD',
    level,
    'compatibility level where none is configured',
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
  const read = settings as ServerSettings;
  if (wrong.length === 0 && read.minConnections > read.maxConnections) {
    wrong.push(
      `DATABASE_MIN_CONNECTIONS: "${read.minConnections}" is more than DATABASE_MAX_CONNECTIONS, which is ${read.maxConnections}`,
    );
  }
  if (wrong.length > 0) throw new BadSettings(wrong.join('\n'));
  return read;
}

function text(given: string): string {
  return given;
}

function whole(least: number, most: number) {
  return (given: string): number => {
    const number = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new Error(`is not a whole number from ${least} to ${most}`);
  };
}

// 0 lets the system choose one, for tests.
function port(given: string): number {
  return whole(0, 65_535)(given);
}

function flag(given: string): boolean {
  if (given === 'true' || given === 'false') return given === 'true';
  throw new Error('is neither true nor false');
}

function oneOf<T extends string>(...allowed: readonly T[]) {
  return (given: string): T => {
    const found = allowed.find((value) => value === given);
    if (found === undefined) throw new Error(`is none of ${allowed.join(', ')}`);
    return found;
  };
}

function level(given: string): CompatibilityLevel {
  return oneOf(...compatibilityLevels)(given.toUpperCase());
}

function url(...schemes: readonly string[]) {
  return (given: string): string => {
    const parsed = URL.parse(given);
    if (!parsed || !schemes.includes(parsed.protocol)) {
      throw new Error(
        `is not a URL like ${schemes[0]}//user:password@host:port/…; characters such as @ / # in a password are percent-encoded`,
      );
    }
    return given;
  };
}
