import { createHash } from 'node:crypto';
import type { Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';
import { seriesOf } from './series.ts';

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

/** For Grafana's sidecar, which takes ConfigMaps with this label from every namespace. */
export const dashboard: Child = (registry) => {
  const wanted = registry.monitoring.dashboards;
  if (wanted === undefined) return undefined;
  const object = meta(registry, 'ConfigMap', 'server', `${names(registry).server}-dashboard`);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { grafana_dashboard: '1', ...wanted.labels, ...object.metadata.labels },
    },
    data: { [`schema-registry-${registry.namespace}-${registry.name}.json`]: content(registry) },
  };
};

function content(registry: Registry): string {
  const { namespace, name } = registry;
  const datasource = { type: 'prometheus', uid: '$datasource' };
  return JSON.stringify({
    // Of its own for each registry: Grafana keeps one dashboard for each uid.
    uid: createHash('sha256').update(`${namespace}/${name}`).digest('hex').slice(0, 16),
    title: `Schema registry ${namespace}/${name}`,
    tags: ['llm-schema-registry'],
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    panels: panels(registry).map(({ title, unit, queries }, index) => ({
      id: index + 1,
      type: 'timeseries',
      title,
      datasource,
      gridPos: { h: 8, w: 12, x: 12 * (index % 2), y: 8 * Math.floor(index / 2) },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: queries.map(({ expr, legend }, query) => ({
        refId: String.fromCharCode(65 + query),
        datasource,
        expr,
        legendFormat: legend,
      })),
    })),
  });
}

/** The metrics are those of registry-server/metrics.ts; test/contract holds the two in step. */
function panels(registry: Registry): readonly Panel[] {
  const rate = (metric: string) => `rate(schema_registry_${metric}${seriesOf(registry)}[$__rate_interval])`;
  const gauge = (metric: string) => `schema_registry_${metric}${seriesOf(registry)}`;
  const one = (title: string, unit: string, expr: string, legend: string): Panel => ({
    title,
    unit,
    queries: [{ expr, legend }],
  });
  const quantile = (fraction: number) => ({
    expr: `histogram_quantile(${fraction}, sum by (le) (${rate('http_request_duration_seconds_bucket')}))`,
    legend: `p${fraction * 100}`,
  });
  return [
    one('Requests by status', 'reqps', `sum by (status) (${rate('http_requests_total')})`, '{{status}}'),
    one('Requests by route', 'reqps', `sum by (route) (${rate('http_requests_total')})`, '{{route}}'),
    { title: 'Time of a request', unit: 's', queries: [0.5, 0.95, 0.99].map(quantile) },
    one('Registrations', 'ops', `sum by (outcome) (${rate('registrations_total')})`, '{{outcome}}'),
    one(
      'Compatibility checks',
      'ops',
      `sum by (result) (${rate('compatibility_checks_total')})`,
      '{{result}}',
    ),
    one(
      'Cache reads',
      'ops',
      `sum by (level, result) (${rate('cache_reads_total')})`,
      '{{level}} {{result}}',
    ),
    one('Database connections', 'short', `sum by (state) (${gauge('db_connections')})`, '{{state}}'),
    one('Change feed', 'short', `min by (pod) (${gauge('change_feed_up')})`, '{{pod}}'),
    one('Memory', 'bytes', gauge('process_resident_memory_bytes'), '{{pod}}'),
    one('CPU', 'short', `sum by (pod) (${rate('process_cpu_seconds_total')})`, '{{pod}}'),
    ...(registry.artifacts === undefined
      ? []
      : [
          one('Archive: changes that wait', 'short', `max(${gauge('s3_outbox_rows')})`, 'changes'),
          one('Archive: age of the oldest', 's', `max(${gauge('s3_lag_seconds')})`, 'age'),
        ]),
  ];
}
