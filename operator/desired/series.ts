import type { Registry } from '../registry.ts';

/** What Prometheus tells the series of one registry from all others by; the ServiceMonitor gives them these labels. */
export function seriesLabels({ namespace, name }: Registry) {
  return { namespace, job: name };
}

/** The series of one registry alone. */
export function seriesOf(registry: Registry, more = ''): string {
  const { namespace, job } = seriesLabels(registry);
  return `{namespace="${namespace}",job="${job}"${more === '' ? '' : `,${more}`}}`;
}

/** Expressions over the metrics of registry-server/metrics/; test/contract holds the two in step. */
export function expressions(registry: Registry) {
  const of = (more = '') => seriesOf(registry, more);
  const gauge = (metric: string, more = '') => `schema_registry_${metric}${of(more)}`;
  const rate = (metric: string, more = '', window = '5m') => `rate(${gauge(metric, more)}[${window}])`;
  return {
    of,
    gauge,
    rate,
    sum: (metric: string, more = '', window = '5m') => `sum(${rate(metric, more, window)})`,
    quantile: (fraction: number, metric: string, more = '', window = '5m') =>
      `histogram_quantile(${fraction}, sum by (le) (${rate(`${metric}_bucket`, more, window)}))`,
    /** What a rule of recording-rules.ts has made. */
    recorded: (name: string) => `schema_registry:${name}${of()}`,
  };
}

export type Expressions = ReturnType<typeof expressions>;

/** The reads that applications wait for: those of one schema, as clients with a cache send them. */
export const reads = 'method="GET",route=~"/schemas/ids/:id|/subjects/:subject/versions/:version"';
export const writes = 'method="POST",route="/subjects/:subject/versions"';
/** Probes are no clients, and a pod that starts answers them with 503. */
export const fromClients = 'route!~"/health|/ready"';
