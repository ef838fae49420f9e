import type { ProtoFile, ProtoMessage, Symbols } from '../../schema-types/protobuf/model.ts';
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
  #path = '#';
  #pairs = 0;
  readonly #maxPairs: number;

  readonly #own: readonly [Symbols, Symbols];

  constructor(before: ProtoFile, after: ProtoFile, maxPairs: number, compareMessages: CompareMessages) {
    this.#maxPairs = maxPairs;
    this.#own = [before.own, after.own];
    this.#compareMessages = compareMessages;
  }

  /** Both are of the files that are compared, where every message meets the one of its name anyway. */
  areOwn(before: ProtoMessage, after: ProtoMessage): boolean {
    return this.#own[0].get(before.fullName) === before && this.#own[1].get(after.fullName) === after;
  }

  /** @param step below the current place, when the change is there */
  add(kind: ProtobufChangeKind, step?: string | number): void {
    const path = step === undefined ? this.#path : `${this.#path}/${step}`;
    this.changes.push({ kind, path: path === '#' ? '#/' : path });
  }

  /** Does what `inside` does one or more steps below the current place. */
  at(step: string | number, inside: () => void): void {
    const outer = this.#path;
    this.#path = `${outer}/${step}`;
    inside();
    this.#path = outer;
  }

  compare(before: ProtoMessage, after: ProtoMessage): void {
    if (++this.#pairs > this.#maxPairs) throw new RangeError(`more than ${this.#maxPairs} pairs of messages`);
    this.#compareMessages(this, before, after);
  }

  /**
   * Compares messages of which one is imported, at a path of their own, and says whether they fit.
   * Each pair once; a pair inside itself fits unless something else in it does not.
   */
  fitsImported(before: ProtoMessage, after: ProtoMessage, name: string): boolean {
    const row = this.#imported.get(before) ?? new Map<ProtoMessage, boolean>();
    this.#imported.set(before, row);
    const known = row.get(after);
    if (known !== undefined) return known;
    row.set(after, true);
    const outer = this.#path;
    const start = this.changes.length;
    this.#path = `#/${name.replaceAll('.', '/')}`;
    this.compare(before, after);
    this.#path = outer;
    const fits = !this.changes.slice(start).some(breaks);
    row.set(after, fits);
    return fits;
  }
}
