import { contentHash } from './desired/pod.ts';
import type { Difference } from './difference.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import { appliedHashAnnotation, keyOf } from './labels.ts';

/** Why a write would be in vain. */
export type Vain = 'left' | 'undone';

/** A write, and what came of it. */
interface Entry {
  /** The hash of all that was wanted. */
  readonly hash: string;
  /** The hash of what was not as wanted before the write; where it was refused, of all of the object but its state. */
  readonly mended: string;
  /** The hash of what was not as wanted in the answer; undefined: it was refused, or others wrote in between. */
  readonly left: string | undefined;
  readonly refusal: Error | undefined;
  /** How often the very same was mended, or refused, in a row. */
  readonly times: number;
  readonly atMs: number;
}

/** Somebody may undo a repair by hand, even twice; who does it so often in the same way is a program. */
const mostRepairs = 10;
const firstWaitMs = 10_000;
const longestWaitMs = 10 * 60_000;
const firstRefusalMs = 25_000;
const longestRefusalMs = 5 * 60_000;

/**
 * What was sent for each object whose answer was not as it was sent, or that others have changed, and what came back: the
 * same is sent no second time while the object is as it was then. What all others were like is in the caches.
 */
export class Ledger {
  readonly #entries = new Map<string, Map<string, Entry>>();

  /**
   * Whether writing the object as wanted would only repeat what was written before: in its answer the same was left, or
   * somebody has undone it each time, and it is too early to try again.
   */
  isVain(wanted: KubeObject, found: readonly Difference[], nowMs: number): Vain | undefined {
    const entry = this.#find(wanted);
    if (entry === undefined || entry.refusal !== undefined || entry.hash !== hashOf(wanted)) return undefined;
    const now = contentHash(found);
    if (entry.left === now) return 'left';
    const waitMs = doubled(firstWaitMs, entry.times - mostRepairs, longestWaitMs);
    const isEarly = entry.times >= mostRepairs && nowMs < entry.atMs + waitMs;
    return entry.mended === now && isEarly ? 'undone' : undefined;
  }

  /** What came of the very same not long ago, where the API server refused it. */
  refusalOf(wanted: KubeObject, before: KubeObject | undefined, nowMs: number): Error | undefined {
    const entry = this.#find(wanted);
    if (entry?.refusal === undefined || entry.hash !== hashOf(wanted)) return undefined;
    if (entry.mended !== stateOf(before)) return undefined;
    const until = entry.atMs + doubled(firstRefusalMs, entry.times - 1, longestRefusalMs);
    return nowMs < until ? entry.refusal : undefined;
  }

  /**
   * @param found what was not as wanted before
   * @param left what is not as wanted in the answer, and cannot be otherwise; undefined where some of it was not tried
   */
  wrote(
    wanted: KubeObject,
    found: readonly Difference[],
    left: readonly Difference[] | undefined,
    nowMs: number,
  ): void {
    this.#put(wanted, contentHash(found), { left: left && contentHash(left), refusal: undefined }, nowMs);
  }

  /** @param before as it was; undefined: it was not there */
  refused(wanted: KubeObject, before: KubeObject | undefined, refusal: Error, nowMs: number): void {
    this.#put(wanted, stateOf(before), { left: undefined, refusal }, nowMs);
  }

  /** Forgets a registry that is gone. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  #put(wanted: KubeObject, mended: string, outcome: Pick<Entry, 'left' | 'refusal'>, nowMs: number): void {
    const hash = hashOf(wanted);
    const before = this.#find(wanted);
    const isSame =
      before?.hash === hash &&
      before.mended === mended &&
      (before.refusal === undefined) === (outcome.refusal === undefined) &&
      nowMs < before.atMs + 2 * longestWaitMs;
    this.#of(wanted).set(pathOf(wanted), {
      ...outcome,
      hash,
      mended,
      times: isSame ? before.times + 1 : 1,
      atMs: nowMs,
    });
  }

  #find(wanted: KubeObject): Entry | undefined {
    return this.#entries.get(keyOf(wanted))?.get(pathOf(wanted));
  }

  #of(wanted: KubeObject): Map<string, Entry> {
    const key = keyOf(wanted);
    const entries = this.#entries.get(key) ?? new Map<string, Entry>();
    this.#entries.set(key, entries);
    return entries;
  }
}

function hashOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[appliedHashAnnotation] ?? '';
}

/** What others may have changed of an object so that it is refused no more. */
function stateOf(before: KubeObject | undefined): string {
  if (before === undefined) return '';
  const { status: _status, metadata, ...rest } = before;
  const { uid, labels, annotations, finalizers, ownerReferences } = metadata;
  return contentHash([rest, uid, labels, annotations, finalizers, ownerReferences]);
}

function doubled(firstMs: number, times: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(times, 20));
}

function pathOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}
