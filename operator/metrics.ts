import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Names and labels are controller-runtime's, so that dashboards made for it work. */
export type Metrics = ReturnType<typeof openMetrics>;

export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

export function openMetrics(version: string) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'schema_registry_operator_build_info',
    help: 'Version of the operator.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  let countNow: () => Readonly<Record<string, number>> = () => ({});
  new Gauge({
    name: 'schema_registry_operator_registries',
    help: 'SchemaRegistry objects by the status of their Ready condition.',
    labelNames: ['ready'],
    registers,
    collect() {
      for (const [ready, count] of Object.entries(countNow())) this.set({ ready }, count);
    },
  });
  return {
    registry,
    /** All metrics that there are, also while they have no value yet; the library's types know nothing of the names of the labels. */
    list: () => registry.getMetricsAsArray() as unknown as readonly MetricFacts[],
    reconciles: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Runs of the reconcile by result.',
      labelNames: ['controller', 'result'],
      registers,
    }),
    reconcileErrors: new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Runs of the reconcile that failed and are tried again.',
      labelNames: ['controller'],
      registers,
    }),
    reconcileSeconds: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Length of a run of the reconcile.',
      labelNames: ['controller'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    activeWorkers: new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Workers that are in a run now.',
      labelNames: ['controller'],
      registers,
    }),
    queueDepth: new Gauge({
      name: 'workqueue_depth',
      help: 'Keys that wait.',
      labelNames: ['name'],
      registers,
    }),
    queueAdds: new Counter({
      name: 'workqueue_adds_total',
      help: 'Keys that were added.',
      labelNames: ['name'],
      registers,
    }),
    queueRetries: new Counter({
      name: 'workqueue_retries_total',
      help: 'Keys that were added again after a failure.',
      labelNames: ['name'],
      registers,
    }),
    /** `resource` tells the Lease's renewals from writes to registries and their children. */
    requests: new Counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the API server.',
      labelNames: ['method', 'resource', 'code'],
      registers,
    }),
    watchRestarts: new Counter({
      name: 'schema_registry_operator_watch_restarts_total',
      help: 'Watches that ended and were started again, by cause.',
      labelNames: ['kind', 'cause'],
      registers,
    }),
    isLeader: new Gauge({
      name: 'leader_election_master_status',
      help: '1 while this replica leads.',
      labelNames: ['name'],
      registers,
    }),
    /** `count` gives the registries by the status of their Ready condition; asked when somebody looks. */
    countRegistries: (count: () => Readonly<Record<string, number>>) => {
      countNow = count;
    },
  };
}
