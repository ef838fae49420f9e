import type { V1ConfigMap } from '../kube/kubernetes.ts';
import { type Child, meta, names } from './child.ts';
import { dashboardsOf } from './dashboards.ts';

/** For Grafana's sidecar, which takes ConfigMaps with this label from every namespace. */
export const dashboard: Child = (registry) => {
  const wanted = registry.monitoring.dashboards;
  if (wanted === undefined) return undefined;
  const object = meta(registry, 'ConfigMap', 'server', names(registry).dashboard);
  const file = `schema-registry-${registry.namespace}-${registry.name}`;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { grafana_dashboard: '1', ...wanted.labels, ...object.metadata.labels },
    },
    data: Object.fromEntries(
      Object.entries(dashboardsOf(registry)).map(([name, content]) => [
        name === 'overview' ? `${file}.json` : `${file}-${name}.json`,
        JSON.stringify(content),
      ]),
    ),
  } satisfies V1ConfigMap;
};
