import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  Registry as MetricRegistry,
  type MetricValue,
} from 'prom-client';
import type { RefusalReason } from './authentication/outcome.ts';
import type { PoolUsage } from './store/database.ts';
import type { SpanOutcome } from './tracer.ts';
import { version } from './version.ts';

export type CacheLevel = 'memory' | 'redis';

/** What the server counts about itself. */
export interface Metrics {
  request(route: string, method: string, status: number, seconds: number): void;
  grpcRequest(method: string, code: string, seconds: number): void;
  registration(outcome: 'added' | 'existing' | 'incompatible' | 'invalid' | 'refused'): void;
  compatibilityCheck(isCompatible: boolean): void;
  cacheRead(level: CacheLevel, isHit: boolean): void;
  authenticationFailed(reason: RefusalReason): void;
  redisFailed(): void;
  archiveShipped(seconds: number): void;
  archiveFailed(): void;
  spans(outcome: SpanOutcome, count: number): void;
  readonly contentType: string;
  write(): Promise<string>;
  /** The same as values, for a sum. */
  measure(): Promise<Measured>;
}

/** What one process counted. */
export type Measured = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The sum over workers. */
export interface WorkerMetrics extends Pick<Metrics, 'contentType' | 'write'> {
  /** What a worker counted that is gone now: its part of the sums stays. */
  keep(measured: Measured): void;
  restarted(): void;
}

/** What the archive has yet to ship. */
export interface Backlog {
  readonly status: 'up' | 'down' | 'unknown';
  readonly pending: number;
  readonly lagSeconds: number;
}

const prefix = 'schema_registry_';
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function openMetrics(
  poolUsage: () => PoolUsage,
  isFeedAlive: () => boolean,
  backlog?: () => Backlog,
): Metrics {
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
    buckets: requestBuckets,
    registers,
  });
  const grpcRequests = new Counter({
    name: `${prefix}grpc_requests_total`,
    help: 'gRPC calls, by method and status code',
    labelNames: ['method', 'code'],
    registers,
  });
  const grpcDurations = new Histogram({
    name: `${prefix}grpc_request_duration_seconds`,
    help: 'Time from the message of a gRPC call to the end of its answer',
    labelNames: ['method', 'code'],
    buckets: requestBuckets,
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
  const refusals = new Counter({
    name: `${prefix}authentication_failures_total`,
    help: 'Requests without credentials that hold, by what is wrong with them',
    labelNames: ['reason'],
    registers,
  });
  const redisErrors = new Counter({
    name: `${prefix}redis_errors_total`,
    help: 'Redis did not answer, or not in time',
    registers,
  });
  // Its count is that of the objects.
  const s3Durations = new Histogram({
    name: `${prefix}s3_request_duration_seconds`,
    help: 'Time to write an object of the archive, or to remove it',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const s3Errors = new Counter({
    name: `${prefix}s3_errors_total`,
    help: 'The archive could not be written to, or not be reached',
    registers,
  });
  const spans = new Counter({
    name: `${prefix}trace_spans_total`,
    help: 'Spans of traces, by whether the collector took them',
    labelNames: ['outcome'],
    registers,
  });
  if (backlog) {
    const gauges: readonly [string, string, 'min' | 'max', (backlog: Backlog) => number][] = [
      ['s3_up', '1 while the archive can be reached', 'min', ({ status }) => (status === 'down' ? 0 : 1)],
      ['s3_outbox_rows', 'Changes that are not in the archive yet', 'max', ({ pending }) => pending],
      ['s3_lag_seconds', 'Age of the oldest of them', 'max', ({ lagSeconds }) => lagSeconds],
    ];
    for (const [name, help, aggregator, read] of gauges) {
      new Gauge({
        name: prefix + name,
        help,
        aggregator,
        registers,
        collect() {
          this.set(read(backlog()));
        },
      });
    }
  }
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
    aggregator: 'min',
    registers,
    collect() {
      this.set(isFeedAlive() ? 1 : 0);
    },
  });
  new Gauge({
    name: `${prefix}build_info`,
    help: 'The version that runs',
    aggregator: 'first',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);

  return {
    request(route, method, status, seconds) {
      requests.inc({ route, method, status });
      durations.observe({ route, method }, seconds);
    },
    grpcRequest(method, code, seconds) {
      grpcRequests.inc({ method, code });
      grpcDurations.observe({ method, code }, seconds);
    },
    registration: (outcome) => registrations.inc({ outcome }),
    compatibilityCheck: (isCompatible) =>
      checks.inc({ result: isCompatible ? 'compatible' : 'incompatible' }),
    cacheRead: (level, isHit) => cacheReads.inc({ level, result: isHit ? 'hit' : 'miss' }),
    authenticationFailed: (reason) => refusals.inc({ reason }),
    redisFailed: () => redisErrors.inc(),
    archiveShipped: (seconds) => s3Durations.observe(seconds),
    archiveFailed: () => s3Errors.inc(),
    spans: (outcome, count) => spans.inc({ outcome }, count),
    contentType: registry.contentType,
    write: () => registry.metrics(),
    measure: async () => (await registry.getMetricsAsJSON()) as Measured,
  };
}

/**
 * Counters and histograms of workers that died go on counting: a sum that fell would look like a restart of all, and
 * what the others had counted like new.
 */
export function openWorkerMetrics(
  workers: () => { readonly alive: number; readonly wanted: number },
  askAll: () => Promise<readonly Measured[]>,
): WorkerMetrics {
  const own = new MetricRegistry();
  const registers = [own];
  new Gauge({
    name: `${prefix}workers`,
    help: 'Worker processes',
    labelNames: ['state'],
    registers,
    collect() {
      const { alive, wanted } = workers();
      this.set({ state: 'alive' }, alive);
      this.set({ state: 'wanted' }, wanted);
    },
  });
  const restarts = new Counter({
    name: `${prefix}worker_restarts_total`,
    help: 'Workers that died and were replaced',
    registers,
  });
  // One sum of all that are gone, however many they were.
  let gone: Measured = [];
  let keeping: Promise<void> = Promise.resolve();

  return {
    contentType: own.contentType,
    async write() {
      const alive = await askAll();
      await keeping;
      return (await own.metrics()) + (await sumOf([...alive, gone]).metrics());
    },
    keep(measured) {
      const counted = measured.filter(({ type }) => String(type) !== 'gauge');
      keeping = keeping.then(async () => {
        gone = (await sumOf([gone, counted]).getMetricsAsJSON()) as Measured;
      });
    },
    restarted: () => restarts.inc(),
  };
}

function sumOf(all: readonly Measured[]) {
  return AggregatorRegistry.aggregate(all.map((measured) => [...measured]));
}

/** What a worker sent; nothing where it is no list of metrics. */
export function readMeasured(sent: unknown): Measured {
  const isMetric = (one: unknown) => {
    const { name, help, type, values } = (one ?? {}) as Record<string, unknown>;
    return [name, help, type].every((text) => typeof text === 'string') && Array.isArray(values);
  };
  return Array.isArray(sent) && sent.every(isMetric) ? (sent as Measured) : [];
}
