import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { dashboard } from '../../operator/desired/dashboard.ts';
import { prometheusRule } from '../../operator/desired/prometheus-rule.ts';
import { metricsService } from '../../operator/desired/service.ts';
import { serviceMonitor } from '../../operator/desired/service-monitor.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { openMetrics as openOperatorMetrics } from '../../operator/metrics.ts';
import type { Spec } from '../../operator/registry.ts';
import { openMetrics } from '../../registry-server/metrics/metrics.ts';
import { openWorkerMetrics } from '../../registry-server/metrics/worker-metrics.ts';
import { idleSources } from '../build/metrics.ts';
import { missingPromtool, promtool } from '../build/promtool.ts';
import { anObserved, aRegistry } from '../build/registry.ts';
import { startRegistryProcess } from '../build/registry-process.ts';

const root = new URL('../../', import.meta.url);

const registry = aRegistry({
  monitoring: { dashboards: { enabled: true } },
  artifacts: { s3: { bucket: 'schemas', drill: {}, snapshots: {} } },
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

interface Board {
  readonly uid: string;
  readonly title: string;
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const dashboards = [
  dashboard(registry, anObserved()),
  parse(readFileSync(new URL('config/monitoring/dashboard.yaml', root), 'utf8')) as KubeObject,
].flatMap((object) =>
  Object.values(object?.data as Record<string, string>).map((text) => JSON.parse(text) as Board),
);

/** What Prometheus adds when it looks at a pod. */
const addedLabels = ['namespace', 'job', 'pod', 'instance'];

describe('what monitoring asks for is what the server shows', () => {
  const panels = dashboards.flatMap((board) =>
    board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
  );
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
  const known = new Map([
    ...ofServer,
    ...ofWorkers,
    ...ofOperator,
    ...recorded,
    ['up', []] as const,
    ['ALERTS', ['alertstate', 'schema_registry']] as const,
  ]);
  const runbooks = readdirSync(new URL('docs/runbooks/', root)).map((file) => ({
    title: `runbook ${file}`,
    expr: readFileSync(new URL(`docs/runbooks/${file}`, root), 'utf8'),
  }));
  const queries = [
    ...panels.map(({ title, expr }) => ({ title: `panel "${title}"`, expr })),
    ...dashboards.flatMap(({ annotations }) =>
      annotations.list.map(({ name, expr }) => ({ title: `annotation "${name}"`, expr })),
    ),
    ...rules.map(({ alert, record, expr }) => ({ title: `rule ${alert ?? record}`, expr })),
  ];

  it('there is something to look at', () => {
    expect(dashboards).to.have.lengthOf(5);
    expect(panels.length).to.be.at.least(27);
    expect(rules.length).to.be.at.least(24);
  });

  for (const { title, expr } of queries) {
    it(title, () => {
      const asked = [...expr.matchAll(/([a-zA-Z_0-9:]+)\{([^}]*)\}/g)];
      expect(asked).not.to.have.lengthOf(0);
      const labels = new Set(addedLabels);
      for (const [, name = '', matchers = ''] of asked) {
        expect([...known.keys()]).to.include(name);
        const own = [...(known.get(name) ?? []), ...addedLabels];
        expect(own).to.include.members(
          [...matchers.matchAll(/([a-z_]+)(?=!?[=~])/g)].map(([label]) => label),
        );
        for (const label of own) labels.add(label);
      }
      const grouped = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, names = '']) => names.split(', '));
      expect([...labels]).to.include.members(grouped);
    });
  }

  it(`each query is one that Prometheus can read${missingPromtool ? ` (${missingPromtool})` : ''}`, function () {
    if (missingPromtool !== undefined) this.skip();
    const asked = queries.map(({ expr }, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    promtool(['check', 'rules', 'rules.yaml'], { 'rules.yaml': { groups: [{ name: 'all', rules: asked }] } });
  });

  for (const { title, panels: placed, uid } of dashboards) {
    it(`dashboard "${title}" has no two panels in one place, and none with the number of another`, () => {
      const taken = placed.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w).to.be.at.most(24);
        return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`);
      });
      expect(new Set(taken).size).to.equal(taken.length);
      expect(new Set(placed.map(({ id }) => id)).size).to.equal(placed.length);
      expect(dashboards.filter((other) => other.uid === uid)).to.have.lengthOf(1);
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

  it('a running server has all that is declared', async () => {
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
