import { isSubset } from './subset.ts';
import type { Node, Walk } from './walk.ts';

export function compareEnum(walk: Walk, before: Node<'enum'>, after: Node<'enum'>): void {
  walk.spendOnLookUps(before.values.size + after.values.size);
  const isExtended = isSubset(before.values, after.values);
  const isNarrowed = isSubset(after.values, before.values);
  if (isExtended && isNarrowed) return;
  if (isExtended) walk.add('ENUM_ARRAY_EXTENDED', 'enum');
  else walk.add(isNarrowed ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_CHANGED', 'enum');
}

/** A const is an enum of one value. */
export function compareConst(walk: Walk, before: Node<'const'>, after: Node<'const'>): void {
  if (before.value !== after.value) walk.add('ENUM_ARRAY_CHANGED', 'const');
}
