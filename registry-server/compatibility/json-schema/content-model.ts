import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import type { JsonSchemaChangeKind } from '../change.ts';
import type { Walk } from './walk.ts';

/** What a schema says of what it does not list: `additional…` first, else `unevaluated…`. */
export type Rest = 'open' | 'closed' | JsonSchemaNode;

export function restOf(additional: boolean | JsonSchemaNode, unevaluated: JsonSchemaNode | undefined): Rest {
  if (additional === false) return 'closed';
  if (additional !== true) return additional;
  if (unevaluated === undefined || unevaluated.kind === 'any') return 'open';
  return unevaluated.kind === 'false' ? 'closed' : unevaluated;
}

interface RestKinds {
  readonly added: JsonSchemaChangeKind;
  readonly removed: JsonSchemaChangeKind;
  readonly extended: JsonSchemaChangeKind;
  readonly narrowed: JsonSchemaChangeKind;
}

const kindsOf = <const Name extends string>(name: Name) =>
  ({
    added: `${name}_ADDED`,
    removed: `${name}_REMOVED`,
    extended: `${name}_EXTENDED`,
    narrowed: `${name}_NARROWED`,
  }) as const;

const rests = {
  additionalProperties: kindsOf('ADDITIONAL_PROPERTIES'),
  unevaluatedProperties: kindsOf('UNEVALUATED_PROPERTIES'),
  additionalItems: kindsOf('ADDITIONAL_ITEMS'),
  unevaluatedItems: kindsOf('UNEVALUATED_ITEMS'),
} as const satisfies Record<string, RestKinds>;

/** `additional…` or `unevaluated…` itself: permitted at all, and under which schema. */
export function compareRest(
  walk: Walk,
  keyword: keyof typeof rests,
  before: boolean | JsonSchemaNode,
  after: boolean | JsonSchemaNode,
): void {
  if (before === after) return;
  const kinds = rests[keyword];
  if (after === false) walk.add(kinds.removed, keyword);
  else if (before === false) walk.add(kinds.added, keyword);
  else if (after === true) walk.add(kinds.extended, keyword);
  else if (before === true) walk.add(kinds.narrowed, keyword);
  else walk.compareAt(keyword, undefined, before, after);
}

/** What is listed on one side alone, against what the other says of all that it does not list. */
export function compareCovered(
  walk: Walk,
  before: JsonSchemaNode,
  after: JsonSchemaNode,
  ifCovered: JsonSchemaChangeKind,
  ifNotCovered: JsonSchemaChangeKind,
): void {
  if (walk.fits(before, after)) {
    walk.add(ifCovered);
  } else {
    walk.compare(before, after);
    walk.add(ifNotCovered);
  }
}

/** A missing keyword, `true` and `{}` permit all; `false` permits nothing. */
export function permitted(schema: JsonSchemaNode | undefined): boolean | JsonSchemaNode {
  if (schema === undefined || schema.kind === 'any') return true;
  return schema.kind === 'false' ? false : schema;
}
