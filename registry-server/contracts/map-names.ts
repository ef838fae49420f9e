import type { Profile } from './profile.ts';

/** The name that the provider takes for each, in the order of the names; undefined: two would be one. */
export function mapNames(
  names: readonly string[],
  rule: Profile['toolName'],
): readonly (string | undefined)[] {
  const mapped = names.map((name) => mapName(name, rule));
  const counts = Map.groupBy(mapped, (name) => name);
  return mapped.map((name) => (counts.get(name)?.length === 1 ? name : undefined));
}

export function mapName(name: string, { pattern, maxLength }: Profile['toolName']): string {
  const form = new RegExp(`^(?:${pattern})$`);
  // Only what may not begin a name is told from what may be in one.
  const mapped = [...name].map((letter) => (form.test(`a${letter}`) ? letter : '_')).join('');
  const begun = form.test(mapped) ? mapped : `_${mapped}`;
  return begun.slice(0, maxLength);
}
