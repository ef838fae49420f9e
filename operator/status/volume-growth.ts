import { claimName, findClaim } from '../desired/claim.ts';
import type { Observed } from '../observed.ts';
import { isAbove } from '../quantity.ts';
import type { Registry } from '../registry.ts';
import type { Judge } from './condition.ts';

interface Growth {
  readonly message: string;
  /** Whether the storage says that it cannot be done, or not now. */
  readonly hasFailed: boolean;
}

/** A volume that is not yet as large as its claim asks for; undefined where there is none. */
export const volumeGrowth = {
  postgres: (registry, observed) => growthOf(registry, 'postgres', observed),
  redis: (registry, observed) => growthOf(registry, 'redis', observed),
} as const satisfies Record<string, Judge<Growth | undefined>>;

function growthOf(
  registry: Registry,
  component: 'postgres' | 'redis',
  observed: Observed,
): Growth | undefined {
  const { spec, status } = findClaim(registry, component, observed) ?? {};
  const [wanted, there] = [spec?.resources?.requests?.storage, status?.capacity?.storage];
  if (wanted === undefined || there === undefined || !isAbove(wanted, there)) return undefined;
  const condition = (type: string) =>
    status?.conditions?.find((candidate) => candidate.type === type && candidate.status === 'True');
  const failure = condition('ControllerResizeError') ?? condition('NodeResizeError');
  const isInfeasible = status?.allocatedResourceStatuses?.storage?.endsWith('Infeasible') ?? false;
  const growth = `claim ${claimName(registry, component)} grows from ${there} to ${wanted}`;
  if (failure !== undefined || isInfeasible) {
    const why = failure?.message ?? 'the storage cannot do it';
    return { hasFailed: true, message: `${growth}: ${why}` };
  }
  const isLast = condition('FileSystemResizePending') !== undefined;
  return { hasFailed: false, message: isLast ? `${growth}; its file system is next` : growth };
}
