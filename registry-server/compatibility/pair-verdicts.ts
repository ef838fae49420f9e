/** Whether the first of two types stands for the second, where it may ask the same of other pairs, this one too. */
export type Judge<T> = (first: T, second: T) => boolean;

interface Pair<T> {
  readonly first: T;
  readonly second: T;
  /** The verdicts so far: a pair holds until it is seen not to, and then never does again. */
  holds: boolean;
  /** No assumption is behind the verdict. */
  isFinal: boolean;
  /** Whose verdicts lean on this one while it is not final. */
  dependents: Pair<T>[] | undefined;
}

/**
 * The verdicts on pairs of types that may be recursive: the greatest fixed point of a monotone judge.
 *
 * A pair that is met again inside itself is assumed to hold. What is judged on such an assumption is remembered with
 * it, and judged again when the assumption falls; so the answer is that of a walk without memory, and each pair is
 * judged once and then only when a verdict that it leaned on has changed. "Monotone" is what keeps this right: a
 * judge may choose among pairs, but never holds *because* another pair does not.
 */
export class PairVerdicts<T extends object> {
  readonly #judge: Judge<T>;
  readonly #rows = new Map<T, Map<T, Pair<T>>>();
  readonly #toJudgeAgain = new Set<Pair<T>>();
  #current: Pair<T> | undefined;
  /** How often a verdict that is not final was used. */
  #assumptions = 0;

  constructor(judge: Judge<T>) {
    this.#judge = judge;
  }

  /** Asked from inside the judge, the answer holds so far; asked from outside, it is final. */
  holds(first: T, second: T): boolean {
    let row = this.#rows.get(first);
    if (row === undefined) {
      row = new Map();
      this.#rows.set(first, row);
    }
    let pair = row.get(second);
    if (pair === undefined) {
      pair = { first, second, holds: true, isFinal: false, dependents: undefined };
      row.set(second, pair);
      const assumptions = this.#assumptions;
      const outer = this.#current;
      this.#current = pair;
      // Here, not in a function of its own: types that are nested deep fill the stack.
      const holds = this.#judge(first, second);
      this.#current = outer;
      if (!holds) this.#fail(pair);
      if (this.#assumptions === assumptions) pair.isFinal = true;
    }
    if (this.#current === undefined) this.#settle();
    else if (!pair.isFinal) this.#leanOn(pair, this.#current);
    return pair.holds;
  }

  #fail(pair: Pair<T>): void {
    pair.holds = false;
    pair.isFinal = true;
    for (const dependent of pair.dependents ?? []) this.#toJudgeAgain.add(dependent);
    pair.dependents = undefined;
  }

  #leanOn(pair: Pair<T>, dependent: Pair<T>): void {
    this.#assumptions++;
    if (pair.dependents === undefined) pair.dependents = [dependent];
    else if (pair.dependents.at(-1) !== dependent) pair.dependents.push(dependent);
  }

  #settle(): void {
    // What is added on the way is met on the way.
    for (const pair of this.#toJudgeAgain) {
      this.#toJudgeAgain.delete(pair);
      if (!pair.holds) continue;
      this.#current = pair;
      const holds = this.#judge(pair.first, pair.second);
      this.#current = undefined;
      if (!holds) this.#fail(pair);
    }
  }
}
