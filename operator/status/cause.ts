import { names } from '../desired/child.ts';
import { claimName, findClaim, storageField, storageOf } from '../desired/claim.ts';
import type { V1Pod, V1StatefulSet } from '../kube/kubernetes.ts';
import { type Component, componentOf } from '../labels.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import type { Judge } from './condition.ts';
import { type Cause, noSpace, podCause } from './pod-cause.ts';

/**
 * Why a component is not there yet, or not as it is wanted, in words that say what to look at; undefined where nobody
 * tells. For whoever has found that something waits: a pod of before may be ailing while all that is wanted is there.
 */
export const causeOf = {
  server: (registry, observed) => findCause(registry, observed, 'server'),
  postgres: (registry, observed) => findCause(registry, observed, 'postgres'),
  redis: (registry, observed) => findCause(registry, observed, 'redis'),
} as const satisfies Record<Component, Judge<Cause | undefined>>;

function findCause(registry: Registry, observed: Observed, component: Component): Cause | undefined {
  const pods = observed.pods.filter((pod) => componentOf(pod) === component).toSorted(newestFirst);
  const pause = component === 'server' ? pausedCause(observed) : undefined;
  // Before the claim, which waits for a pod.
  const refusal = pause ?? controllerCause(observed, component, pods);
  if (refusal !== undefined) return refusal;
  const claim = component === 'server' ? undefined : claimCause(registry, observed, component);
  if (claim !== undefined) return claim;
  for (const pod of pods) {
    const cause = podCause(pod, observed);
    if (cause === undefined) continue;
    if (component === 'server' && cause.reason === 'ContainersNotReady' && observed.unready !== undefined)
      return { ...cause, message: `${cause.message}: ${observed.unready.cause}` };
    const major =
      component === 'postgres' && cause.reason === 'CrashLooping' ? otherMajor.exec(cause.message) : null;
    if (major !== null)
      return {
        reason: 'MajorUpgradeRefused',
        message: `${cause.message}: write an image of PostgreSQL ${major[1]} in spec.database.managed.image, or move the data (docs/upgrade.md)`,
      };
    const isFull = component !== 'server' && cause.reason === 'CrashLooping' && noSpace.test(cause.message);
    return isFull
      ? { reason: 'DiskFull', message: `${cause.message}; ${roomFor(registry, component)}` }
      : cause;
  }
  return undefined;
}

/** The words of the script that runs before PostgreSQL (desired/postgres-scripts.ts). */
const otherMajor = /the data is of PostgreSQL (\d+), and the image has PostgreSQL \d+/;

/** What is wanted now is told by the pods that were made last. */
function newestFirst(one: V1Pod, other: V1Pod): number {
  const [first, second] = [one, other].map(({ metadata }) => String(metadata?.creationTimestamp ?? ''));
  return (second ?? '').localeCompare(first ?? '');
}

/** Why a rollout of the Deployment does not end. Its controller's own word, which comes after ten minutes, is for where nobody says more. */
export const rolloutCause: Judge<Cause | undefined> = (_registry, observed, find) => {
  const { metadata, status } = observed.deployment ?? {};
  // Until its controller has seen the change, the pods are those of the one before.
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return undefined;
  return find(causeOf.server) ?? deadlineCause(observed);
};

function deadlineCause({ deployment, unready }: Observed): Cause | undefined {
  const progressing = deployment?.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  const seconds = deployment?.spec?.progressDeadlineSeconds ?? 600;
  const words = unready === undefined ? '' : `; one says: ${unready.cause}`;
  return {
    reason: 'ProgressDeadlineExceeded',
    message: `no further server pod has become ready for ${seconds} s${words}`,
  };
}

function pausedCause({ deployment }: Observed): Cause | undefined {
  if (!deployment?.spec?.paused) return undefined;
  const { name, namespace } = deployment.metadata ?? {};
  return {
    reason: 'RolloutPaused',
    message: `somebody has paused the Deployment; kubectl rollout resume deployment/${name} -n ${namespace} lets it go on`,
  };
}

/** What to do about a volume that is full. */
export function roomFor(registry: Registry, component: 'postgres' | 'redis'): string {
  return `raise ${storageField[component]}.size (${storageOf(registry, component)?.size})`;
}

function claimCause(
  registry: Registry,
  observed: Observed,
  component: 'postgres' | 'redis',
): Cause | undefined {
  const name = claimName(registry, component);
  const claim = findClaim(registry, component, observed);
  if (claim === undefined || claim.status?.phase === 'Bound') return undefined;
  if (claim.metadata?.deletionTimestamp !== undefined)
    return { reason: 'ClaimPending', message: `claim ${name} is being deleted, and is made anew after that` };
  if (claim.status?.phase === 'Lost') {
    const message = `claim ${name} has lost its volume ${claim.spec?.volumeName}, which is no longer there`;
    return { reason: 'ClaimPending', message };
  }
  const { storageClassName } = claim.spec ?? {};
  if (storageClassName === undefined) {
    return {
      reason: 'ClaimPending',
      message: `claim ${name}: no StorageClass is named and the cluster has no default one; set ${storageField[component]}.storageClassName`,
    };
  }
  const warning = observed.warnings.get(claim.metadata?.uid ?? '');
  const message = `claim ${name} waits for a volume of class ${storageClassName}`;
  if (warning !== undefined) return { reason: 'ClaimPending', message: `${message}: ${warning}` };
  // A class that waits for the first consumer leaves the claim pending until the pod has a node.
  const pod = observed.pods.find(({ metadata }) => metadata?.name === `${names(registry)[component]}-0`);
  if (pod?.spec?.nodeName === undefined && pod !== undefined) return podCause(pod, observed);
  return { reason: 'ClaimPending', message };
}

/** Where it could not make a pod its controller tells why: a quota, admission. */
function controllerCause(
  observed: Observed,
  component: Component,
  pods: readonly V1Pod[],
): Cause | undefined {
  const message =
    component === 'server'
      ? replicaFailure(observed)
      : pods.length === 0
        ? warningOf(observed[component], observed)
        : undefined;
  if (message === undefined) return undefined;
  const reason = /quota/i.test(message) ? 'QuotaExceeded' : 'ConfigurationMissing';
  // Before these words comes the name of a pod, another one with each try.
  return { reason, message: message.replace(/^.*? is forbidden: /s, '') };
}

function replicaFailure({ deployment }: Observed): string | undefined {
  const failure = deployment?.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  return failure?.message ?? failure?.reason;
}

function warningOf(found: V1StatefulSet | undefined, { warnings }: Observed): string | undefined {
  return warnings.get(found?.metadata?.uid ?? '');
}
