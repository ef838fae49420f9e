import { isDeepStrictEqual } from 'node:util';
import { bundleOf } from './desired/certificates.ts';
import { host, names } from './desired/child.ts';
import type { Trust } from './kube/get-json.ts';
import type { V1Deployment, V1Pod } from './kube/kubernetes.ts';
import { componentOf } from './labels.ts';
import type { Certificates, Observed } from './observed.ts';
import type { Probe } from './probe.ts';
import { WorkQueue } from './queue.ts';
import type { Registry } from './registry.ts';
import { rolloutWait } from './status/reconciling.ts';

/** What a registry says of itself. */
export type Answers = Pick<Observed, 'answer' | 'unready'>;

/** What there is to ask of a registry. */
export interface Subject {
  /** What an answer is of: where this text is another, an answer of before says nothing of what is there now. */
  readonly of: string;
  /** Whether a pod is ready, so that the Service leads somewhere. */
  readonly isServing: boolean;
  /** A pod that is up and not ready. */
  readonly unready: V1Pod | undefined;
}

interface Question {
  readonly registry: Registry;
  readonly subject: Subject;
  readonly trust: Trust;
}

/** What is known of one registry, and what it is to be asked next. */
interface Followed {
  last?: { readonly of: string; readonly answers: Answers; readonly endedMs: number } | undefined;
  question?: Question | undefined;
  /** Ends the question that is being asked. */
  asking?: AbortController | undefined;
}

/** So many registries are asked at a time; each takes 3 s at most, and most of them a few milliseconds. */
const askedAtOnce = 16;
/** Runs that follow each other more closely than this share an answer. */
const freshMs = 500;

const nothing: Answers = { answer: undefined, unready: undefined };

/**
 * Asks registries how they do while their runs go on, keeps what each said last and of what, and tells when that is
 * something new. A run says what there is to ask (`follow`), and looks at what is known (`findAnswers`); none waits.
 */
export class Prober {
  readonly #probe: Probe;
  readonly #onTurn: (key: string) => void;
  readonly #followed = new Map<string, Followed>();
  readonly #queue = new WorkQueue((key) => this.#ask(key), askedAtOnce);

  /** @param onTurn told the key of each registry that answers differently from before, or of what it was not asked before */
  constructor(probe: Probe, onTurn: (key: string) => void) {
    this.#probe = probe;
    this.#onTurn = onTurn;
  }

  /** The last answers; undefined where the registry has not been asked of what is there now. */
  findAnswers(key: string, subject: Subject): Answers | undefined {
    if (!asksAnything(subject)) return nothing;
    const last = this.#followed.get(key)?.last;
    return last?.of === subject.of ? last.answers : undefined;
  }

  /** What was answered until now is of what was there before a write, and counts no more. */
  outdate(key: string): void {
    const followed = this.#followed.get(key);
    followed?.asking?.abort();
    this.#followed.delete(key);
  }

  /** Has the registry asked in a moment, unless that was done a moment ago. */
  follow(key: string, question: Question): void {
    const followed = this.#followed.get(key) ?? {};
    const { subject } = question;
    const isAsking = followed.asking !== undefined && followed.question?.subject.of === subject.of;
    if (isAsking) return;
    followed.asking?.abort();
    followed.question = undefined;
    this.#followed.set(key, followed);
    if (!asksAnything(subject)) return;
    const { last } = followed;
    if (last?.of === subject.of && performance.now() - last.endedMs < freshMs) return;
    followed.question = question;
    this.#queue.add(key);
  }

  /** A registry that is gone is asked no more. */
  forget(key: string): void {
    this.outdate(key);
  }

  /** Gives up what is being asked; resolves when that has ended. */
  async stop(): Promise<void> {
    for (const { asking } of this.#followed.values()) asking?.abort();
    await this.#queue.stop();
  }

  async #ask(key: string): Promise<Record<string, never>> {
    const followed = this.#followed.get(key);
    if (followed?.question === undefined) return {};
    const { registry, subject, trust } = followed.question;
    const asking = new AbortController();
    followed.asking = asking;
    const { signal } = asking;
    const [answer, unready] = await Promise.all([
      subject.isServing ? this.#probe.ask(registry, trust, signal) : undefined,
      subject.unready && this.#probe.askPod(registry, subject.unready, trust, signal),
    ]);
    if (signal.aborted) return {};
    const answers = { answer, unready };
    const { last } = followed;
    followed.last = { of: subject.of, answers, endedMs: performance.now() };
    followed.asking = undefined;
    // What it holds is large, and is said anew by the next run.
    followed.question = undefined;
    if (last?.of !== subject.of || !isDeepStrictEqual(last.answers, answers)) this.#onTurn(key);
    return {};
  }
}

function asksAnything({ isServing, unready }: Subject): boolean {
  return isServing || unready !== undefined;
}

/**
 * What there is to ask, from the state of the pods. The Service may lead to others once a Deployment has been changed, once
 * its rollout has ended, and once a pod is ready where none was; and what a pod says is of its present container. Pure.
 */
export function subjectOf(deployment: V1Deployment | undefined, pods: readonly V1Pod[]): Subject {
  const { uid, generation } = deployment?.metadata ?? {};
  const isServing = (deployment?.status?.readyReplicas ?? 0) > 0;
  const unready = pods.find(isUpAndUnready);
  const isRolledOut = rolloutWait(deployment) === undefined;
  const of = [
    uid,
    generation,
    isRolledOut,
    isServing,
    unready?.metadata?.uid,
    serverOf(unready)?.containerID,
  ];
  return { of: JSON.stringify(of), isServing, unready };
}

/** Whether the server runs in a pod, and says that it is not ready. */
function isUpAndUnready(pod: V1Pod): boolean {
  const { metadata, status } = pod;
  const container = serverOf(pod);
  return (
    componentOf({ metadata }) === 'server' &&
    metadata?.deletionTimestamp === undefined &&
    status?.podIP !== undefined &&
    container?.state?.running !== undefined &&
    !container.ready
  );
}

/** The server's container of a pod; others come by spec.podTemplate. */
function serverOf(pod: V1Pod | undefined) {
  return pod?.status?.containerStatuses?.find(({ name }) => name === 'server');
}

/** Whom a probe trusts. Where the certificate is somebody else's, its authority is not known here, and what is asked holds no secret. */
export function trustOf(registry: Registry, certificates: Certificates | undefined): Trust {
  if (certificates === undefined || registry.tls?.mode !== 'Operator') return {};
  return { ca: bundleOf(certificates.authority), serverName: host(registry, names(registry).server) };
}
