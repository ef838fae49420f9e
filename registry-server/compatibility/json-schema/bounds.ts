import type { JsonSchemaChangeKind } from '../change.ts';
import type { Node, Walk } from './walk.ts';

type Bound = number | undefined;

/** The four things that may happen to a bound. */
type BoundKinds = readonly [
  added: JsonSchemaChangeKind,
  removed: JsonSchemaChangeKind,
  increased: JsonSchemaChangeKind,
  decreased: JsonSchemaChangeKind,
];

const kindsOf = <const Name extends string>(name: Name) =>
  [`${name}_ADDED`, `${name}_REMOVED`, `${name}_INCREASED`, `${name}_DECREASED`] as const;

const bounds = {
  maxLength: kindsOf('MAX_LENGTH'),
  minLength: kindsOf('MIN_LENGTH'),
  maximum: kindsOf('MAXIMUM'),
  minimum: kindsOf('MINIMUM'),
  exclusiveMaximum: kindsOf('EXCLUSIVE_MAXIMUM'),
  exclusiveMinimum: kindsOf('EXCLUSIVE_MINIMUM'),
  maxProperties: kindsOf('MAX_PROPERTIES'),
  minProperties: kindsOf('MIN_PROPERTIES'),
  maxItems: kindsOf('MAX_ITEMS'),
  minItems: kindsOf('MIN_ITEMS'),
  maxContains: kindsOf('MAX_CONTAINS'),
  minContains: kindsOf('MIN_CONTAINS'),
} as const satisfies Record<string, BoundKinds>;

export function compareBound(walk: Walk, keyword: keyof typeof bounds, before: Bound, after: Bound): void {
  if (before === after) return;
  const [added, removed, increased, decreased] = bounds[keyword];
  if (before === undefined || after === undefined) {
    walk.add(before === undefined ? added : removed, keyword);
  } else {
    walk.add(before < after ? increased : decreased, keyword);
  }
}

export function compareString(walk: Walk, before: Node<'string'>, after: Node<'string'>): void {
  compareBound(walk, 'maxLength', before.maxLength, after.maxLength);
  compareBound(walk, 'minLength', before.minLength, after.minLength);
  if (before.pattern === after.pattern) return;
  if (before.pattern === undefined) walk.add('PATTERN_ADDED', 'pattern');
  else walk.add(after.pattern === undefined ? 'PATTERN_REMOVED' : 'PATTERN_CHANGED', 'pattern');
}

export function compareNumber(walk: Walk, before: Node<'number'>, after: Node<'number'>): void {
  compareBound(walk, 'maximum', before.maximum, after.maximum);
  compareBound(walk, 'minimum', before.minimum, after.minimum);
  compareBound(walk, 'exclusiveMaximum', before.exclusiveMaximum, after.exclusiveMaximum);
  compareBound(walk, 'exclusiveMinimum', before.exclusiveMinimum, after.exclusiveMinimum);
  compareMultipleOf(walk, before.multipleOf, after.multipleOf);
  if (before.isInteger !== after.isInteger) walk.add(before.isInteger ? 'TYPE_EXTENDED' : 'TYPE_NARROWED');
}

function compareMultipleOf(walk: Walk, before: Bound, after: Bound): void {
  if (before === after) return;
  if (before === undefined || after === undefined) {
    walk.add(before === undefined ? 'MULTIPLE_OF_ADDED' : 'MULTIPLE_OF_REMOVED', 'multipleOf');
  } else if (isMultiple(after, before)) {
    walk.add('MULTIPLE_OF_EXPANDED', 'multipleOf');
  } else {
    walk.add(isMultiple(before, after) ? 'MULTIPLE_OF_REDUCED' : 'MULTIPLE_OF_CHANGED', 'multipleOf');
  }
}

/** 0.3 is a multiple of 0.1, although 0.3 % 0.1 is not 0. */
function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) < 1e-9 && Math.round(times) !== 0;
}
