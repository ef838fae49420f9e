import type { ProtoFile, ProtoMessage, Symbols } from '../../schema-types/protobuf/model.ts';
import type { Budget } from '../budget.ts';
import { breaksProtobufReader, type ProtobufChangeKind } from '../change.ts';

export interface ProtobufChange {
  readonly kind: ProtobufChangeKind;
  /** Names of messages and oneofs, then the number of a field: `#/Order/Line/3`. */
  readonly path: string;
}

export const breaks = ({ kind }: ProtobufChange): boolean => breaksProtobufReader[kind];

export type CompareMessages = (walk: Walk, before: ProtoMessage, after: ProtoMessage) => void;

/** One comparison of two files: where it is, and what it has found so far. */
export class Walk {
  readonly changes: ProtobufChange[] = [];
  readonly #compareMessages: CompareMessages;
  readonly #imported = new Map<ProtoMessage, Map<ProtoMessage, boolean>>();
  readonly #budget: Budget;
  readonly #keeps: (change: ProtobufChange) => boolean;
  #path = '#';
  /** How many changes a reader minds. */
  #broken = 0;

  readonly #own: readonly [Symbols, Symbols];

  /** @param keeps which changes are of interest: a harmless one need not fill the memory */
  constructor(
    before: ProtoFile,
    after: ProtoFile,
    budget: Budget,
    keeps: (change: ProtobufChange) => boolean,
    compareMessages: CompareMessages,
  ) {
    this.#budget = budget;
    this.#keeps = keeps;
    this.#own = [before.own, after.own];
    this.#compareMessages = compareMessages;
  }

  /** @throws RangeError when the comparison has cost too much */
  spendOnLookUps(count: number): void {
    this.#budget.spendOnLookUps(count);
  }

  /** Both are of the files that are compared, where every message meets the one of its name anyway. */
  areOwn(before: ProtoMessage, after: ProtoMessage): boolean {
    return this.#own[0].get(before.fullName) === before && this.#own[1].get(after.fullName) === after;
  }

  /** @param step below the current place, when the change is there */
  add(kind: ProtobufChangeKind, step?: string | number): void {
    const path = step === undefined ? this.#path : `${this.#path}/${step}`;
    const change: ProtobufChange = { kind, path: path === '#' ? '#/' : path };
    if (breaks(change)) this.#broken++;
    if (!this.#keeps(change)) return;
    this.#budget.spend(1);
    this.changes.push(change);
  }

  /** Does what `inside` does one or more steps below the current place. */
  at(step: string | number, inside: () => void): void {
    const outer = this.#path;
    this.#path = `${outer}/${step}`;
    inside();
    this.#path = outer;
  }

  compare(before: ProtoMessage, after: ProtoMessage): void {
    this.#budget.spend(1);
    this.#compareMessages(this, before, after);
  }

  /**
   * Compares messages of which one is imported, at a path of their own, and says whether they fit.
   * Each pair once; a pair inside itself fits unless something else in it does not, and then that is among the changes:
   * the verdict on the files never leans on it.
   */
  fitsImported(before: ProtoMessage, after: ProtoMessage, name: string): boolean {
    const row = this.#imported.get(before) ?? new Map<ProtoMessage, boolean>();
    this.#imported.set(before, row);
    const known = row.get(after);
    if (known !== undefined) return known;
    row.set(after, true);
    const outer = this.#path;
    const broken = this.#broken;
    this.#path = `#/${name.replaceAll('.', '/')}`;
    this.compare(before, after);
    this.#path = outer;
    const fits = this.#broken === broken;
    row.set(after, fits);
    return fits;
  }
}
