import { stringify } from 'yaml';
import { dashboardsOf } from '../../operator/desired/dashboards.ts';
import { prometheusRule } from '../../operator/desired/prometheus-rule.ts';
import type { Observed } from '../../operator/observed.ts';
import { defaultPolicy } from '../../operator/policy.ts';
import { completeSpec } from '../../operator/spec.ts';

/** The registry of docker-compose.yml, as far as alerts and dashboards are about it. */
function registryOfCompose() {
  const found = {
    apiVersion: 'llm-schema-registry.io/v1alpha1',
    kind: 'SchemaRegistry',
    metadata: { name: 'schema-registry', namespace: 'compose' },
    spec: {
      replicas: 1,
      autoscaling: { enabled: false },
      artifacts: { s3: { bucket: 'schema-registry-artifacts' } },
      monitoring: { dashboards: { enabled: true } },
    },
  };
  const images = { server: '', postgres: '', redis: '' };
  const registry = completeSpec(found, { images, operatorNamespace: '', policy: defaultPolicy });
  return {
    registry,
    observed: { served: new Set(['ServiceMonitor', 'PrometheusRule']) } as unknown as Observed,
  };
}

/** What Prometheus itself reads is what the Prometheus operator is given in a cluster, with the place to look at here. */
export function alertsOfCompose(): string {
  const { registry, observed } = registryOfCompose();
  const { groups } = (prometheusRule(registry, observed)?.spec ?? { groups: [] }) as {
    groups: { name: string; rules: { annotations?: object }[] }[];
  };
  const here = { description: 'curl -s localhost:9091/ready says what is wrong.' };
  const ours = groups.map(({ name, rules }) => ({
    name,
    rules: rules.map(({ annotations, ...rule }) => ({
      ...rule,
      ...(annotations === undefined ? {} : { annotations: { ...annotations, ...here } }),
    })),
  }));
  return `# Written by \`npm run generate\` from operator/desired/prometheus-rule.ts.\n${stringify({ groups: ours }, { lineWidth: 120 })}`;
}

/** The dashboards that the operator makes for a registry, by the names of their files. */
export function dashboardsOfCompose(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(dashboardsOf(registryOfCompose().registry)).map(([name, content]) => [
      name === 'overview' ? 'schema-registry.json' : `schema-registry-${name}.json`,
      `${JSON.stringify(content, undefined, 2)}\n`,
    ]),
  );
}
