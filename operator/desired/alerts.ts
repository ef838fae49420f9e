import type { Observed } from '../observed.ts';
import { parseNanos } from '../quantity.ts';
import type { Registry } from '../registry.ts';
import { overdueSeconds, snapshotOverdueSeconds } from '../schedule.ts';
import { objectives } from './recording-rules.ts';
import { type Expressions, expressions, reads, writes } from './series.ts';
import { serviceMonitor } from './service-monitor.ts';

/**
 * Critical: clients are failing now, or soon will. Warning: somebody should look today. Info: a client does something that
 * its owner may want to know.
 */
export type Severity = 'critical' | 'warning' | 'info';

/** A row of the table. Each has its page in docs/runbooks, of the same name. */
export interface Alert {
  readonly severity: Severity;
  /** How long the expression has to hold before the alert fires. */
  readonly for: string;
  readonly summary: string;
  /** The expression; undefined where this registry has nothing that could be wrong so. */
  readonly expr: (ask: Asked) => string | undefined;
}

interface Asked extends Expressions {
  readonly registry: Registry;
  readonly observed: Observed;
}

/** A rate of 14.4 spends a fiftieth of the budget of 30 days in an hour, and a rate of 6 a twentieth in six. */
const burns = (part: string, rate: number, budget: number, long: string, short: string, ask: Asked) => {
  const most = Number((rate * budget).toPrecision(6));
  return [long, short]
    .map((window) => `${ask.recorded(`${part}:ratio_rate${window}`)} > ${most}`)
    .join(' and ');
};
const errorBudget = 1 - objectives.availability;
const slowBudget = 1 - objectives.quickReads;
/** Where there are few requests, a few that fail say nothing of a rate. */
const someFailed = (window: '1h' | '6h', seconds: number, { recorded }: Asked) =>
  ` and ${recorded(`failed_requests:rate${window}`)} * ${seconds} > 5`;

/** With fewer reads than this, the slow ones of a start would decide. */
const BUSY_READS_PER_SECOND = 10;
/** A percentile of fewer requests speaks of one of them, and not of the registry. */
const MEASURED_PER_SECOND = 0.1;
const measured = ({ sum }: Asked, histogram: string, more = '') =>
  ` and on () ${sum(`${histogram}_count`, more)} > ${MEASURED_PER_SECOND}`;
const MEMORY_SHARE = 0.9;

export const alerts = {
  SchemaRegistryDown: {
    severity: 'critical',
    for: '2m',
    summary: 'no server pod answers',
    expr: ({ of, ...asked }) => (isCollected(asked) ? `absent(up${of()} == 1)` : undefined),
  },
  SchemaRegistryPodsMissing: {
    severity: 'warning',
    for: '15m',
    summary: 'fewer server pods answer than the spec asks for',
    // Of one pod that is not there SchemaRegistryDown tells.
    expr: ({ of, ...asked }) =>
      isCollected(asked) && leastPods(asked.registry) > 1
        ? `count(up${of()} == 1) < ${leastPods(asked.registry)}`
        : undefined,
  },
  SchemaRegistryRestarts: {
    severity: 'warning',
    for: '0m',
    summary: 'server processes end again and again',
    // The sum over workers has no time of a start.
    expr: ({ gauge, registry }) =>
      registry.config.workers > 1
        ? `max(increase(${gauge('worker_restarts_total')}[30m])) > 2`
        : `max(changes(${gauge('process_start_time_seconds')}[30m])) > 2`,
  },

  SchemaRegistryErrors: {
    severity: 'critical',
    for: '5m',
    summary: 'more than 5 % of the requests fail',
    expr: ({ recorded }) => `${recorded('failed_requests:ratio_rate5m')} > 0.05`,
  },
  SchemaRegistryErrorBudgetBurnsFast: {
    severity: 'critical',
    for: '2m',
    summary: 'so many requests fail that the errors allowed for 30 days are used up within two days',
    expr: (ask) =>
      burns('failed_requests', 14.4, errorBudget, '1h', '5m', ask) + someFailed('1h', 3_600, ask),
  },
  SchemaRegistryErrorBudgetBurns: {
    severity: 'warning',
    for: '15m',
    summary: 'so many requests fail that the errors allowed for 30 days are used up within five days',
    expr: (ask) => burns('failed_requests', 6, errorBudget, '6h', '30m', ask) + someFailed('6h', 21_600, ask),
  },
  SchemaRegistrySlow: {
    severity: 'warning',
    for: '10m',
    summary: 'one read in twenty takes longer than 10 ms',
    expr: (ask) =>
      `${ask.recorded('read_duration_seconds:p95_5m')} > ${objectives.readSeconds}${measured(ask, 'http_request_duration_seconds', reads)}`,
  },
  SchemaRegistryLatencyBudgetBurns: {
    severity: 'warning',
    for: '15m',
    summary: 'so many reads are slow that those allowed for 30 days are used up within five days',
    expr: (ask) =>
      `${burns('slow_reads', 6, slowBudget, '6h', '30m', ask)} and ${ask.recorded('slow_reads:rate6h')} * 21600 > 100`,
  },
  SchemaRegistryLatencyJumped: {
    severity: 'warning',
    for: '10m',
    summary: 'reads take more than twice as long as an hour ago',
    // Below two milliseconds nobody notices.
    expr: (ask) => {
      const now = ask.recorded('read_duration_seconds:p95_5m');
      return `${now} > 2 * ${now} offset 1h and ${now} > 0.002${measured(ask, 'http_request_duration_seconds', reads)}`;
    },
  },
  SchemaRegistryWritesSlow: {
    severity: 'warning',
    for: '10m',
    summary: 'one registration in twenty takes longer than 100 ms',
    expr: (ask) =>
      `${ask.recorded('write_duration_seconds:p95_5m')} > 0.1${measured(ask, 'http_request_duration_seconds', writes)}`,
  },

  SchemaRegistryDatabasePoolBusy: {
    severity: 'warning',
    for: '5m',
    summary: 'a replica uses more than 90 % of its connections to the database; see spec.database.pool',
    expr: ({ recorded }) => `${recorded('db_connections:used_ratio')} > 0.9`,
  },
  SchemaRegistryDatabasePoolExhausted: {
    severity: 'critical',
    for: '2m',
    summary: 'requests wait for a connection to the database; see spec.database.pool',
    expr: ({ gauge, recorded }) =>
      `max(${gauge('db_connections', 'state="waiting"')}) > 0 and on () ${recorded('db_connections:used_ratio')} > 0.95`,
  },
  SchemaRegistryMemoryHigh: {
    severity: 'warning',
    for: '10m',
    summary: 'a server pod uses more than 90 % of the memory that it may use; see spec.resources',
    expr: ({ gauge, registry }) => {
      const limit = parseNanos(String(registry.resources.limits?.memory ?? ''));
      if (limit === undefined) return undefined;
      const most = Math.floor(Number(limit / 10n ** 9n) * MEMORY_SHARE);
      return `max(${gauge('process_resident_memory_bytes')}) > ${most}`;
    },
  },
  SchemaRegistryMemoryMisses: {
    severity: 'warning',
    for: '15m',
    summary: 'less than 70 % of what is read comes from memory; see spec.config.cacheMaxEntries',
    expr: ({ recorded, sum }) =>
      `${recorded('memory_hits:ratio_rate5m')} < 0.7 and on () ${sum('cache_reads_total', 'level="memory"')} > ${BUSY_READS_PER_SECOND}`,
  },
  SchemaRegistryMemoryUseless: {
    severity: 'warning',
    for: '5m',
    summary: 'less than half of what is read comes from memory, and the database answers the rest',
    expr: ({ recorded, sum }) =>
      `${recorded('memory_hits:ratio_rate5m')} < 0.5 and on () ${sum('cache_reads_total', 'level="memory"')} > ${BUSY_READS_PER_SECOND}`,
  },
  SchemaRegistryEventLoopHeldUp: {
    severity: 'warning',
    for: '10m',
    summary: 'requests wait for the processor in a server process',
    expr: ({ gauge }) => `max(${gauge('nodejs_eventloop_lag_p99_seconds')}) > 0.25`,
  },
  SchemaRegistryLargeSchemasWait: {
    severity: 'warning',
    for: '5m',
    summary: 'large schemas wait for a thread that parses or compares them',
    expr: ({ gauge }) => `max(${gauge('schema_jobs_waiting')}) > 10`,
  },

  SchemaRegistryDatabaseErrors: {
    severity: 'critical',
    for: '5m',
    summary: 'the database cannot be asked',
    expr: ({ sum }) => `${sum('db_errors_total')} > 0.1`,
  },
  SchemaRegistryDatabaseSlow: {
    severity: 'warning',
    for: '10m',
    summary: 'one statement in twenty takes the database longer than 50 ms',
    expr: (ask) =>
      `${ask.recorded('db_statement_duration_seconds:p95_5m')} > 0.05${measured(ask, 'db_statement_duration_seconds')}`,
  },
  SchemaRegistryDatabaseWaitsLong: {
    severity: 'warning',
    for: '5m',
    summary: 'one request in twenty waits longer than 100 ms for a connection to the database',
    expr: (ask) =>
      `${ask.quantile(0.95, 'db_connection_wait_seconds')} > 0.1${measured(ask, 'db_connection_wait_seconds')}`,
  },
  SchemaRegistryChangeFeedDown: {
    severity: 'warning',
    for: '5m',
    summary: 'a replica does not hear of changes by others, and asks the database each time',
    expr: ({ gauge }) => `min(${gauge('change_feed_up')}) == 0`,
  },
  SchemaRegistryVolumeAlmostFull: {
    severity: 'warning',
    for: '15m',
    summary: 'less than a tenth of the volume of PostgreSQL is free',
    expr: ({ gauge, registry }) =>
      registry.database.kind === 'managed'
        ? `min(${gauge('db_volume_bytes', 'state="free"')}) < 0.1 * max(${gauge('db_volume_bytes', 'state="size"')})`
        : undefined,
  },

  SchemaRegistryCacheUnavailable: {
    severity: 'warning',
    for: '10m',
    summary: 'Redis does not answer; answers are right, and slower',
    expr: ({ sum, registry }) =>
      registry.cache === undefined ? undefined : `${sum('redis_errors_total')} > 0`,
  },
  SchemaRegistryCacheSlow: {
    severity: 'warning',
    for: '10m',
    summary: 'one read in twenty takes Redis longer than 10 ms',
    expr: (ask) =>
      ask.registry.cache === undefined
        ? undefined
        : `${ask.quantile(0.95, 'redis_request_duration_seconds')} > 0.01${measured(ask, 'redis_request_duration_seconds')}`,
  },

  SchemaRegistryArchiveBehind: {
    severity: 'warning',
    for: '5m',
    summary: 'changes wait for longer than 15 minutes to be written to the bucket',
    expr: ({ gauge, registry }) =>
      registry.artifacts === undefined ? undefined : `max(${gauge('s3_lag_seconds')}) > 900`,
  },
  SchemaRegistryArchiveErrors: {
    severity: 'warning',
    for: '5m',
    summary: 'the bucket refuses what is written to it, or cannot be reached',
    // Tries come ten seconds apart at most: fewer are a moment, not a state.
    expr: ({ gauge, registry }) =>
      registry.artifacts === undefined ? undefined : `sum(increase(${gauge('s3_errors_total')}[15m])) > 10`,
  },
  SchemaRegistryArchiveSlow: {
    severity: 'warning',
    for: '15m',
    summary: 'one object in twenty takes longer than five seconds to be written to the bucket',
    expr: ({ quantile, registry }) =>
      registry.artifacts === undefined ? undefined : `${quantile(0.95, 's3_request_duration_seconds')} > 5`,
  },

  SchemaRegistrySnapshotFails: {
    severity: 'warning',
    for: '30m',
    summary: 'no snapshot can be taken',
    expr: ({ gauge, registry }) =>
      registry.artifacts?.snapshots === undefined ? undefined : `max(${gauge('s3_snapshot_failing')}) > 0`,
  },
  SchemaRegistrySnapshotOverdue: {
    severity: 'warning',
    for: '15m',
    summary: 'no snapshot was taken since the schedule was over twice',
    expr: ({ gauge, registry }) =>
      registry.artifacts?.snapshots === undefined
        ? undefined
        : `time() - max(${gauge('s3_snapshot_timestamp_seconds')}) > ${snapshotOverdueSeconds(registry.artifacts.snapshots.schedule)}`,
  },
  SchemaRegistryArchiveDiffers: {
    severity: 'critical',
    for: '1m',
    summary: 'a drill found that the archive is not what the registry is',
    expr: ({ gauge, registry }) =>
      registry.drill === undefined ? undefined : `max(${gauge('s3_drill_differences')}) > 0`,
  },
  SchemaRegistryDrillOverdue: {
    severity: 'warning',
    for: '1h',
    summary: 'no drill of the archive has ended since the schedule was over twice',
    expr: ({ gauge, registry }) =>
      registry.drill === undefined
        ? undefined
        : `time() - max(${gauge('s3_drill_end_timestamp_seconds')}) > ${overdueSeconds(registry.drill.schedule)}`,
  },

  SchemaRegistryInvalidSchemas: {
    severity: 'info',
    for: '15m',
    summary: 'more than 10 % of the schemas that clients send are faulty',
    expr: ({ sum }) =>
      `${sum('validations_total', 'result="invalid"')} / ${sum('validations_total')} > 0.1 and ${sum('validations_total')} > 0.1`,
  },
  SchemaRegistryIncompatibleSchemas: {
    severity: 'info',
    for: '15m',
    summary: 'more than 20 % of the compatibility checks fail',
    expr: ({ sum }) =>
      `${sum('compatibility_checks_total', 'result="incompatible"')} / ${sum('compatibility_checks_total')} > 0.2 and ${sum('compatibility_checks_total')} > 0.1`,
  },

  SchemaRegistryCredentialsRefused: {
    severity: 'warning',
    for: '5m',
    summary: 'more than one request a second comes with credentials that do not hold',
    // One without any is a question; the operator's own are, too.
    expr: ({ sum, registry }) =>
      registry.auth === undefined
        ? undefined
        : `${sum('authentication_failures_total', 'reason!="no-credentials"')} > 1`,
  },
  SchemaRegistryRoleMissing: {
    severity: 'warning',
    for: '5m',
    summary: 'more than one request a second asks for what its credentials do not allow',
    expr: ({ sum, registry }) =>
      registry.auth === undefined ? undefined : `${sum('http_requests_total', 'status="403"')} > 1`,
  },
} as const satisfies Readonly<Record<string, Alert>>;

const pages = 'https://github.com/llm-schema-registry/llm-schema-registry/blob/main/docs/runbooks';

export function runbookUrl(alert: string): string {
  return `${pages}/${alert}.md`;
}

/** The rules of the alerts that can fire for this registry. */
export function alertRules(registry: Registry, observed: Observed): readonly object[] {
  const asked = { ...expressions(registry), registry, observed };
  return Object.entries<Alert>(alerts).flatMap(([alert, row]) => {
    const expr = row.expr(asked);
    if (expr === undefined) return [];
    return {
      alert,
      expr,
      for: row.for,
      labels: { severity: row.severity, schema_registry: registry.name, namespace: registry.namespace },
      annotations: {
        summary: `SchemaRegistry ${registry.namespace}/${registry.name}: ${row.summary}`,
        description: `kubectl describe schemaregistry ${registry.name} -n ${registry.namespace} says what is wrong.`,
        runbook_url: runbookUrl(alert),
      },
    };
  });
}

/** Series that are not there are a fault only where somebody is to collect them, and there are pods to collect them from. */
function isCollected({ registry, observed }: Pick<Asked, 'registry' | 'observed'>): boolean {
  return leastPods(registry) > 0 && serviceMonitor(registry, observed) !== undefined;
}

function leastPods({ autoscaling, replicas }: Registry): number {
  return autoscaling?.minReplicas ?? replicas;
}
