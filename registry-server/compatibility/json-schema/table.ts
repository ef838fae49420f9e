import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { brokenRules } from '../broken-rules.ts';
import { compareNumber, compareString } from './bounds.ts';
import { compareCombined, compareNot, compareWithCombined } from './combined.ts';
import { describe } from './describe.ts';
import { compareConst, compareEnum } from './enum.ts';
import { compareArray } from './items.ts';
import { compareObject } from './properties.ts';
import { breaks, type JsonSchemaChange, type Node, Walk } from './walk.ts';

type Kind = JsonSchemaNode['kind'];

const nothing = () => {};

/** What is compared when both schemas are of one kind. */
const sameKind: { readonly [K in Kind]: (walk: Walk, before: Node<K>, after: Node<K>) => void } = {
  any: nothing,
  false: nothing,
  null: nothing,
  boolean: nothing,
  string: compareString,
  number: compareNumber,
  object: compareObject,
  array: compareArray,
  enum: compareEnum,
  const: compareConst,
  not: compareNot,
  conditional: nothing,
  combined: compareCombined,
  reference: nothing,
};

function compareParts(walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode): void {
  if (before.kind === after.kind) {
    (sameKind[before.kind] as (walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode) => void)(
      walk,
      before,
      after,
    );
  } else if (!compareWithCombined(walk, before, after)) {
    // All is taken now, or nothing was written before.
    if (after.kind !== 'any' && before.kind !== 'false') walk.add('TYPE_CHANGED');
  }
}

/** Every change from one schema to the next, harmless ones too. */
export function jsonSchemaChanges(
  before: JsonSchemaNode,
  after: JsonSchemaNode,
  maxPairs = Infinity,
): readonly JsonSchemaChange[] {
  const walk = new Walk(compareParts, maxPairs);
  walk.compare(before, after);
  return walk.changes;
}

/** The changes that a reader minds when data was written for another schema. */
export function jsonSchemaBreaks(
  reader: JsonSchemaNode,
  writer: JsonSchemaNode,
  maxPairs?: number,
): readonly Incompatibility[] {
  return brokenRules(jsonSchemaChanges(writer, reader, maxPairs).filter(breaks), describe);
}
