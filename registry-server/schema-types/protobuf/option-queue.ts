import type { FaultRecord } from './fault-record.ts';
import type { FileNames } from './file-names.ts';
import type { OptionTypes } from './linked-file.ts';
import { noOptions, type OptionValues, type SetField } from './model.ts';
import { interpretOptions } from './options.ts';
import type { Where, WrittenOptions } from './written.ts';

interface PendingOptions {
  readonly written: WrittenOptions;
  readonly holder: string;
  readonly scope: string;
  readonly where: Where;
  readonly target: SetField[];
  readonly kept: readonly SetField[];
}

/** Options wait until every field is known, because they may set extensions. */
export class OptionQueue {
  readonly #names: FileNames;
  readonly #faults: FaultRecord;
  readonly #types: OptionTypes;
  readonly #pending: PendingOptions[] = [];

  constructor(names: FileNames, faults: FaultRecord, types: OptionTypes) {
    this.#names = names;
    this.#faults = faults;
    this.#types = types;
  }

  /**
   * The values, which are there once all options are interpreted.
   * @param holder the message of descriptor.proto that has the options, such as `FieldOptions`
   * @param kept what is printed after them
   */
  add(
    written: WrittenOptions,
    holder: string,
    scope: string,
    where: Where,
    kept: readonly SetField[] = [],
  ): OptionValues {
    if (written.length === 0) return kept.length === 0 ? noOptions : kept;
    const target: SetField[] = [];
    this.#pending.push({ written, holder, scope, where, target, kept });
    return target;
  }

  interpret(): void {
    if (this.#pending.length === 0) return;
    const extensions = this.#names.extensionsByNumber();
    const implied = this.#types.implied();
    for (const { written, holder, scope, where, target, kept } of this.#pending) {
      const message = this.#types.message(holder);
      if (message === undefined) continue;
      const values = interpretOptions(written, message, (option) => ({
        scope,
        where: option?.where ?? where,
        resolve: (name, from, isWanted) => this.#names.resolve(name, from, isWanted, option?.where ?? where),
        extensions,
        implied,
        fail: (words) => this.#faults.fail(option?.where ?? where, words),
        mind: ({ message: words }) => this.#faults.mindPlaced(words),
      }));
      target.push(...values, ...kept);
    }
  }
}
