import { selectorLabels } from '../labels.ts';
import { type Child, meta, names } from './child.ts';

/** For the Prometheus operator, where the cluster has one. client-node has no type of the kind, which comes from a CRD. */
export const serviceMonitor: Child = (registry, { served }) => {
  const wanted = registry.monitoring.serviceMonitor;
  if (wanted === undefined || !served.has('ServiceMonitor')) return undefined;
  const object = meta(registry, 'ServiceMonitor', 'server', names(registry).server);
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...wanted.labels, ...object.metadata.labels } },
    spec: {
      // The series carry job="NAME", which the rules and the dashboard ask for.
      jobLabel: 'app.kubernetes.io/instance',
      selector: { matchLabels: selectorLabels(registry, 'server') },
      // The Services of the server differ in their ports: one alone has this one.
      endpoints: [{ port: 'metrics', path: '/metrics', interval: wanted.interval }],
    },
  };
};
