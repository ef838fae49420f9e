import { names } from '../desired/child.ts';
import { componentOf } from '../labels.ts';
import { locationOf } from '../object-stores.ts';
import type { LastDrill, Observed } from '../observed.ts';
import type { ArtifactStore, Registry } from '../registry.ts';
import { overdueSeconds } from '../schedule.ts';
import { type Condition, chain, type Judge, type Verdict } from './condition.ts';

type Cause = Judge<Verdict | undefined>;

/** Undefined where nobody knows of any. */
export function lastDrillOf({ answer }: Observed): LastDrill | undefined {
  return answer?.isReady ? answer.checks.archive?.lastDrill : undefined;
}

/** The servers look every 10 s at how a drill went. */
const TOLD_MS = 60_000;

/** A drill has just ended, and what it found is on its way through the bucket and the server. */
export function isDrillBeingTold({ pods, nowMs }: Pick<Observed, 'pods' | 'nowMs'>): boolean {
  return pods.some((pod) => {
    const ended = pod.status?.containerStatuses?.[0]?.state?.terminated?.finishedAt;
    return componentOf(pod) === 'drill' && ended !== undefined && nowMs - new Date(ended).getTime() < TOLD_MS;
  });
}

const withoutDrill: Cause = ({ artifacts, drill }) =>
  artifacts === undefined || drill === undefined
    ? {
        status: 'True',
        reason: 'Disabled',
        message: 'spec.artifacts.s3 has no drill: nobody tries whether the archive can be restored',
      }
    : undefined;

const unanswered: Cause = (_registry, { answer }) =>
  answer?.isReady
    ? undefined
    : {
        status: 'Unknown',
        reason: 'Starting',
        message: 'the server does not answer, and so does not say how the last drill went',
      };

const none: Cause = (registry, observed) =>
  lastDrillOf(observed) === undefined
    ? { status: 'Unknown', reason: 'NotYet', message: `no drill has ended yet; ${byHand(registry)}` }
    : undefined;

const differing: Cause = (registry, observed) => {
  const drill = lastDrillOf(observed);
  if (drill === undefined || drill.differing === 0) return undefined;
  const named = drill.differences.join('; ');
  const more = drill.differing - drill.differences.length;
  const message = `the drill of ${drill.endedAt} restored ${whatOf(registry, drill)}, and this is not as it is in the registry: ${named}${more > 0 ? `; and ${more} more` : ''}`;
  return { status: 'False', reason: 'ArchiveDiffers', message };
};

const overdue: Cause = (registry, observed) => {
  const drill = lastDrillOf(observed);
  const schedule = registry.drill?.schedule;
  if (drill === undefined || schedule === undefined) return undefined;
  if (observed.nowMs - Date.parse(drill.endedAt) <= overdueSeconds(schedule) * 1000) return undefined;
  const message = `the last drill that ended is of ${drill.endedAt}, and the schedule is "${schedule}"; kubectl -n ${registry.namespace} get jobs,pods tells what became of those since`;
  return { status: 'False', reason: 'DrillOverdue', message };
};

/** Whether the archive was tried, and is what the registry is. */
export const archiveVerified: Condition = chain(
  [withoutDrill, unanswered, none, differing, overdue],
  (registry, observed) => {
    const drill = lastDrillOf(observed) as LastDrill;
    const { endedAt, seconds, schemas } = drill;
    const message = `the drill of ${endedAt} restored ${whatOf(registry, drill)} in ${seconds} s: ${schemas} schemas, all as they are in the registry`;
    return { status: 'True', reason: 'Verified', message };
  },
);

function whatOf({ artifacts }: Registry, { snapshot }: LastDrill): string {
  const place = locationOf(artifacts as ArtifactStore);
  return snapshot === undefined ? place : `the snapshot ${snapshot} of ${place}`;
}

function byHand(registry: Registry): string {
  const job = names(registry).drill;
  return `kubectl -n ${registry.namespace} create job --from=cronjob/${job} ${job}-now begins one`;
}
