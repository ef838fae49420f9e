import type { Registry } from '../registry.ts';
import { type Annotation, grafanaDashboard, graph, type Query, type Row, stat } from './grafana.ts';
import { objectives } from './recording-rules.ts';
import { type Expressions, expressions, fromClients, reads, writes } from './series.ts';

interface Asked extends Expressions {
  readonly registry: Registry;
}

/** The dashboards of one registry, by the end of their file names. The first is where one begins. */
const dashboards = {
  overview: { title: 'overview', rows: overview },
  requests: { title: 'requests', rows: requests },
  stores: { title: 'database, caches and archive', rows: stores },
  schemas: { title: 'schemas and compatibility', rows: schemas },
} as const satisfies Record<string, { title: string; rows: (ask: Asked) => readonly Row[] }>;

/** What Grafana is given, by the name of the file. */
export function dashboardsOf(registry: Registry): Readonly<Record<string, object>> {
  const ask = { ...expressions(registry), registry };
  const place = `${registry.namespace}/${registry.name}`;
  return Object.fromEntries(
    Object.entries(dashboards).map(([name, { title, rows }]) => [
      name,
      grafanaDashboard({
        key: name === 'overview' ? place : `${place}/${name}`,
        title: `Schema registry ${place}: ${title}`,
        tag: place,
        rows: rows(ask),
        annotations: rollouts(ask),
      }),
    ]),
  );
}

/** A pod that was not there before, and a version. */
function rollouts({ of, gauge }: Asked): readonly Annotation[] {
  const version = gauge('build_info');
  return [
    {
      name: 'Rollouts',
      expr: `count by (pod) (up${of()} == 1) unless count by (pod) (up${of()} offset 2m == 1)`,
      title: 'Pod {{pod}} began',
    },
    {
      name: 'Versions',
      expr: `count by (version) (${version}) unless count by (version) (${version} offset 2m)`,
      title: 'Version {{version}} began',
    },
  ];
}

const interval = '$__rate_interval';
const quantiles = [0.5, 0.95, 0.99];

/** One line for each quantile of a histogram. */
function times({ quantile }: Asked, metric: string, more = ''): readonly Query[] {
  return quantiles.map((fraction) => ({
    expr: quantile(fraction, metric, more, interval),
    legend: `p${fraction * 100}`,
  }));
}

/** One line for each value of the labels. */
function ratesBy({ rate }: Asked, labels: string, metric: string, more = ''): Query {
  return {
    expr: `sum by (${labels}) (${rate(metric, more, interval)})`,
    legend: labels.replaceAll(/\w+/g, '{{$&}}').replaceAll(',', ''),
  };
}

/** The slowest of a histogram's lines by a label. */
function slowestBy({ rate }: Asked, label: string, metric: string, more = ''): Query {
  return {
    expr: `topk(10, histogram_quantile(0.95, sum by (le, ${label}) (${rate(`${metric}_bucket`, more, interval)})))`,
    legend: `{{${label}}}`,
  };
}

function overview(ask: Asked): readonly Row[] {
  const { of, gauge, sum, rate, recorded } = ask;
  const { availability, quickReads, readSeconds } = objectives;
  const left = (series: string, objective: number) =>
    `1 - (1 - ${recorded(series)}) / ${Number((1 - objective).toPrecision(6))}`;
  const burn = (part: string, window: string, objective: number): Query => ({
    expr: `${recorded(`${part}:ratio_rate${window}`)} / ${Number((1 - objective).toPrecision(6))}`,
    legend: window,
  });
  const byPod = (title: string, unit: string, expr: string) =>
    graph(title, unit, { expr, legend: '{{pod}}' });
  return [
    {
      title: 'Now',
      panels: [
        stat('Pods that answer', 'short', `count(up${of()} == 1)`, { value: 1, worse: 'below' }),
        stat('Alerts that fire', 'short', alertsFiring(ask.registry), { value: 1, worse: 'above' }),
        stat('Requests', 'reqps', recorded('requests:rate5m')),
        stat('Requests that fail', 'percentunit', recorded('failed_requests:ratio_rate5m'), {
          value: 0.05,
          worse: 'above',
        }),
        stat('Reads, p95', 's', recorded('read_duration_seconds:p95_5m'), {
          value: readSeconds,
          worse: 'above',
        }),
        stat('Registrations, p95', 's', recorded('write_duration_seconds:p95_5m'), {
          value: 0.1,
          worse: 'above',
        }),
      ],
    },
    {
      title: 'Objectives of 30 days',
      panels: [
        stat('Availability', 'percentunit', recorded('availability:30d'), {
          value: availability,
          worse: 'below',
        }),
        stat('Errors left', 'percentunit', left('availability:30d', availability), {
          value: 0,
          worse: 'below',
        }),
        stat('Reads within 10 ms', 'percentunit', recorded('quick_reads:30d'), {
          value: quickReads,
          worse: 'below',
        }),
        stat('Slow reads left', 'percentunit', left('quick_reads:30d', quickReads), {
          value: 0,
          worse: 'below',
        }),
        stat('Read from memory', 'percentunit', recorded('memory_hits:ratio_rate5m'), {
          value: 0.7,
          worse: 'below',
        }),
        stat('Subjects', 'short', `max(${gauge('subjects', 'state="live"')})`),
        graph(
          'Burn rate of errors (1 is what may be)',
          'short',
          ...(['5m', '1h', '6h'] as const).map((window) => burn('failed_requests', window, availability)),
        ),
        graph(
          'Burn rate of slow reads (1 is what may be)',
          'short',
          ...(['5m', '1h', '6h'] as const).map((window) => burn('slow_reads', window, quickReads)),
        ),
        graph('Requests by status', 'reqps', ratesBy(ask, 'status', 'http_requests_total', fromClients)),
      ],
    },
    {
      title: 'Pods',
      panels: [
        byPod('CPU', 'short', `sum by (pod) (${rate('process_cpu_seconds_total', '', interval)})`),
        byPod('Memory', 'bytes', `max by (pod) (${gauge('process_resident_memory_bytes')})`),
        byPod('Heap in use', 'bytes', `max by (pod) (${gauge('nodejs_heap_size_used_bytes')})`),
        byPod(
          'Delay of the event loop, p99',
          's',
          `max by (pod) (${gauge('nodejs_eventloop_lag_p99_seconds')})`,
        ),
        byPod(
          'Share of the time that garbage takes',
          'percentunit',
          `sum by (pod) (${rate('nodejs_gc_duration_seconds_sum', '', interval)})`,
        ),
        graph('Versions that run', 'short', {
          expr: `count by (version) (${gauge('build_info')})`,
          legend: '{{version}}',
        }),
        graph('Spans of traces', 'ops', ratesBy(ask, 'outcome', 'trace_spans_total')),
        graph('Requests of each pod', 'reqps', {
          expr: `sum by (pod) (${rate('http_requests_total', '', interval)})`,
          legend: '{{pod}}',
        }),
        graph('Registrations', 'ops', {
          expr: sum('registrations_total', '', interval),
          legend: 'all',
        }),
      ],
    },
  ];
}

function alertsFiring({ namespace, name }: Registry): string {
  const which = `alertstate="firing",schema_registry="${name}",namespace="${namespace}"`;
  return `count(ALERTS{${which}}) or vector(0)`;
}

function requests(ask: Asked): readonly Row[] {
  const { sum, rate } = ask;
  const http = 'http_request_duration_seconds';
  const grpc = 'grpc_request_duration_seconds';
  const failing = `${fromClients},status=~"5.."`;
  return [
    {
      title: 'REST',
      panels: [
        graph('By status', 'reqps', ratesBy(ask, 'status', 'http_requests_total')),
        graph('By route', 'reqps', ratesBy(ask, 'method, route', 'http_requests_total', fromClients)),
        graph('Failures by route', 'reqps', ratesBy(ask, 'route, status', 'http_requests_total', failing)),
        graph('Time of a read of one schema', 's', ...times(ask, http, reads)),
        graph('Time of a registration', 's', ...times(ask, http, writes)),
        graph('The slowest routes, p95', 's', slowestBy(ask, 'route', http, fromClients)),
        graph('Share within 10 ms', 'percentunit', {
          expr: `${sum(`${http}_bucket`, `${reads},le="0.01"`, interval)} / ${sum(`${http}_count`, reads, interval)}`,
          legend: 'reads of one schema',
        }),
        graph('What clients ask wrongly', 'reqps', {
          expr: `sum by (status) (${rate('http_requests_total', 'status=~"4.."', interval)})`,
          legend: '{{status}}',
        }),
        graph('Served by each pod', 'reqps', ratesBy(ask, 'pod', 'http_requests_total', fromClients)),
      ],
    },
    {
      title: 'gRPC',
      panels: [
        graph('By method', 'reqps', ratesBy(ask, 'method', 'grpc_requests_total')),
        graph('By code', 'reqps', ratesBy(ask, 'code', 'grpc_requests_total')),
        graph('The slowest methods, p95', 's', slowestBy(ask, 'method', grpc)),
      ],
    },
    {
      title: 'Who may ask',
      panels: [
        graph(
          'Refused for credentials, by reason',
          'reqps',
          ratesBy(ask, 'reason', 'authentication_failures_total'),
        ),
        graph(
          'Not allowed (401, 403)',
          'reqps',
          ratesBy(ask, 'status', 'http_requests_total', 'status=~"401|403"'),
        ),
      ],
    },
  ];
}

function stores(ask: Asked): readonly Row[] {
  const { gauge, recorded, sum, registry } = ask;
  const statements = 'db_statement_duration_seconds';
  return [
    {
      title: 'PostgreSQL',
      panels: [
        graph('Time of a statement', 's', ...times(ask, statements)),
        graph('The slowest statements, p95', 's', slowestBy(ask, 'statement', statements)),
        graph('Statements', 'ops', ratesBy(ask, 'statement', `${statements}_count`)),
        graph('Connections', 'short', {
          expr: `sum by (state) (${gauge('db_connections')})`,
          legend: '{{state}}',
        }),
        graph('Wait for a connection', 's', ...times(ask, 'db_connection_wait_seconds')),
        graph('Pool in use', 'percentunit', {
          expr: recorded('db_connections:used_ratio'),
          legend: 'the fullest',
        }),
        graph('Failures by reason', 'ops', ratesBy(ask, 'reason', 'db_errors_total')),
        graph('Change feed (1: heard)', 'short', {
          expr: `min by (pod) (${gauge('change_feed_up')})`,
          legend: '{{pod}}',
        }),
      ],
    },
    {
      title: 'Memory and Redis',
      panels: [
        graph('Read from memory', 'percentunit', {
          expr: recorded('memory_hits:ratio_rate5m'),
          legend: 'share',
        }),
        graph('Reads by level', 'ops', ratesBy(ask, 'level, result', 'cache_reads_total')),
        graph('Entries', 'short', {
          expr: `sum by (cache) (${gauge('cache_entries')})`,
          legend: '{{cache}}',
        }),
        graph('Size', 'bytes', {
          expr: `sum by (cache) (${gauge('cache_size_bytes')})`,
          legend: '{{cache}}',
        }),
        ...(registry.cache === undefined
          ? []
          : [
              graph('Time of a read from Redis', 's', ...times(ask, 'redis_request_duration_seconds')),
              graph('Failures of Redis', 'ops', {
                expr: sum('redis_errors_total', '', interval),
                legend: 'failures',
              }),
            ]),
      ],
    },
    ...(registry.artifacts === undefined
      ? []
      : [
          {
            title: 'Archive',
            panels: [
              graph('Changes that wait', 'short', {
                expr: `max(${gauge('s3_outbox_rows')})`,
                legend: 'changes',
              }),
              graph('Age of the oldest', 's', { expr: `max(${gauge('s3_lag_seconds')})`, legend: 'age' }),
              graph('Reached (1: yes)', 'short', { expr: `min(${gauge('s3_up')})`, legend: 'bucket' }),
              graph('Time to write an object', 's', ...times(ask, 's3_request_duration_seconds')),
              graph('Objects', 'ops', {
                expr: sum('s3_request_duration_seconds_count', '', interval),
                legend: 'written or removed',
              }),
              graph('Failures', 'ops', { expr: sum('s3_errors_total', '', interval), legend: 'failures' }),
              graph('Age of the newest snapshot', 's', {
                expr: `time() - max(${gauge('s3_snapshot_timestamp_seconds')})`,
                legend: 'age',
              }),
            ],
          },
        ]),
  ];
}

function schemas(ask: Asked): readonly Row[] {
  const { gauge, sum } = ask;
  const share = (title: string, metric: string, part: string) =>
    graph(title, 'percentunit', {
      expr: `${sum(metric, part, interval)} / ${sum(metric, '', interval)}`,
      legend: 'share',
    });
  const by = (label: string, expr: string): Query => ({
    expr: `max by (${label}) (${expr})`,
    legend: `{{${label}}}`,
  });
  return [
    {
      title: 'What is there',
      panels: [
        stat('Subjects', 'short', `max(${gauge('subjects', 'state="live"')})`),
        stat('Deleted subjects', 'short', `max(${gauge('subjects', 'state="deleted"')})`),
        stat('Schemas', 'short', `sum(max by (type) (${gauge('schemas')}))`),
        stat('Versions', 'short', `sum(max by (type) (${gauge('versions', 'state="live"')}))`),
        stat(
          'Schemas of the last day',
          'short',
          `sum(max by (type) (${gauge('schemas')})) - sum(max by (type) (${gauge('schemas')} offset 1d))`,
        ),
        stat(
          'Versions of each subject',
          'short',
          `sum(max by (type) (${gauge('versions', 'state="live"')})) / max(${gauge('subjects', 'state="live"')})`,
        ),
        graph('Schemas by type', 'short', by('type', gauge('schemas'))),
        graph('Versions by type', 'short', by('type', gauge('versions', 'state="live"'))),
        graph('Deleted versions by type', 'short', by('type', gauge('versions', 'state="deleted"'))),
      ],
    },
    {
      title: 'What is sent',
      panels: [
        graph('Registrations by outcome', 'ops', ratesBy(ask, 'outcome', 'registrations_total')),
        graph('Schemas looked at, by type', 'ops', ratesBy(ask, 'type', 'validations_total')),
        graph('Faulty, by type', 'ops', ratesBy(ask, 'type', 'validations_total', 'result="invalid"')),
        share('Share that is faulty', 'validations_total', 'result="invalid"'),
        graph('Compatibility checks', 'ops', ratesBy(ask, 'result', 'compatibility_checks_total')),
        share('Share that is not compatible', 'compatibility_checks_total', 'result="incompatible"'),
      ],
    },
    {
      title: 'Large schemas',
      panels: [
        graph('Threads', 'short', {
          expr: `sum by (state) (${gauge('schema_threads')})`,
          legend: '{{state}}',
        }),
        graph('Schemas that wait', 'short', {
          expr: `max by (pod) (${gauge('schema_jobs_waiting')})`,
          legend: '{{pod}}',
        }),
        graph('Time of a registration', 's', ...times(ask, 'http_request_duration_seconds', writes)),
      ],
    },
  ];
}
