import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { dashboard } from '../../operator/desired/dashboard.ts';
import { prometheusRule } from '../../operator/desired/prometheus-rule.ts';
import { metricsService } from '../../operator/desired/service.ts';
import { serviceMonitor } from '../../operator/desired/service-monitor.ts';
import type { KubeObject } from '../../operator/kubernetes.ts';
import { openMetrics as openOperatorMetrics } from '../../operator/metrics.ts';
import type { Spec } from '../../operator/registry.ts';
import { openMetrics, openWorkerMetrics } from '../../registry-server/metrics.ts';
import { idleSources } from '../build/metrics.ts';
import { anObserved, aRegistry } from '../build/registry.ts';
import { startRegistryProcess } from '../build/registry-process.ts';

const root = new URL('../../', import.meta.url);

const registry = aRegistry({
  monitoring: { dashboards: { enabled: true } },
  artifacts: { s3: { bucket: 'schemas' } },
  auth: { mode: 'ApiKey' },
});

/** What is declared, under the names that its series have. */
function declared(
  metrics: readonly { name: string; type: string; labelNames: readonly string[] }[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    metrics.flatMap(({ name, type, labelNames }) =>
      type === 'histogram'
        ? [
            [`${name}_bucket`, [...labelNames, 'le']] as const,
            [`${name}_count`, labelNames] as const,
            [`${name}_sum`, labelNames] as const,
          ]
        : [[name, labelNames] as const],
    ),
  );
}

const ofServer = declared(
  openMetrics({ ...idleSources, backlog: () => ({ status: 'up', pending: 0, lagSeconds: 0 }) }).list(),
);
const ofWorkers = declared(
  openWorkerMetrics(
    () => ({ alive: 1, wanted: 1 }),
    async () => [],
  ).list(),
);
const ofOperator = declared(openOperatorMetrics('test').list());

const specOf = <Spec>(object: KubeObject | undefined) => (object?.spec ?? {}) as Spec;

/** What Prometheus adds when it looks at a pod. */
const addedLabels = ['namespace', 'job', 'pod', 'instance'];

describe('what monitoring asks for is what the server shows', () => {
  const panels = JSON.parse(Object.values(dashboard(registry, anObserved())?.data as object)[0] as string)
    .panels as { title: string; targets: { expr: string }[] }[];
  const rulesOf = (object: KubeObject | undefined) =>
    specOf<{ groups: { rules: { alert?: string; record?: string; expr: string }[] }[] }>(
      object,
    ).groups.flatMap((group) => group.rules);
  const rules = [
    ...rulesOf(prometheusRule(registry, anObserved())),
    ...rulesOf(prometheusRule(aRegistry({ config: { workers: 2 } }), anObserved())),
    ...rulesOf(parse(readFileSync(new URL('config/monitoring/prometheus-rule.yaml', root), 'utf8'))),
  ];
  const recorded = new Map(rules.flatMap(({ record }) => (record ? [[record, []] as const] : [])));
  const known = new Map([...ofServer, ...ofWorkers, ...ofOperator, ...recorded, ['up', []] as const]);
  const runbooks = readdirSync(new URL('docs/runbooks/', root)).map((file) => ({
    title: `runbook ${file}`,
    expr: readFileSync(new URL(`docs/runbooks/${file}`, root), 'utf8'),
  }));
  const queries = [
    ...panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ title: `panel "${title}"`, expr })),
    ),
    ...rules.map(({ alert, record, expr }) => ({ title: `rule ${alert ?? record}`, expr })),
  ];

  it('there is something to look at', () => {
    expect(panels.length).to.be.at.least(10);
    expect(rules.length).to.be.at.least(24);
  });

  /** Every metric of an expression, with what chooses and groups its series. */
  function askedIn(expr: string) {
    const grouped = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
    return [...expr.matchAll(/([a-z_0-9:]+)\{([^}]*)\}/g)].map(([, name = '', matchers = '']) => ({
      name,
      labels: [...[...matchers.matchAll(/([a-z_]+)(?==|!=|=~|!~)/g)].map(([label]) => label), ...grouped],
    }));
  }

  for (const { title, expr } of queries) {
    it(title, () => {
      const asked = askedIn(expr);
      expect(asked).not.to.have.lengthOf(0);
      for (const { name, labels } of asked) {
        expect([...known.keys()]).to.include(name);
        expect([...(known.get(name) ?? []), ...addedLabels]).to.include.members(labels);
      }
    });
  }

  it('the queries of the runbooks', () => {
    const names = runbooks.flatMap(({ title, expr }) =>
      [
        ...expr.matchAll(/\b((?:schema_registry|controller_runtime|workqueue|rest_client)[a-z_0-9:]*)\{/g),
      ].map(([, name = '']) => ({ title, name })),
    );
    expect(names.length).to.be.greaterThan(30);
    expect(names.filter(({ name }) => !known.has(name))).to.deep.equal([]);
  });

  it('a running server has all that is declared', async function () {
    this.timeout(40_000);
    const server = await startRegistryProcess({
      S3_BUCKET: 'none',
      S3_ENDPOINT: 'http://127.0.0.1:1',
      S3_ACCESS_KEY_ID: 'x',
      S3_SECRET_ACCESS_KEY: 'x',
    });
    try {
      const text = await (await fetch(server.metricsUrl)).text();
      const written = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
      const names = [...ofServer.keys()].map((name) => name.replace(/_(bucket|count|sum)$/, ''));
      expect(written).to.include.members(names);
    } finally {
      await server.stop();
    }
  });

  it('the ServiceMonitor finds the port of the metrics Service, and no other', () => {
    const { endpoints, selector, jobLabel } = specOf<{
      endpoints: { port: string }[];
      selector: { matchLabels: Record<string, string> };
      jobLabel: string;
    }>(serviceMonitor(registry, anObserved()));
    const service = metricsService(registry, anObserved());
    const { ports } = specOf<{ ports: { name: string }[] }>(service);
    expect(ports.map(({ name }) => name)).to.deep.equal(endpoints.map(({ port }) => port));
    expect(service?.metadata.labels).to.include(selector.matchLabels);
    expect(service?.metadata.labels?.[jobLabel]).to.equal('sample');
  });

  const isDownTold = (spec: Spec, served: readonly ('ServiceMonitor' | 'PrometheusRule')[]) => {
    const rule = prometheusRule(aRegistry(spec), anObserved({ served: new Set(served) }));
    const found = specOf<{ groups: { rules: { alert: string }[] }[] }>(rule).groups.flatMap(
      (group) => group.rules,
    );
    expect(found.map(({ alert }) => alert)).to.include('SchemaRegistryErrors');
    return found.some(({ alert }) => alert === 'SchemaRegistryDown');
  };

  it('takes series that are missing for a fault only where somebody collects them, from at least one pod', () => {
    const both = ['ServiceMonitor', 'PrometheusRule'] as const;
    const fixed = { autoscaling: { enabled: false } };
    expect(isDownTold({}, both)).to.equal(true);
    expect(isDownTold({ ...fixed, replicas: 1 }, both)).to.equal(true);
    expect(isDownTold({ ...fixed, replicas: 0 }, both)).to.equal(false);
    expect(isDownTold({ monitoring: { serviceMonitor: { enabled: false } } }, both)).to.equal(false);
    expect(isDownTold({}, ['PrometheusRule'])).to.equal(false);
  });

  it('asks for nothing of what the cluster has not', () => {
    const bare = anObserved({ served: new Set() });
    expect([serviceMonitor(registry, bare), prometheusRule(registry, bare)]).to.deep.equal([
      undefined,
      undefined,
    ]);
  });
});
