/** Names, symbols or values that are looked up cost together what one pair of types costs. */
const lookUpsPerStep = 16;

/** What a comparison may still cost, in steps: counted, never timed, so that one request gets one answer on every machine. */
export class Budget {
  readonly #steps: number;
  #left: number;

  constructor(steps: number) {
    this.#steps = steps;
    this.#left = steps;
  }

  /**
   * @param steps a pair of types is one
   * @throws RangeError when nothing is left
   */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new RangeError(`it takes more than ${this.#steps} steps`);
  }

  /** @throws RangeError when nothing is left */
  spendOnLookUps(count: number): void {
    this.spend(count / lookUpsPerStep);
  }
}
