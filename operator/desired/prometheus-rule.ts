import type { Registry } from '../registry.ts';
import { type Child, meta, names, type Observed } from './child.ts';
import { serviceMonitor } from './service-monitor.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
}

/** Alerts on what a person has to look at. The metrics are those of registry-server/metrics.ts. */
export const prometheusRule: Child = (registry, observed) => {
  const wanted = registry.monitoring.prometheusRule;
  if (wanted === undefined || !observed.served.has('PrometheusRule')) return undefined;
  const object = meta(registry, 'PrometheusRule', 'server', names(registry).server);
  const rules = alerts(registry, observed).map(({ alert, expr, for: time, severity, summary }) => ({
    alert,
    expr,
    for: time,
    labels: { severity, schema_registry: registry.name },
    annotations: {
      summary: `SchemaRegistry ${registry.namespace}/${registry.name}: ${summary}`,
      description: `kubectl describe schemaregistry ${registry.name} -n ${registry.namespace} says what is wrong.`,
    },
  }));
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...wanted.labels, ...object.metadata.labels } },
    spec: { groups: [{ name: `schema-registry.${registry.namespace}.${registry.name}`, rules }] },
  };
};

/** The series of one registry alone. */
export function seriesOf({ namespace, name }: Registry, more = ''): string {
  return `{namespace="${namespace}",job="${name}"${more === '' ? '' : `,${more}`}}`;
}

/** Series that are not there are a fault only where somebody is to collect them, and there are pods to collect them from. */
function isCollected(registry: Registry, observed: Observed): boolean {
  const hasPods = registry.autoscaling !== undefined || registry.replicas > 0;
  return hasPods && serviceMonitor(registry, observed) !== undefined;
}

function alerts(registry: Registry, observed: Observed): readonly Alert[] {
  const of = (more = '') => seriesOf(registry, more);
  const requests = 'schema_registry_http_requests_total';
  return [
    ...(isCollected(registry, observed)
      ? [
          {
            alert: 'SchemaRegistryDown',
            expr: `absent(up${of()} == 1)`,
            for: '5m',
            severity: 'critical',
            summary: 'no server pod answers',
          } as const,
        ]
      : []),
    {
      alert: 'SchemaRegistryErrors',
      expr: `sum(rate(${requests}${of('status=~"5.."')}[5m])) / sum(rate(${requests}${of()}[5m])) > 0.05`,
      for: '10m',
      severity: 'critical',
      summary: 'more than 5 % of the requests fail',
    },
    {
      alert: 'SchemaRegistrySlow',
      expr: `histogram_quantile(0.99, sum by (le) (rate(schema_registry_http_request_duration_seconds_bucket${of()}[5m]))) > 1`,
      for: '10m',
      severity: 'warning',
      summary: 'one request in a hundred takes longer than a second',
    },
    {
      alert: 'SchemaRegistryDatabasePoolExhausted',
      expr: `max(schema_registry_db_connections${of('state="waiting"')}) > 0`,
      for: '10m',
      severity: 'warning',
      summary: 'requests wait for a connection to the database; see spec.database.pool',
    },
    {
      alert: 'SchemaRegistryChangeFeedDown',
      expr: `min(schema_registry_change_feed_up${of()}) == 0`,
      for: '5m',
      severity: 'warning',
      summary: 'a replica does not hear of changes by others, and asks the database each time',
    },
    ...(registry.auth === undefined
      ? []
      : [
          {
            alert: 'SchemaRegistryCredentialsRefused',
            // One without any is a question; the operator's own are, too.
            expr: `sum(rate(schema_registry_authentication_failures_total${of('reason!="no-credentials"')}[5m])) > 1`,
            for: '5m',
            severity: 'warning',
            summary: 'more than one request a second comes with credentials that do not hold',
          } as const,
        ]),
    ...(registry.cache === undefined
      ? []
      : [
          {
            alert: 'SchemaRegistryCacheUnavailable',
            expr: `sum(rate(schema_registry_redis_errors_total${of()}[5m])) > 0`,
            for: '10m',
            severity: 'warning',
            summary: 'Redis does not answer; answers are right, and slower',
          } as const,
        ]),
    ...(registry.artifacts === undefined
      ? []
      : [
          {
            alert: 'SchemaRegistryArchiveBehind',
            expr: `max(schema_registry_s3_lag_seconds${of()}) > 900`,
            for: '5m',
            severity: 'warning',
            summary: 'changes wait for longer than 15 minutes to be written to the bucket',
          } as const,
        ]),
  ];
}
