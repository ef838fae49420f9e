import type { AvroSchema } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { noMismatches } from './mismatch.ts';
import { type Path, root } from './path.ts';

export type CompareOnce = (
  reader: AvroSchema,
  writer: AvroSchema,
  path: Path,
  walk: Walk,
) => readonly Incompatibility[];

type Memo = Map<AvroSchema, Map<AvroSchema, readonly Incompatibility[]>>;

/** More pairs than any honest schema has; a hostile one ends here instead of holding the server. */
const maxPairs = 300_000;

/** One comparison of two schemas, each pair of types once: that also ends recursive types. */
export class Walk {
  readonly #compareOnce: CompareOnce;
  readonly #memo: Memo = new Map();
  readonly #trialMemo: Memo = new Map();
  #trials = 0;
  #pairs = 0;

  constructor(compareOnce: CompareOnce) {
    this.#compareOnce = compareOnce;
  }

  /** Only whether anything is wrong matters now: the first mismatch is enough. */
  get isTrial(): boolean {
    return this.#trials > 0;
  }

  compare(reader: AvroSchema, writer: AvroSchema, path: Path): readonly Incompatibility[] {
    const earlier =
      this.#memo.get(reader)?.get(writer) ??
      (this.isTrial ? this.#trialMemo.get(reader)?.get(writer) : undefined);
    if (earlier !== undefined) return earlier;
    if (++this.#pairs > maxPairs) throw new RangeError(`more than ${maxPairs} pairs of types`);
    // A pair met again inside itself is compatible unless something else in it is not.
    const memo = this.isTrial ? this.#trialMemo : this.#memo;
    const row = memo.get(reader) ?? new Map();
    memo.set(reader, row);
    row.set(writer, noMismatches);
    const found = this.#compareOnce(reader, writer, path, this);
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
