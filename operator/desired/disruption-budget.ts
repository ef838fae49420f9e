import type { V1PodDisruptionBudgetSpec } from '../kube/kubernetes.ts';
import { selectorLabels } from '../labels.ts';
import type { Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';

export const disruptionBudget: Child = (registry) =>
  registry.minAvailable === undefined
    ? undefined
    : budgetOf(registry, 'server', { minAvailable: registry.minAvailable });

/**
 * One pod, which a drain may take: a budget that forbade it would hold up every drain of its node. It shows who is drained
 * (`kubectl get pdb`), to tools that ask before they drain too, and lets go of a pod only once it runs again.
 */
const oneAtATime: V1PodDisruptionBudgetSpec = { maxUnavailable: 1 };

export const postgresBudget: Child = (registry) =>
  registry.hasBudgets && registry.database.kind === 'managed'
    ? budgetOf(registry, 'postgres', oneAtATime)
    : undefined;

export const redisBudget: Child = (registry) =>
  registry.hasBudgets && registry.cache?.kind === 'managed'
    ? budgetOf(registry, 'redis', oneAtATime)
    : undefined;

function budgetOf(
  registry: Registry,
  component: 'server' | 'postgres' | 'redis',
  spec: V1PodDisruptionBudgetSpec,
) {
  return {
    ...meta(registry, 'PodDisruptionBudget', component, names(registry)[component]),
    spec: {
      ...spec,
      // Pods that are not ready serve nobody: while the database is out, none is, and no drain is to wait for that.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(registry, component) },
    } satisfies V1PodDisruptionBudgetSpec,
  };
}
