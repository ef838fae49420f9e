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
import type { RefusalReason } from '../authentication/outcome.ts';
import type { ThreadUsage } from '../services/schema-threads.ts';
import type { CacheUsage } from '../store/cached.ts';
import type { OutReason, PoolUsage } from '../store/database.ts';
import type { Holdings } from '../store/store.ts';
import type { SpanOutcome } from '../tracing/tracer.ts';
import { version } from '../version.ts';

export type CacheLevel = 'memory' | 'redis';

/** What the server counts about itself. */
export interface Metrics {
  request(route: string, method: string, status: number, seconds: number): void;
  grpcRequest(method: string, code: string, seconds: number): void;
  registration(outcome: 'added' | 'existing' | 'incompatible' | 'invalid' | 'refused'): void;
  compatibilityCheck(isCompatible: boolean): void;
  /** @param type one of the schema types, never what a client made up */
  validation(type: string, isValid: boolean): void;
  cacheRead(level: CacheLevel, isHit: boolean): void;
  authenticationFailed(reason: RefusalReason): void;
  databaseAnswered(statement: string, seconds: number): void;
  databaseFailed(reason: OutReason): void;
  connectionWaitedFor(seconds: number): void;
  redisAnswered(seconds: number): void;
  redisFailed(): void;
  archiveShipped(seconds: number): void;
  archiveFailed(): void;
  spans(outcome: SpanOutcome, count: number): void;
  readonly contentType: string;
  write(): Promise<string>;
  /** The same as values, for a sum. */
  measure(): Promise<Measured>;
  /** All that there are, also while they have no value yet. */
  list(): readonly MetricFacts[];
}

/** What a page about metrics says of one. */
export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** What is asked when somebody looks. None of it may take long. */
export interface MetricSources {
  readonly poolUsage: () => PoolUsage;
  readonly isFeedAlive: () => boolean;
  readonly cacheUsage?: () => readonly CacheUsage[];
  readonly threadUsage?: () => ThreadUsage;
  /** As they were last counted; undefined before that. */
  readonly holdings?: () => Holdings | undefined;
  /** There where an archive is. */
  readonly backlog?: (() => Backlog) | undefined;
}

/** What one process counted. */
export type Measured = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The sum over workers. */
export interface WorkerMetrics extends Pick<Metrics, 'contentType' | 'write' | 'list'> {
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
const statementBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export function openMetrics({
  poolUsage,
  isFeedAlive,
  cacheUsage = () => [],
  threadUsage = () => ({ busy: 0, idle: 0, waiting: 0 }),
  holdings = () => undefined,
  backlog,
}: MetricSources): Metrics {
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
  const validations = new Counter({
    name: `${prefix}validations_total`,
    help: 'Schemas of clients that were looked at for faults: those to be registered, and those to be checked',
    labelNames: ['type', 'result'],
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
    help: 'Requests refused for their credentials, by what is wrong with them',
    labelNames: ['reason'],
    registers,
  });
  const statements = new Histogram({
    name: `${prefix}db_statement_duration_seconds`,
    help: 'Time of a statement of the database, with the wait for a connection where it is no part of a transaction',
    labelNames: ['statement'],
    buckets: statementBuckets,
    registers,
  });
  const connectionWaits = new Histogram({
    name: `${prefix}db_connection_wait_seconds`,
    help: 'Time until the pool gave a connection',
    buckets: statementBuckets,
    registers,
  });
  const databaseErrors = new Counter({
    name: `${prefix}db_errors_total`,
    help: 'The database could not be asked, or broke off; by reason, as the condition DatabaseReady names it',
    labelNames: ['reason'],
    registers,
  });
  const redisDurations = new Histogram({
    name: `${prefix}redis_request_duration_seconds`,
    help: 'Time to read from Redis',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
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
      [
        's3_lag_seconds',
        'Age of the oldest change that is not in the archive yet',
        'max',
        ({ lagSeconds }) => lagSeconds,
      ],
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
  const caches: readonly [string, string, (usage: CacheUsage) => number][] = [
    ['cache_entries', 'Entries that each cache in memory holds', ({ entries }) => entries],
    ['cache_size_bytes', 'Bytes that each cache in memory holds, estimated', ({ bytes }) => bytes],
  ];
  for (const [name, help, read] of caches) {
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ['cache'],
      registers,
      collect() {
        for (const usage of cacheUsage()) this.set({ cache: usage.cache }, read(usage));
      },
    });
  }
  new Gauge({
    name: `${prefix}schema_threads`,
    help: 'Threads for schemas that are large or intricate',
    labelNames: ['state'],
    registers,
    collect() {
      const { busy, idle } = threadUsage();
      this.set({ state: 'busy' }, busy);
      this.set({ state: 'idle' }, idle);
    },
  });
  new Gauge({
    name: `${prefix}schema_jobs_waiting`,
    help: 'Schemas that wait for a thread',
    registers,
    collect() {
      this.set(threadUsage().waiting);
    },
  });
  // Every replica and every worker counts the same rows: the largest is the newest, not their sum.
  const held: readonly [string, string, readonly string[], (holdings: Holdings) => readonly HeldValue[]][] = [
    [
      'subjects',
      'Subjects; deleted ones have soft-deleted versions only',
      ['state'],
      ({ subjects }) => byState(subjects),
    ],
    [
      'schemas',
      'Schemas by type, each counted once however many versions hold it',
      ['type'],
      ({ types }) => types.map(({ type, schemas }) => [{ type }, schemas]),
    ],
    [
      'versions',
      'Versions of subjects, by the type of their schema; deleted ones are soft-deleted',
      ['type', 'state'],
      ({ types }) => types.flatMap(({ type, versions }) => byState(versions, { type })),
    ],
  ];
  for (const [name, help, labelNames, read] of held) {
    new Gauge({
      name: prefix + name,
      help,
      aggregator: 'max',
      labelNames,
      registers,
      collect() {
        const counted = holdings();
        // A type of which the last schema is gone.
        this.reset();
        for (const [labels, value] of counted ? read(counted) : []) this.set(labels, value);
      },
    });
  }
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
    validation: (type, isValid) => validations.inc({ type, result: isValid ? 'valid' : 'invalid' }),
    cacheRead: (level, isHit) => cacheReads.inc({ level, result: isHit ? 'hit' : 'miss' }),
    authenticationFailed: (reason) => refusals.inc({ reason }),
    databaseAnswered: (name, seconds) => statements.observe({ statement: name }, seconds),
    databaseFailed: (reason) => databaseErrors.inc({ reason }),
    connectionWaitedFor: (seconds) => connectionWaits.observe(seconds),
    redisAnswered: (seconds) => redisDurations.observe(seconds),
    redisFailed: () => redisErrors.inc(),
    archiveShipped: (seconds) => s3Durations.observe(seconds),
    archiveFailed: () => s3Errors.inc(),
    spans: (outcome, count) => spans.inc({ outcome }, count),
    contentType: registry.contentType,
    write: () => registry.metrics(),
    measure: async () => (await registry.getMetricsAsJSON()) as Measured,
    list: () => factsOf(registry),
  };
}

type HeldValue = readonly [Readonly<Record<string, string>>, number];

function byState(
  { live, deleted }: { readonly live: number; readonly deleted: number },
  labels: Readonly<Record<string, string>> = {},
): readonly HeldValue[] {
  return [
    [{ ...labels, state: 'live' }, live],
    [{ ...labels, state: 'deleted' }, deleted],
  ];
}

/** The library's types know nothing of the names of the labels. */
function factsOf(registry: MetricRegistry): readonly MetricFacts[] {
  return (registry.getMetricsAsArray() as unknown as readonly MetricFacts[]).map(
    ({ name, type, help, labelNames }) => ({ name, type: String(type), help, labelNames }),
  );
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
    list: () => factsOf(own),
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
