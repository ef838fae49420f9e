import { type AvroSchema, isNamed } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import type { Budget } from '../budget.ts';
import { PairVerdicts } from '../pair-verdicts.ts';
import { type AvroRule, mismatch } from './mismatch.ts';
import { below, type Path, root } from './path.ts';

export type ComparePair = (reader: AvroSchema, writer: AvroSchema, path: Path, walk: Walk) => void;

/**
 * One comparison of two schemas, in two goes. The first finds the verdict, keeps no paths and leaves each pair at the
 * first rule that is broken. The second, where there is something to tell, tells all of it, each pair of records once.
 */
export class Walk {
  readonly #comparePair: ComparePair;
  readonly #budget: Budget;
  readonly #verdicts: PairVerdicts<AvroSchema>;
  #isBroken = false;
  /** Undefined while only the verdict is looked for. */
  #told: Incompatibility[] | undefined;
  readonly #progress = new Map<AvroSchema, Map<AvroSchema, 'open' | 'told'>>();

  constructor(comparePair: ComparePair, budget: Budget) {
    this.#comparePair = comparePair;
    this.#budget = budget;
    this.#verdicts = new PairVerdicts(this.#judge);
  }

  /** Every rule that is broken; empty when the reader takes all that the writer writes. */
  mismatches(reader: AvroSchema, writer: AvroSchema): readonly Incompatibility[] {
    if (this.fits(reader, writer)) return [];
    const told: Incompatibility[] = [];
    this.#told = told;
    this.compare(reader, writer, root);
    this.#told = undefined;
    return told;
  }

  /** Nothing that is found from here on changes what is told. */
  get isOver(): boolean {
    return this.#isBroken && this.#told === undefined;
  }

  add(rule: AvroRule, path: Path, info: () => string): void {
    this.#isBroken = true;
    if (this.#told === undefined) return;
    this.#budget.spend(1);
    this.#told.push(mismatch(rule, path, info()));
  }

  /** One step further; no step at all while nobody will read the path. */
  below(path: Path, step: string): Path {
    return this.#told === undefined ? path : below(path, step);
  }

  spendOnLookUps(count: number): void {
    this.#budget.spendOnLookUps(count);
  }

  /** Both have to fit; the one that does not is part of the answer. */
  compare(reader: AvroSchema, writer: AvroSchema, path: Path): void {
    this.#budget.spend(1);
    // Only named types are met again.
    const isMetAgain = isNamed(reader) && isNamed(writer);
    if (!isMetAgain) this.#comparePair(reader, writer, path, this);
    else if (this.#told === undefined) this.#isBroken ||= !this.#verdicts.holds(reader, writer);
    else this.#tellOnce(reader, writer, path);
  }

  /** Whether the reader takes all that the writer writes; nothing of it is told. */
  fits(reader: AvroSchema, writer: AvroSchema): boolean {
    this.#budget.spend(1);
    if (!isNamed(reader) || !isNamed(writer)) return this.#judge(reader, writer);
    // What is being told needs no second line where it leads back to itself.
    const isBeingTold = this.#told !== undefined && this.#progress.get(reader)?.get(writer) === 'open';
    return isBeingTold || this.#verdicts.holds(reader, writer);
  }

  readonly #judge = (reader: AvroSchema, writer: AvroSchema): boolean => {
    const isBroken = this.#isBroken;
    const told = this.#told;
    this.#isBroken = false;
    this.#told = undefined;
    this.#comparePair(reader, writer, root, this);
    const fits = !this.#isBroken;
    this.#isBroken = isBroken;
    this.#told = told;
    return fits;
  };

  #tellOnce(reader: AvroSchema, writer: AvroSchema, path: Path): void {
    const row = this.#progress.get(reader) ?? new Map();
    this.#progress.set(reader, row);
    if (row.has(writer) || this.#verdicts.holds(reader, writer)) return;
    row.set(writer, 'open');
    this.#comparePair(reader, writer, path, this);
    row.set(writer, 'told');
  }
}
