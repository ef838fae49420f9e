import { stringify } from 'yaml';
import { grafanaDashboard, graph, type Query, stat } from '../operator/desired/grafana.ts';

const of = (more = '') => `{job="llm-schema-registry-operator"${more === '' ? '' : `,${more}`}}`;
const rate = (metric: string, more = '') => `rate(${metric}${of(more)}[$__rate_interval])`;
const ratesBy = (label: string, metric: string, more = ''): Query => ({
  expr: `sum by (${label}) (${rate(metric, more)})`,
  legend: `{{${label}}}`,
});
const byPod = (expr: string): Query => ({ expr, legend: '{{pod}}' });

/** The dashboard of the operator itself, for the series that config/monitoring has collected. */
export function operatorDashboard(): object {
  return grafanaDashboard({
    key: 'llm-schema-registry-operator',
    title: 'Schema registries: the operator',
    tag: 'operator',
    annotations: [
      {
        name: 'Rollouts',
        expr: `count by (pod) (up${of()} == 1) unless count by (pod) (up${of()} offset 2m == 1)`,
        title: 'Pod {{pod}} began',
      },
      {
        name: 'Leaders',
        expr: `max by (pod) (leader_election_master_status${of()}) == 1 unless max by (pod) (leader_election_master_status${of()} offset 2m) == 1`,
        title: 'Pod {{pod}} leads',
      },
    ],
    rows: [
      {
        title: 'Registries',
        panels: [
          stat('Ready', 'short', `max(schema_registry_operator_registries${of('ready="True"')})`),
          stat(
            'Not ready',
            'short',
            `sum(max by (ready) (schema_registry_operator_registries${of('ready!="True"')}))`,
            {
              value: 1,
              worse: 'above',
            },
          ),
          stat('Pods that answer', 'short', `count(up${of()} == 1)`, { value: 1, worse: 'below' }),
          stat('Pods that lead', 'short', `sum(leader_election_master_status${of()})`, {
            value: 1,
            worse: 'below',
          }),
          stat('Registries that wait', 'short', `max(workqueue_depth${of()})`, { value: 10, worse: 'above' }),
          stat(
            'Failures in an hour',
            'short',
            `sum(increase(controller_runtime_reconcile_errors_total${of()}[1h]))`,
            {
              value: 10,
              worse: 'above',
            },
          ),
          graph('Registries by whether they are ready', 'short', {
            expr: `max by (ready) (schema_registry_operator_registries${of()})`,
            legend: '{{ready}}',
          }),
          graph('Who leads', 'short', byPod(`max by (pod) (leader_election_master_status${of()})`)),
          graph('Versions that run', 'short', {
            expr: `count by (version) (schema_registry_operator_build_info${of()})`,
            legend: '{{version}}',
          }),
        ],
      },
      {
        title: 'Work',
        panels: [
          graph('Runs by result', 'ops', ratesBy('result', 'controller_runtime_reconcile_total')),
          graph(
            'Time of a run',
            's',
            ...[0.5, 0.95, 0.99].map((fraction) => ({
              expr: `histogram_quantile(${fraction}, sum by (le) (${rate('controller_runtime_reconcile_time_seconds_bucket')}))`,
              legend: `p${fraction * 100}`,
            })),
          ),
          graph('Runs at once', 'short', byPod(`sum by (pod) (controller_runtime_active_workers${of()})`)),
          graph('Registries that wait', 'short', byPod(`max by (pod) (workqueue_depth${of()})`)),
          graph(
            'Added, and tried again',
            'ops',
            { expr: `sum(${rate('workqueue_adds_total')})`, legend: 'added' },
            { expr: `sum(${rate('workqueue_retries_total')})`, legend: 'tried again' },
          ),
          graph('Failures', 'ops', {
            expr: `sum(${rate('controller_runtime_reconcile_errors_total')})`,
            legend: 'failures',
          }),
        ],
      },
      {
        title: 'The API server',
        panels: [
          graph(
            'Requests by what they are about',
            'reqps',
            ratesBy('resource', 'rest_client_requests_total'),
          ),
          graph('Writes', 'reqps', ratesBy('resource', 'rest_client_requests_total', 'method!="GET"')),
          graph(
            'Answers that are failures',
            'reqps',
            ratesBy('code', 'rest_client_requests_total', 'code!~"2.."'),
          ),
          graph(
            'Watches begun again',
            'ops',
            ratesBy('cause', 'schema_registry_operator_watch_restarts_total'),
          ),
          graph('CPU', 'short', byPod(`sum by (pod) (${rate('process_cpu_seconds_total')})`)),
          graph('Memory', 'bytes', byPod(`max by (pod) (process_resident_memory_bytes${of()})`)),
        ],
      },
    ],
  });
}

/** As Grafana's sidecar takes it. */
export function operatorDashboardConfigMap(): string {
  const name = 'llm-schema-registry-operator';
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${name}-dashboard`,
      namespace: 'llm-schema-registry',
      labels: { 'app.kubernetes.io/name': name, grafana_dashboard: '1' },
    },
    data: { [`${name}.json`]: `${JSON.stringify(operatorDashboard(), undefined, 1)}\n` },
  };
  return `# Written by \`npm run generate\` from hack/operator-dashboard.ts.\n${stringify(object, { lineWidth: 0 })}`;
}
