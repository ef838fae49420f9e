import type { Observed } from '../desired/child.ts';
import type { V1StatefulSet } from '../kubernetes.ts';
import type { Registry } from '../spec.ts';
import { findCause } from './cause.ts';
import type { Condition, Verdict } from './condition.ts';

export const databaseReady: Condition = (registry, observed) =>
  statefulSetVerdict(registry, observed, 'postgres', observed.postgres, 'PostgreSQL');

/** A managed PostgreSQL or Redis: one pod that must be ready. */
export function statefulSetVerdict(
  registry: Registry,
  observed: Observed,
  component: 'postgres' | 'redis',
  found: V1StatefulSet | undefined,
  label: string,
): Verdict {
  if ((found?.status?.readyReplicas ?? 0) > 0)
    return { status: 'True', reason: 'Ready', message: `${label} accepts connections` };
  const cause = findCause(registry, observed, component);
  return cause === undefined
    ? { status: 'False', reason: 'Starting', message: `${label} is starting` }
    : { status: 'False', ...cause };
}
