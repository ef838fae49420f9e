import { type Child, meta, names, selectorLabels } from './child.ts';

export const disruptionBudget: Child = (registry) => {
  if (registry.minAvailable === undefined) return undefined;
  return {
    ...meta(registry, 'PodDisruptionBudget', 'server', names(registry).server),
    spec: {
      minAvailable: registry.minAvailable,
      // A pod that is broken anyway may be evicted only while enough others are well.
      unhealthyPodEvictionPolicy: 'IfHealthyBudget',
      selector: { matchLabels: selectorLabels(registry, 'server') },
    },
  };
};
