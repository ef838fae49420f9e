import type { Registry } from '../registry.ts';
import { expressions, fromClients, reads, seriesLabels, writes } from './series.ts';

/** What the service promises; docs/monitoring.md says it to users. */
export const objectives = {
  /** The part of requests that do not fail. */
  availability: 0.999,
  /** The part of reads that are answered within `readSeconds`, which is a bucket of the histogram. */
  quickReads: 0.95,
  readSeconds: 0.01,
} as const;

/** Burn rates are measured over a long window and a short one each, so that an alert ends soon after its cause. */
const windows = ['5m', '30m', '1h', '6h'] as const;

const failedCalls = 'code=~"UNKNOWN|INTERNAL|UNAVAILABLE|DATA_LOSS"';

/** What alerts and dashboards ask for again and again, under the labels of the registry. */
export function recordingRules(registry: Registry): readonly object[] {
  const { sum, quantile, recorded, gauge } = expressions(registry);
  // A counter that has counted nothing is not there.
  const both = (more: string, moreOfGrpc: string, window: string) =>
    `(${sum('http_requests_total', more, window)} or vector(0)) + (${sum('grpc_requests_total', moreOfGrpc, window)} or vector(0))`;
  const reading = (more: string, window: string) =>
    `(${sum(`http_request_duration_seconds_${more === '' ? 'count' : 'bucket'}`, `${reads}${more}`, window)} or vector(0))`;
  const quick = `,le="${objectives.readSeconds}"`;
  const month = (part: string, all: string) =>
    `1 - sum_over_time(${recorded(part)}[30d]) / sum_over_time(${recorded(all)}[30d])`;

  const rules: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      windows.flatMap((window) => [
        [`requests:rate${window}`, both(fromClients, '', window)],
        [`failed_requests:rate${window}`, both(`${fromClients},status=~"5.."`, failedCalls, window)],
        [
          `failed_requests:ratio_rate${window}`,
          `${recorded(`failed_requests:rate${window}`)} / ${recorded(`requests:rate${window}`)}`,
        ],
        [`reads:rate${window}`, reading('', window)],
        [`slow_reads:rate${window}`, `${reading('', window)} - ${reading(quick, window)}`],
        [
          `slow_reads:ratio_rate${window}`,
          `${recorded(`slow_reads:rate${window}`)} / ${recorded(`reads:rate${window}`)}`,
        ],
      ]),
    ),
    'read_duration_seconds:p95_5m': quantile(0.95, 'http_request_duration_seconds', reads),
    'read_duration_seconds:p99_5m': quantile(0.99, 'http_request_duration_seconds', reads),
    'write_duration_seconds:p95_5m': quantile(0.95, 'http_request_duration_seconds', writes),
    'db_statement_duration_seconds:p95_5m': quantile(0.95, 'db_statement_duration_seconds'),
    'memory_hits:ratio_rate5m': `${sum('cache_reads_total', 'level="memory",result="hit"')} / ${sum('cache_reads_total', 'level="memory"')}`,
    'db_connections:used_ratio': `max((${gauge('db_connections', 'state="open"')} - ignoring (state) ${gauge('db_connections', 'state="idle"')}) / ignoring (state) ${gauge('db_connections', 'state="max"')})`,
    // Of what happened, not of the time: a failure at night, when nobody asks, weighs less.
    'availability:30d': month('failed_requests:rate5m', 'requests:rate5m'),
    'quick_reads:30d': month('slow_reads:rate5m', 'reads:rate5m'),
  };
  return Object.entries(rules).map(([name, expr]) => ({
    record: `schema_registry:${name}`,
    expr,
    labels: seriesLabels(registry),
  }));
}
