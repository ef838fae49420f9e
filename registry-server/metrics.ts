import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry as MetricRegistry } from 'prom-client';
import type { PoolUsage } from './store/database.ts';
import { version } from './version.ts';

export type CacheLevel = 'memory' | 'redis';

/** What the server counts about itself. */
export interface Metrics {
  request(route: string, method: string, status: number, seconds: number): void;
  registration(outcome: 'added' | 'existing' | 'incompatible' | 'invalid' | 'refused'): void;
  compatibilityCheck(isCompatible: boolean): void;
  cacheRead(level: CacheLevel, isHit: boolean): void;
  redisFailed(): void;
  readonly contentType: string;
  write(): Promise<string>;
}

const prefix = 'schema_registry_';

export function openMetrics(poolUsage: () => PoolUsage, isFeedAlive: () => boolean): Metrics {
  const registry = new MetricRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix });

  const requests = new Counter({
    name: `${prefix}http_requests_total`,
    help: 'Requests, by route pattern, method and status',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: `${prefix}http_request_duration_seconds`,
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['route', 'method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const registrations = new Counter({
    name: `${prefix}registrations_total`,
    help: 'Schemas that clients asked to register',
    labelNames: ['outcome'],
    registers,
  });
  const checks = new Counter({
    name: `${prefix}compatibility_checks_total`,
    help: 'Compatibility checks, those of registrations too',
    labelNames: ['result'],
    registers,
  });
  const cacheReads = new Counter({
    name: `${prefix}cache_reads_total`,
    help: 'Reads of a cache level',
    labelNames: ['level', 'result'],
    registers,
  });
  const redisErrors = new Counter({
    name: `${prefix}redis_errors_total`,
    help: 'Redis did not answer, or not in time',
    registers,
  });
  new Gauge({
    name: `${prefix}db_connections`,
    help: 'Connections of the database pool',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle, waiting, max } = poolUsage();
      this.set({ state: 'open' }, open);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'max' }, max);
    },
  });
  new Gauge({
    name: `${prefix}change_feed_up`,
    help: '1 while changes by other replicas are heard',
    registers,
    collect() {
      this.set(isFeedAlive() ? 1 : 0);
    },
  });
  new Gauge({
    name: `${prefix}build_info`,
    help: 'The version that runs',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);

  return {
    request(route, method, status, seconds) {
      requests.inc({ route, method, status });
      durations.observe({ route, method }, seconds);
    },
    registration: (outcome) => registrations.inc({ outcome }),
    compatibilityCheck: (isCompatible) =>
      checks.inc({ result: isCompatible ? 'compatible' : 'incompatible' }),
    cacheRead: (level, isHit) => cacheReads.inc({ level, result: isHit ? 'hit' : 'miss' }),
    redisFailed: () => redisErrors.inc(),
    contentType: registry.contentType,
    write: () => registry.metrics(),
  };
}
