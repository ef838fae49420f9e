import { expect } from 'chai';
import { dashboard } from '../../operator/desired/dashboard.ts';
import { prometheusRule } from '../../operator/desired/prometheus-rule.ts';
import { metricsService } from '../../operator/desired/service.ts';
import { serviceMonitor } from '../../operator/desired/service-monitor.ts';
import type { KubeObject } from '../../operator/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { openMetrics } from '../../registry-server/metrics.ts';
import { idleSources } from '../build/metrics.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const registry = aRegistry({
  monitoring: { dashboards: { enabled: true } },
  artifacts: { s3: { bucket: 'schemas' } },
  auth: { mode: 'ApiKey' },
});

/** Every series of /metrics, by its name, with the labels that its metric has. */
async function writtenSeries(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = openMetrics({
    ...idleSources,
    backlog: () => ({ status: 'up', pending: 0, lagSeconds: 0 }),
  });
  metrics.request('/subjects', 'GET', 200, 0.01);
  metrics.registration('added');
  metrics.compatibilityCheck(true);
  metrics.cacheRead('memory', true);
  metrics.authenticationFailed('unknown-key');
  metrics.redisFailed();
  metrics.archiveShipped(0.1);
  metrics.archiveFailed();
  const lines = (await metrics.write()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', labels = ''] = /^([a-z_0-9]+)(?:\{(.*)\})?/i.exec(line) ?? [];
      return [name, [...labels.matchAll(/([a-z_]+)="/g)].map(([, label]) => label ?? '')];
    }),
  );
}

const specOf = <Spec>(object: KubeObject | undefined) => (object?.spec ?? {}) as Spec;

/** What Prometheus adds when it looks at a pod. */
const addedLabels = ['namespace', 'job', 'pod', 'instance'];

describe('what monitoring asks for is what the server shows', () => {
  const panels = JSON.parse(Object.values(dashboard(registry, anObserved())?.data as object)[0] as string)
    .panels as { title: string; targets: { expr: string }[] }[];
  const { groups } = specOf<{ groups: { rules: { alert: string; expr: string }[] }[] }>(
    prometheusRule(registry, anObserved()),
  );
  const rules = groups.flatMap((group) => group.rules);
  const queries = [
    ...panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ title: `panel "${title}"`, expr })),
    ),
    ...rules.map(({ alert, expr }) => ({ title: `alert ${alert}`, expr })),
  ];

  it('there is something to look at', () => {
    expect(panels.length).to.be.at.least(10);
    expect(rules.length).to.be.at.least(7);
  });

  for (const { title, expr } of queries) {
    it(title, async () => {
      const series = await writtenSeries();
      const asked = [...expr.matchAll(/([a-z_0-9]+)\{([^}]*)\}/g)];
      expect(asked).not.to.have.lengthOf(0);
      for (const [, name = '', matchers = ''] of asked) {
        // Prometheus's own word on whether it could look.
        if (name === 'up') continue;
        expect([...series.keys()]).to.include(name);
        const chosen = [...matchers.matchAll(/([a-z_]+)(?==)/g)].map(([label]) => label);
        const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
          labels.split(', '),
        );
        expect([...(series.get(name) ?? []), ...addedLabels]).to.include.members([...chosen, ...grouped]);
      }
    });
  }

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
