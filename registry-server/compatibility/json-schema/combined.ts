import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import { stableJson } from '../../schema-types/json-text.ts';
import { breaks, type JsonSchemaChange, type Node, type Walk } from './walk.ts';

type CombinedNode = Node<'combined'>;

export function compareCombined(walk: Walk, before: CombinedNode, after: CombinedNode): void {
  if (areSameParts(before, after)) {
    for (const [index, part] of before.schemas.entries())
      walk.compare(part, after.schemas[index] as JsonSchemaNode);
    return;
  }
  if (before.criterion !== after.criterion) {
    if (!isExtension(before, after)) {
      walk.add('COMBINED_TYPE_CHANGED');
      return;
    }
    walk.add('COMBINED_TYPE_EXTENDED');
  }
  const earlier = distinct(before);
  const later = distinct(after);
  if (earlier.length < later.length) {
    walk.add(after.criterion === 'allOf' ? 'PRODUCT_TYPE_EXTENDED' : 'SUM_TYPE_EXTENDED');
  } else if (earlier.length > later.length) {
    walk.add(after.criterion === 'allOf' ? 'PRODUCT_TYPE_NARROWED' : 'SUM_TYPE_NARROWED');
  }
  const pairs = matchAll(walk, before.criterion, earlier, later);
  for (const changes of pairs) walk.addAll(changes);
  if (pairs.length < Math.min(earlier.length, later.length)) walk.add('COMBINED_TYPE_SUBSCHEMAS_CHANGED');
}

/** What two schema objects say of the same things: then each part has its partner, and the paths stay exact. */
function areSameParts(before: CombinedNode, after: CombinedNode): boolean {
  return (
    before.sources === undefined &&
    after.sources === undefined &&
    before.schemas.length === after.schemas.length &&
    before.schemas.every((part, index) => part.kind === after.schemas[index]?.kind)
  );
}

function isExtension(before: CombinedNode, after: CombinedNode): boolean {
  switch (after.criterion) {
    case 'anyOf':
      return true;
    case 'oneOf':
      return before.schemas.length === 1;
    case 'allOf':
      return before.schemas.length === 1 && after.schemas.length === 1;
  }
}

function distinct({ schemas, sources }: CombinedNode): readonly JsonSchemaNode[] {
  if (sources === undefined || schemas.length < 2) return schemas;
  const seen = new Set<string>();
  return schemas.filter((_, index) => {
    const text = stableJson(sources[index] ?? null);
    return !seen.has(text) && seen.add(text);
  });
}

/** The changes of each pair in the largest set of pairs that fit, each schema in one pair at most. */
function matchAll(
  walk: Walk,
  criterion: string,
  earlier: readonly JsonSchemaNode[],
  later: readonly JsonSchemaNode[],
): readonly (readonly JsonSchemaChange[])[] {
  const tried = new Map<number, readonly JsonSchemaChange[] | 'no fit'>();
  // Compared only when asked for: most lists are unchanged and need one comparison for each schema.
  const fit = (before: number, after: number): readonly JsonSchemaChange[] | 'no fit' => {
    const key = before * later.length + after;
    const known = tried.get(key);
    if (known !== undefined) return known;
    let found: readonly JsonSchemaChange[] | 'no fit' = 'no fit';
    walk.at(`${criterion}/${before}`, () => {
      const changes = walk.try(earlier[before] as JsonSchemaNode, later[after] as JsonSchemaNode);
      if (!changes.some(breaks)) found = changes;
    });
    tried.set(key, found);
    return found;
  };
  const partner: (number | undefined)[] = later.map(() => undefined);
  for (const before of earlier.keys()) findPartner(before, fit, partner, new Set());
  return partner.flatMap((before, after) => {
    const changes = before === undefined ? 'no fit' : fit(before, after);
    return changes === 'no fit' ? [] : [changes];
  });
}

/** Augmenting paths (Kuhn): a taken partner is freed when its holder finds another. */
function findPartner(
  before: number,
  fit: (before: number, after: number) => unknown,
  partner: (number | undefined)[],
  visited: Set<number>,
): boolean {
  const tryPosition = (after: number): boolean => {
    if (visited.has(after) || fit(before, after) === 'no fit') return false;
    visited.add(after);
    const holder = partner[after];
    if (holder !== undefined && !findPartner(holder, fit, partner, visited)) return false;
    partner[after] = before;
    return true;
  };
  // The one in the same position first, then those that are free, then those that must be freed.
  if (before < partner.length && tryPosition(before)) return true;
  const others = [...partner.keys()];
  return (
    others.some((after) => partner[after] === undefined && tryPosition(after)) ||
    others.some((after) => partner[after] !== undefined && tryPosition(after))
  );
}

/** What is forbidden now must have been forbidden before: the two change sides. */
export function compareNot(walk: Walk, before: Node<'not'>, after: Node<'not'>): void {
  walk.at('not', () => {
    const changes = walk.try(after.schema, before.schema);
    walk.add(changes.some(breaks) ? 'NOT_TYPE_EXTENDED' : 'NOT_TYPE_NARROWED');
  });
}

/** Only one side is a choice. True when that settles it. */
export function compareWithCombined(walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode): boolean {
  if (before.kind === 'combined') {
    const [only] = before.schemas;
    return before.schemas.length === 1 && only !== undefined && accept(walk, walk.try(only, after));
  }
  if (after.kind !== 'combined') return false;
  const [only] = after.schemas;
  if (after.schemas.length === 1) return only !== undefined && accept(walk, walk.try(before, only));
  if (after.criterion === 'allOf') return false;
  for (const branch of after.schemas) {
    if (!accept(walk, walk.try(before, branch))) continue;
    walk.add('SUM_TYPE_EXTENDED');
    return true;
  }
  return false;
}

function accept(walk: Walk, changes: readonly JsonSchemaChange[]): boolean {
  if (changes.some(breaks)) return false;
  walk.addAll(changes);
  return true;
}
