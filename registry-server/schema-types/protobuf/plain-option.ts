import { valueName } from './features.ts';
import type { OptionValue, OptionValues } from './model.ts';

/** The value of a plain option: the name of an enum's value, or a scalar. */
export function plainOption(options: OptionValues, name: string): OptionValue | string | undefined {
  const set = options.find(({ field }) => field.name === name && field.extendee === undefined);
  return set?.field.type.kind === 'enum' ? valueName(set) : set?.values[0];
}
