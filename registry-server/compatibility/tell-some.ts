import { shortened } from './shortened.ts';

/** Lines of one kind in an answer: more than a screen of them help nobody. */
const maxLines = 100;
const maxLineCharacters = 10_000;

/** A line for each of the first, and how many more there are. */
export function tellSome<T>(all: readonly T[], tell: (one: T) => string): readonly string[] {
  const told = all.slice(0, maxLines).map((one) => shortened(tell(one), maxLineCharacters));
  return all.length > maxLines ? [...told, `and ${all.length - maxLines} more like these`] : told;
}
