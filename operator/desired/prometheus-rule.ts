import { alertRules } from './alerts.ts';
import { type Child, meta, names } from './child.ts';
import { recordingRules } from './recording-rules.ts';

/**
 * Alerts on what a person has to look at, and what they and dashboards are computed from. client-node has no type of the kind,
 * which comes from a CRD.
 */
export const prometheusRule: Child = (registry, observed) => {
  const wanted = registry.monitoring.prometheusRule;
  if (wanted === undefined || !observed.served.has('PrometheusRule')) return undefined;
  const object = meta(registry, 'PrometheusRule', 'server', names(registry).server);
  const group = `schema-registry.${registry.namespace}.${registry.name}`;
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...wanted.labels, ...object.metadata.labels } },
    spec: {
      groups: [
        { name: `${group}.recording`, rules: recordingRules(registry) },
        { name: group, rules: alertRules(registry, observed) },
      ],
    },
  };
};
