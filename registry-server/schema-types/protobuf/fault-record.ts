import { InvalidSchema } from '../invalid-schema.ts';
import type { Faults } from './linked-file.ts';
import type { Where, WrittenFile } from './written.ts';

/** The first fault of each kind that is found in a file, which is taken all the same. */
export class FaultRecord {
  readonly #placeOf: WrittenFile['placeOf'];
  #usual: string | undefined;
  #strict: string | undefined;

  constructor({ placeOf, minded }: WrittenFile) {
    this.#placeOf = placeOf;
    this.#strict = minded;
  }

  get found(): Faults {
    return { usual: this.#usual, strict: this.#strict };
  }

  readonly fail = (where: Where, words: string): InvalidSchema =>
    new InvalidSchema(`${this.#placeOf(where)}: ${words}`);

  /** Notes what no compiler could read. */
  note(where: Where, words: string): void {
    this.#usual ??= this.fail(where, words).message;
  }

  /** Notes what protoc minds and the reference does not. */
  mind(where: Where, words: string): void {
    this.mindPlaced(`${this.#placeOf(where)}: ${words}`);
  }

  /** @param words with their place */
  mindPlaced(words: string): void {
    this.#strict ??= words;
  }

  /** Notes what `check` throws. True where it throws nothing. */
  attempt(check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (!(error instanceof InvalidSchema)) throw error;
      this.#usual ??= error.message;
      return false;
    }
  }
}
