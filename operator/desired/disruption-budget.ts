import type { V1PodDisruptionBudgetSpec } from '../kube/kubernetes.ts';
import { selectorLabels } from '../labels.ts';
import { type Child, meta, names } from './child.ts';

export const disruptionBudget: Child = (registry) => {
  if (registry.minAvailable === undefined) return undefined;
  return {
    ...meta(registry, 'PodDisruptionBudget', 'server', names(registry).server),
    spec: {
      minAvailable: registry.minAvailable,
      // Pods that are not ready serve nobody: while the database is out, none is, and no drain is to wait for that.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(registry, 'server') },
    } satisfies V1PodDisruptionBudgetSpec,
  };
};
