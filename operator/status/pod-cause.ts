import type { V1ContainerStatus, V1Pod } from '../kube/kubernetes.ts';
import type { Reason } from './condition.ts';

export interface Cause {
  readonly reason: Reason;
  readonly message: string;
}

interface Looked {
  readonly nowMs: number;
  /** What controllers complained of, by the uid of the object that waits. */
  readonly warnings: ReadonlyMap<string, string>;
}

/** Waiting reasons of the kubelet, and what they mean here. */
const waiting: Readonly<Record<string, Reason>> = {
  ImagePullBackOff: 'ImagePullFailed',
  ErrImagePull: 'ImagePullFailed',
  ErrImageNeverPull: 'ImagePullFailed',
  ImageInspectError: 'ImagePullFailed',
  InvalidImageName: 'ImagePullFailed',
  RegistryUnavailable: 'ImagePullFailed',
  SignatureValidationFailed: 'ImagePullFailed',
  CrashLoopBackOff: 'CrashLooping',
  RunContainerError: 'CrashLooping',
  PostStartHookError: 'CrashLooping',
  CreateContainerConfigError: 'ConfigurationMissing',
  CreateContainerError: 'ConfigurationMissing',
};

/** What takes less than this is the ordinary course of a start. */
const usualMs = 30_000;
/** A container that ended and runs again is not well before it has run for so long. */
const steadyMs = 60_000;

/** Why a pod is not ready, in words that say what to look at; undefined where it is, or does not tell. Pure. */
export function podCause(pod: V1Pod, looked: Looked): Cause | undefined {
  if (isReady(pod)) return undefined;
  if (pod.metadata?.deletionTimestamp !== undefined) return leavingCause(pod, looked);
  return (
    failedCause(pod) ??
    schedulingCause(pod) ??
    containerCause(pod, looked) ??
    volumeCause(pod, looked) ??
    initCause(pod, looked) ??
    nodeCause(pod, looked) ??
    readinessCause(pod, looked)
  );
}

function isReady({ metadata, status }: V1Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && metadata?.deletionTimestamp === undefined;
}

/** The time of a pod to end, its grace included, is over. */
function leavingCause({ metadata, spec, status }: V1Pod, { nowMs }: Looked): Cause | undefined {
  const node = spec?.nodeName === undefined ? '' : ` on node ${spec.nodeName}`;
  if (nowMs - msOf(metadata?.deletionTimestamp) < usualMs) {
    // A drain, taints, or a pod that is more important; whoever deletes a pod by hand leaves no such word.
    const target = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    if (target?.status !== 'True') return undefined;
    const words = target.message ?? target.reason ?? 'it is in the way';
    return { reason: 'Evicted', message: `pod ${metadata?.name}${node} is evicted: ${words}` };
  }
  return {
    reason: 'NodeNotResponding',
    message: `pod ${metadata?.name}${node} is being deleted and does not terminate; check whether its node is up`,
  };
}

/** The pod was evicted, or refused by the node that it was given to. */
function failedCause({ metadata, status }: V1Pod): Cause | undefined {
  if (status?.phase !== 'Failed' || status.reason === undefined) return undefined;
  const words = status.message === undefined ? '' : `: ${status.message}`;
  return { reason: 'PodFailed', message: `pod ${metadata?.name}: ${status.reason}${words}` };
}

function schedulingCause({ metadata, status }: V1Pod): Cause | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  const words = scheduled.message ?? 'no node takes it';
  return { reason: 'Unschedulable', message: `pod ${metadata?.name}: ${words}` };
}

function containersOf({ status }: V1Pod): readonly V1ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function containerCause(pod: V1Pod, looked: Looked): Cause | undefined {
  for (const found of containersOf(pod)) {
    const { name: container, state, image } = found;
    const where = `pod ${pod.metadata?.name}, container ${container}`;
    const reason = waiting[state?.waiting?.reason ?? ''];
    if (reason === 'CrashLooping' || isEndingAgainAndAgain(found, looked)) {
      const ended = state?.terminated ?? found.lastState?.terminated;
      const words = lastLine(ended?.message) ?? endWords(ended?.reason) ?? state?.waiting?.message ?? '';
      const code = ended?.exitCode ?? 'unknown';
      return { reason: 'CrashLooping', message: `${where}, exit code ${code}: ${words}` };
    }
    if (reason === 'ImagePullFailed') {
      const words = pullWords(state?.waiting?.message);
      return { reason, message: `${where}: image ${image} cannot be pulled${words}` };
    }
    if (reason !== undefined) return { reason, message: `${where}: ${state?.waiting?.message ?? ''}` };
  }
  return undefined;
}

/** Between two of its ends a container runs for a moment, or has not been given a back-off yet. */
function isEndingAgainAndAgain({ state, lastState, ready, restartCount }: V1ContainerStatus, looked: Looked) {
  if (ready || restartCount === 0) return false;
  if (state?.terminated !== undefined) return state.terminated.exitCode !== 0;
  const since = state?.running?.startedAt;
  const hasFailed = (lastState?.terminated?.exitCode ?? 0) !== 0;
  return hasFailed && since !== undefined && looked.nowMs - msOf(since) < steadyMs;
}

function endWords(reason: string | undefined): string | undefined {
  if (reason === 'OOMKilled') return 'it used more memory than its limit allows';
  return undefined;
}

/** Nothing runs because something that is to be mounted is not there: only an Event tells. */
function volumeCause(pod: V1Pod, { warnings }: Looked): Cause | undefined {
  const warning = warnings.get(pod.metadata?.uid ?? '');
  if (warning === undefined || !isWaitingForItsNode(pod)) return undefined;
  const isMissing = /(secret|configmap)s? .*not found|non-existent (secret|config)/i.test(warning);
  return {
    reason: isMissing ? 'ConfigurationMissing' : 'ContainersNotMade',
    // Each try of a sandbox has another id.
    message: `pod ${pod.metadata?.name}: ${warning.replaceAll(/[0-9a-f]{32,}/g, '…')}`,
  };
}

/** Whether a pod has a node, and none of its containers has begun. */
export function isWaitingForItsNode(pod: V1Pod): boolean {
  const containers = containersOf(pod);
  const isHeld = ({ state }: V1ContainerStatus) =>
    ['ContainerCreating', 'PodInitializing'].includes(state?.waiting?.reason ?? '');
  return pod.spec?.nodeName !== undefined && containers.length > 0 && containers.every(isHeld);
}

/** The last that runs is the one that the others wait for: those before it are sidecars, which run on. */
function initCause({ metadata, status }: V1Pod, { nowMs }: Looked): Cause | undefined {
  const isHeld = status?.containerStatuses?.every(
    ({ state }) => state?.waiting?.reason === 'PodInitializing',
  );
  const running = status?.initContainerStatuses?.findLast(({ state }) => state?.running !== undefined);
  const since = running?.state?.running?.startedAt;
  if (!isHeld || since === undefined || nowMs - msOf(since) < usualMs) return undefined;
  return {
    reason: 'Initializing',
    message: `pod ${metadata?.name}: its other containers wait for the init container ${running?.name}, which does not end`,
  };
}

function nodeCause({ metadata, spec, status }: V1Pod, { nowMs }: Looked): Cause | undefined {
  const hasBegun = (status?.containerStatuses ?? []).length > 0;
  if (spec?.nodeName === undefined || hasBegun || nowMs - msOf(metadata?.creationTimestamp) < usualMs)
    return undefined;
  return {
    reason: 'NodeNotResponding',
    message: `pod ${metadata?.name} waits for node ${spec.nodeName}, which has not taken it up`,
  };
}

/** All containers of the pod run: a probe, or a gate of somebody else, holds it back. */
function readinessCause({ metadata, status }: V1Pod, { nowMs }: Looked): Cause | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.reason === 'ReadinessGatesNotReady')
    return { reason: 'ContainersNotReady', message: `pod ${metadata?.name}: ${ready.message}` };
  const unready = status?.containerStatuses?.find(({ ready: isWell, state }) => {
    const since = state?.running?.startedAt;
    return !isWell && since !== undefined && nowMs - msOf(since) >= usualMs;
  });
  if (unready === undefined) return undefined;
  return {
    reason: 'ContainersNotReady',
    message: `pod ${metadata?.name}: container ${unready.name} runs, and its probe says that it is not ready`,
  };
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

export const noSpace = /No space left on device/i;

/**
 * The last line that tells of an error, or else the last one: a stack or a banner may follow the words that matter. A full
 * disk goes before: much else fails for it.
 */
function lastLine(text: string | undefined): string | undefined {
  const lines = text?.trim().split('\n');
  const find = (pattern: RegExp) => lines?.findLast((line) => pattern.test(line));
  return (find(noSpace) ?? find(/error|fatal|panic/i) ?? lines?.at(-1))?.trim().slice(0, 300);
}

/** As JSON the API server's times are texts; the library calls them dates. */
function msOf(time: Date | undefined): number {
  return time === undefined ? Number.NaN : new Date(time).getTime();
}
