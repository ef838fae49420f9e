import type { ProtoEnum } from '../../schema-types/protobuf/model.ts';
import type { Walk } from './walk.ts';

/** Enums of one scope, by name. Nothing here breaks a reader: it keeps numbers that it does not know. */
export function compareEnums(walk: Walk, before: readonly ProtoEnum[], after: readonly ProtoEnum[]): void {
  walk.spendOnLookUps(before.length + after.length);
  const later = new Map(after.map((one) => [one.name, one]));
  const earlier = new Set(before.map(({ name }) => name));
  for (const one of before) {
    const same = later.get(one.name);
    if (same === undefined) walk.add('ENUM_REMOVED', one.name);
    else walk.at(one.name, () => compareValues(walk, one, same));
  }
  for (const { name } of after) if (!earlier.has(name)) walk.add('ENUM_ADDED', name);
}

function compareValues(walk: Walk, before: ProtoEnum, after: ProtoEnum): void {
  walk.spendOnLookUps(before.values.length + after.values.length);
  // Aliases: the last name of a number counts, as in the reference.
  const earlier = new Map(before.values.map(({ number, name }) => [number, name]));
  const later = new Map(after.values.map(({ number, name }) => [number, name]));
  for (const [number, name] of earlier) {
    const now = later.get(number);
    if (now === undefined) walk.add('ENUM_CONST_REMOVED', number);
    else if (now !== name) walk.add('ENUM_CONST_CHANGED', number);
  }
  for (const number of later.keys()) if (!earlier.has(number)) walk.add('ENUM_CONST_ADDED', number);
}
