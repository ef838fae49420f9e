import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import type { CompareOptions, Incompatibility } from '../../schema-types/schema-type.ts';
import { brokenRules } from '../broken-rules.ts';
import { Budget } from '../budget.ts';
import { breaksLenientJsonReader, breaksStrictJsonReader } from '../change.ts';
import { compareNumber, compareString } from './bounds.ts';
import { compareCombined, compareNot, compareWithCombined } from './combined.ts';
import { describe } from './describe.ts';
import { compareConst, compareEnum } from './enum.ts';
import { compareArray } from './items.ts';
import { compareObject } from './properties.ts';
import { type Node, Walk } from './walk.ts';

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

/** All is taken now, or nothing was written before, or both are what Kafka Connect takes for the same. */
const isHarmless = (before: JsonSchemaNode, after: JsonSchemaNode): boolean =>
  after.kind === 'any' ||
  before.kind === 'false' ||
  (before.isConnectBytes === true && after.isConnectBytes === true);

function compareParts(walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode): void {
  if (before.kind === after.kind) {
    (sameKind[before.kind] as (walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode) => void)(
      walk,
      before,
      after,
    );
  } else if (!compareWithCombined(walk, before, after) && !isHarmless(before, after)) {
    walk.add('TYPE_CHANGED');
  }
}

/**
 * What a reader minds when data was written for another schema; empty when it takes all of it.
 * @throws RangeError when that takes more steps, of which a pair of schemas is one
 */
export function jsonSchemaBreaks(
  reader: JsonSchemaNode,
  writer: JsonSchemaNode,
  { maxSteps = Infinity, isLenient = false }: CompareOptions = {},
): readonly Incompatibility[] {
  const breaks = isLenient ? breaksLenientJsonReader : breaksStrictJsonReader;
  const walk = new Walk(compareParts, breaks, new Budget(maxSteps));
  return brokenRules(walk.findBreaks(writer, reader), describe);
}
