import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import { compareBound } from './bounds.ts';
import { compareCovered, compareRest, permitted, restOf } from './content-model.ts';
import type { Node, Walk } from './walk.ts';

type ArrayNode = Node<'array'>;

export function compareArray(walk: Walk, before: ArrayNode, after: ArrayNode): void {
  compareAllItems(walk, before.allItems, after.allItems);
  compareItemSchemas(walk, before, after);
  compareRest(walk, 'additionalItems', before.additionalItems, after.additionalItems);
  const unevaluated = [permitted(before.unevaluatedItems), permitted(after.unevaluatedItems)] as const;
  compareRest(walk, 'unevaluatedItems', ...unevaluated);
  compareBound(walk, 'maxItems', before.maxItems, after.maxItems);
  compareBound(walk, 'minItems', before.minItems, after.minItems);
  compareBound(walk, 'maxContains', before.maxContains, after.maxContains);
  compareBound(walk, 'minContains', before.minContains, after.minContains);
  if (before.uniqueItems !== after.uniqueItems) {
    walk.add(after.uniqueItems ? 'UNIQUE_ITEMS_ADDED' : 'UNIQUE_ITEMS_REMOVED', 'uniqueItems');
  }
}

function compareAllItems(
  walk: Walk,
  before: JsonSchemaNode | undefined,
  after: JsonSchemaNode | undefined,
): void {
  if (before === after) return;
  if (before === undefined) walk.add('SCHEMA_ADDED', 'items');
  else if (after === undefined) walk.add('SCHEMA_REMOVED', 'items');
  else walk.compareAt('items', undefined, before, after);
}

function compareItemSchemas(walk: Walk, before: ArrayNode, after: ArrayNode): void {
  const count = Math.max(before.itemSchemas.length, after.itemSchemas.length);
  for (let index = 0; index < count; index++) {
    const earlier = before.itemSchemas[index];
    const later = after.itemSchemas[index];
    if (walk.isOver) return;
    walk.at('items', String(index), () => {
      if (earlier === undefined) compareAdded(walk, later as JsonSchemaNode, before);
      else if (later === undefined) compareRemoved(walk, earlier, after);
      else walk.compare(earlier, later);
    });
  }
}

function compareRemoved(walk: Walk, item: JsonSchemaNode, after: ArrayNode): void {
  const rest = restOf(after.additionalItems, after.unevaluatedItems);
  if (rest === 'open') {
    walk.add('ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL');
  } else if (rest === 'closed') {
    const never = item.kind === 'false';
    walk.add(
      never ? 'ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL' : 'ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    );
  } else {
    compareCovered(
      walk,
      item,
      rest,
      'ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
      'ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    );
  }
}

function compareAdded(walk: Walk, item: JsonSchemaNode, before: ArrayNode): void {
  const rest = restOf(before.additionalItems, before.unevaluatedItems);
  if (rest === 'open') {
    walk.add(
      item.kind === 'any'
        ? 'ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL'
        : 'ITEM_ADDED_TO_OPEN_CONTENT_MODEL',
    );
  } else if (rest === 'closed') {
    walk.add('ITEM_ADDED_TO_CLOSED_CONTENT_MODEL');
  } else {
    compareCovered(
      walk,
      rest,
      item,
      'ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
      'ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    );
  }
}
