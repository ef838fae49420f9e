import type { Registry } from '../spec.ts';
import { type Child, meta, names } from './child.ts';

/** What the server reads from its environment and may be seen by anyone. */
export const configMap: Child = (registry) => ({
  ...meta(registry, 'ConfigMap', 'server', names(registry).config),
  data: serverConfig(registry),
});

/** The names are those of registry-server/settings.ts; test/contract holds the two in step. */
export function serverConfig({ config, database }: Registry): Record<string, string> {
  return {
    SERVER_HOST: '0.0.0.0',
    SERVER_PORT: String(ports.http),
    METRICS_PORT: String(ports.metrics),
    DATABASE_MIN_CONNECTIONS: String(database.pool.min),
    DATABASE_MAX_CONNECTIONS: String(database.pool.max),
    DATABASE_ACQUIRE_TIMEOUT: String(database.pool.acquireTimeoutSeconds),
    REDIS_TIMEOUT: '5',
    CACHE_TTL: String(config.cacheTtlSeconds),
    CACHE_MAX_SIZE: String(config.cacheMaxEntries),
    MAX_SCHEMA_SIZE: String(config.maxSchemaBytes),
    REQUEST_TIMEOUT: String(config.requestTimeoutSeconds),
    GRACEFUL_SHUTDOWN_TIMEOUT: String(config.shutdownTimeoutSeconds),
    DEFAULT_COMPATIBILITY: config.defaultCompatibility,
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat,
    ENABLE_METRICS: 'true',
  };
}

export const ports = { http: 8080, metrics: 9091, postgres: 5432, redis: 6379 };
