import type { AvroSchema } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { noMismatches } from './mismatch.ts';
import { type Path, root } from './path.ts';

export type ComparePair = (
  reader: AvroSchema,
  writer: AvroSchema,
  path: Path,
  walk: Walk,
) => readonly Incompatibility[];

type Memo = Map<AvroSchema, Map<AvroSchema, readonly Incompatibility[]>>;

/** One comparison of two schemas, each pair of records once: that also ends recursive types. */
export class Walk {
  readonly #comparePair: ComparePair;
  readonly #memo: Memo = new Map();
  readonly #trialMemo: Memo = new Map();
  readonly #maxPairs: number;
  #trials = 0;
  #pairs = 0;

  constructor(comparePair: ComparePair, maxPairs: number) {
    this.#maxPairs = maxPairs;
    this.#comparePair = comparePair;
  }

  /** Only whether anything is wrong matters now: the first mismatch is enough. */
  get isTrial(): boolean {
    return this.#trials > 0;
  }

  compare(reader: AvroSchema, writer: AvroSchema, path: Path): readonly Incompatibility[] {
    // Only records are met again: by their names.
    if (reader.type === 'record' && writer.type === 'record') return this.#compareOnce(reader, writer, path);
    this.#count();
    return this.#comparePair(reader, writer, path, this);
  }

  #count(): void {
    if (++this.#pairs > this.#maxPairs) throw new RangeError(`more than ${this.#maxPairs} pairs of types`);
  }

  #compareOnce(reader: AvroSchema, writer: AvroSchema, path: Path): readonly Incompatibility[] {
    const earlier =
      this.#memo.get(reader)?.get(writer) ??
      (this.isTrial ? this.#trialMemo.get(reader)?.get(writer) : undefined);
    if (earlier !== undefined) return earlier;
    this.#count();
    // A pair met again inside itself is compatible unless something else in it is not.
    const memo = this.isTrial ? this.#trialMemo : this.#memo;
    const row = memo.get(reader) ?? new Map();
    memo.set(reader, row);
    row.set(writer, noMismatches);
    const found = this.#comparePair(reader, writer, path, this);
    row.set(writer, found);
    return found;
  }

  fits(reader: AvroSchema, writer: AvroSchema): boolean {
    this.#trials++;
    const found = this.compare(reader, writer, root);
    this.#trials--;
    return found.length === 0;
  }
}
