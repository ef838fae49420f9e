import { componentOf } from '../cache.ts';
import { type Component, names, type Observed } from '../desired/child.ts';
import { claimName, findClaim, storageField, storageOf } from '../desired/claim.ts';
import type { V1Pod, V1StatefulSet } from '../kubernetes.ts';
import type { Registry } from '../registry.ts';
import type { Reason } from './condition.ts';

export interface Cause {
  readonly reason: Reason;
  readonly message: string;
}

/** Waiting reasons of the kubelet, and what they mean here. */
const waiting: Readonly<Record<string, Reason>> = {
  ImagePullBackOff: 'ImagePullFailed',
  ErrImagePull: 'ImagePullFailed',
  ErrImageNeverPull: 'ImagePullFailed',
  InvalidImageName: 'ImagePullFailed',
  CrashLoopBackOff: 'CrashLooping',
  RunContainerError: 'CrashLooping',
  CreateContainerConfigError: 'ConfigurationMissing',
  CreateContainerError: 'ConfigurationMissing',
};

/** Why a component is not there yet, in words that say what to look at; undefined where no pod tells. */
export function findCause(registry: Registry, observed: Observed, component: Component): Cause | undefined {
  const pods = observed.pods.filter((pod) => componentOf(pod) === component);
  // Before the claim, which waits for a pod.
  const refusal = pods.length === 0 ? controllerCause(observed, component) : undefined;
  if (refusal !== undefined) return refusal;
  const claim = component === 'server' ? undefined : claimCause(registry, observed, component);
  if (claim !== undefined) return claim;
  for (const pod of pods) {
    const cause = podCause(pod);
    if (cause === undefined) continue;
    const isFull = component !== 'server' && cause.reason === 'CrashLooping' && noSpace.test(cause.message);
    return isFull
      ? { reason: 'DiskFull', message: `${cause.message}; ${roomFor(registry, component)}` }
      : cause;
  }
  return undefined;
}

const noSpace = /No space left on device/i;

/** What to do about a volume that is full. */
export function roomFor(registry: Registry, component: 'postgres' | 'redis'): string {
  return `raise ${storageField[component]}.size (${storageOf(registry, component)?.size})`;
}

function podCause(pod: V1Pod): Cause | undefined {
  const name = pod.metadata?.name ?? '';
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return { reason: 'Unschedulable', message: `pod ${name}: ${scheduled.message ?? 'no node takes it'}` };
  }
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { name: container, state, lastState, image } of containers) {
    const reason = waiting[state?.waiting?.reason ?? ''];
    if (reason === undefined) continue;
    const ended = lastState?.terminated;
    if (reason === 'CrashLooping') {
      const words = lastLine(ended?.message) ?? state?.waiting?.message ?? '';
      return {
        reason,
        message: `pod ${name}, container ${container}, exit code ${ended?.exitCode ?? 'unknown'}: ${words}`,
      };
    }
    if (reason === 'ImagePullFailed') {
      const words = pullWords(state?.waiting?.message);
      return { reason, message: `pod ${name}: image ${image} cannot be pulled${words}` };
    }
    return { reason, message: `pod ${name}, container ${container}: ${state?.waiting?.message ?? ''}` };
  }
  return undefined;
}

function claimCause(
  registry: Registry,
  observed: Observed,
  component: 'postgres' | 'redis',
): Cause | undefined {
  const name = claimName(registry, component);
  const claim = findClaim(registry, component, observed);
  if (claim === undefined || claim.status?.phase === 'Bound') return undefined;
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
  if (pod?.spec?.nodeName === undefined && pod !== undefined) return podCause(pod);
  return { reason: 'ClaimPending', message };
}

/** Without a pod, its controller tells why it could make none: quota, admission. */
function controllerCause(observed: Observed, component: Component): Cause | undefined {
  const message =
    component === 'server' ? replicaFailure(observed) : warningOf(observed[component], observed);
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

/** The end of what the kubelet says is the cause; before it come the image, over and over, and the kubelet's state. */
function pullWords(message = ''): string {
  // The port that a lookup was sent from is another one each time.
  const end = message
    .split(/": /)
    .at(-1)
    ?.replace(/[\d.]+:\d+->/, '')
    .trim();
  return end ? `: ${end.slice(0, 300)}` : '';
}

/**
 * The last line that tells of an error, or else the last one: a stack or a banner may follow the words that matter. A full
 * disk goes before: much else fails for it.
 */
function lastLine(text: string | undefined): string | undefined {
  const lines = text?.trim().split('\n');
  const find = (pattern: RegExp) => lines?.findLast((line) => pattern.test(line));
  return (find(noSpace) ?? find(/error|fatal|panic/i) ?? lines?.at(-1))?.trim().slice(0, 300);
}
