import { host, names } from '../desired/child.ts';
import { ports } from '../desired/config-map.ts';
import type { V1StatefulSet } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { ExternalDatabase, Registry } from '../registry.ts';
import { findCause, roomFor } from './cause.ts';
import { type Condition, type Reason, reasons, type Verdict } from './condition.ts';

export const databaseReady: Condition = (registry, observed) => {
  const { database } = registry;
  const out = observed.answer?.isReady ? observed.answer.checks.writes : undefined;
  if (out?.status === 'down') {
    const where = database.kind === 'managed' ? 'PostgreSQL' : databasePlace(registry);
    const remedy = database.kind === 'managed' ? `; ${roomFor(registry, 'postgres')}` : '';
    const message = `${where}: ${out.cause ?? 'nothing can be written'}: schemas are read, none can be registered${remedy}`;
    return { status: 'False', reason: reasonOf(out.reason), message };
  }
  if (database.kind === 'external') return externalDatabase(database, observed);
  const verdict = statefulSetVerdict(registry, observed, 'postgres', observed.postgres, 'PostgreSQL');
  return verdict.status === 'True' ? (refusedByManaged(observed) ?? verdict) : verdict;
};

/** PostgreSQL is up, and yet of no use. That it cannot be reached is told by its pod, and passes. */
function refusedByManaged({ answer, unready }: Observed): Verdict | undefined {
  const check = answer?.isReady ? undefined : unready?.checks.database;
  if (check?.status !== 'down' || check.reason === undefined) return undefined;
  const reason = reasonOf(check.reason);
  const message = `PostgreSQL: ${check.cause ?? 'it cannot be used'}`;
  return reason === 'Unreachable' ? undefined : { status: 'False', reason, message };
}

/** What the server says of it; nobody else has its password. */
function externalDatabase({ host, port }: ExternalDatabase, { answer, unready }: Observed): Verdict {
  if (answer?.isReady) return { status: 'True', reason: 'Ready', message: `${host}:${port} answers` };
  const check = unready?.checks.database;
  if (check?.status === 'down') {
    const reason = reasonOf(check.reason);
    return { status: 'False', reason, message: `${host}:${port}: ${check.cause ?? 'it cannot be used'}` };
  }
  return {
    status: 'Unknown',
    reason: 'Starting',
    message: `no server pod has connected to ${host}:${port} yet`,
  };
}

/** A newer server may know more of them. */
function reasonOf(text: string | undefined): Reason {
  return reasons.find((known) => known === text) ?? 'Unreachable';
}

/** Where a registry's PostgreSQL listens, as `status.dependencies` shows it. */
export function databasePlace(registry: Registry): string {
  const { database } = registry;
  return database.kind === 'external'
    ? `${database.host}:${database.port}`
    : `${host(registry, names(registry).postgres)}:${ports.postgres}`;
}

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
