import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import type { Node, Walk } from './walk.ts';

type CombinedNode = Node<'combined'>;

export function compareCombined(walk: Walk, before: CombinedNode, after: CombinedNode): void {
  if (areSameParts(before, after)) {
    // The parts of one kind are partners, and the paths stay exact. Alternatives may have changed places.
    if (!fitInPlace(walk, before, after) && !fitInAnyPlace(walk, before.schemas, after.schemas)) {
      for (const [index, part] of before.schemas.entries()) walk.compare(part, partAt(after, index));
    }
    return;
  }
  if (before.criterion !== after.criterion) {
    if (!isExtension(before, after)) {
      walk.add('COMBINED_TYPE_CHANGED');
      return;
    }
    walk.add('COMBINED_TYPE_EXTENDED');
  }
  const earlier = before.distinct();
  const later = after.distinct();
  if (earlier.length < later.length) {
    walk.add(after.criterion === 'allOf' ? 'PRODUCT_TYPE_EXTENDED' : 'SUM_TYPE_EXTENDED');
  } else if (earlier.length > later.length) {
    // Whoever satisfied all parts satisfies each; whoever satisfied one may have satisfied the one that is gone.
    walk.add(before.criterion === 'allOf' ? 'PRODUCT_TYPE_NARROWED' : 'SUM_TYPE_NARROWED');
  }
  if (!walk.isOver && !fitInAnyPlace(walk, earlier, later)) walk.add('COMBINED_TYPE_SUBSCHEMAS_CHANGED');
}

/** What two schema objects say of the same things: their enum, their strings, their alternatives. */
const areSameParts = (before: CombinedNode, after: CombinedNode): boolean =>
  before.isImplied &&
  after.isImplied &&
  before.schemas.length === after.schemas.length &&
  before.schemas.every((part, index) => part.kind === after.schemas[index]?.kind);

const partAt = ({ schemas }: CombinedNode, index: number): JsonSchemaNode => schemas[index] as JsonSchemaNode;

const fitInPlace = (walk: Walk, before: CombinedNode, after: CombinedNode): boolean =>
  before.schemas.every((part, index) => walk.fits(part, partAt(after, index)));

function isExtension(before: CombinedNode, after: CombinedNode): boolean {
  switch (after.criterion) {
    case 'anyOf':
      return true;
    case 'oneOf':
      return before.schemas.length === 1 || (before.criterion === 'allOf' && after.schemas.length === 1);
    case 'allOf':
      return before.schemas.length === 1 && after.schemas.length === 1;
  }
}

/**
 * Whether each schema of the shorter list has a partner of its own that it fits with: a largest set of pairs by
 * augmenting paths (Kuhn), where a taken partner is freed when its holder finds another.
 */
function fitInAnyPlace(
  walk: Walk,
  earlier: readonly JsonSchemaNode[],
  later: readonly JsonSchemaNode[],
): boolean {
  const tried = new Map<number, boolean>();
  const holders: (number | undefined)[] = later.map(() => undefined);
  const positions = [...later.keys()];
  let mayStayAlone = Math.max(0, earlier.length - later.length);
  for (const before of earlier.keys()) {
    if (!findPartner(before, new Set()) && --mayStayAlone < 0) return false;
  }
  return true;

  function findPartner(before: number, visited: Set<number>): boolean {
    const take = (after: number): boolean => {
      if (visited.has(after) || !fit(before, after)) return false;
      visited.add(after);
      const holder = holders[after];
      if (holder !== undefined && !findPartner(holder, visited)) return false;
      holders[after] = before;
      return true;
    };
    // The one in the same position first, then those that are free, then those that must be freed.
    if (before < holders.length && take(before)) return true;
    // Two numbers are compared for each, which is far less than to look up a name.
    walk.spendOnLookUps(positions.length / 8);
    return (
      positions.some((after) => holders[after] === undefined && take(after)) ||
      positions.some((after) => holders[after] !== undefined && take(after))
    );
  }

  /** Compared only when asked for: most lists are unchanged and need one comparison for each schema. */
  function fit(before: number, after: number): boolean {
    const key = before * later.length + after;
    const known = tried.get(key);
    if (known !== undefined) return known;
    const fits = walk.fits(earlier[before] as JsonSchemaNode, later[after] as JsonSchemaNode);
    tried.set(key, fits);
    return fits;
  }
}

/** What is forbidden now must have been forbidden before: the two change sides. */
export function compareNot(walk: Walk, before: Node<'not'>, after: Node<'not'>): void {
  const isNarrowed = walk.fits(after.schema, before.schema);
  walk.add(isNarrowed ? 'NOT_TYPE_NARROWED' : 'NOT_TYPE_EXTENDED', 'not');
}

/**
 * What a schema without a `type` says of strings it says of strings alone: it is no part that makes all values strings.
 * By itself it may gain the type, as in the reference: mostly it was meant.
 */
const mayStandFor = (whole: CombinedNode, part: JsonSchemaNode, after: JsonSchemaNode): boolean =>
  !whole.isImplied || !('isNamed' in part) || part.isNamed || !('isNamed' in after) || !after.isNamed;

/** Only one side is a choice. True when that settles it. */
export function compareWithCombined(walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode): boolean {
  if (before.kind === 'combined') {
    if (before.schemas.length > 1 && before.criterion !== 'allOf') return false;
    if (!before.schemas.some((part) => mayStandFor(before, part, after) && walk.fits(part, after)))
      return false;
    if (before.schemas.length > 1) walk.add('PRODUCT_TYPE_NARROWED');
    return true;
  }
  if (after.kind !== 'combined') return false;
  if (after.schemas.length > 1 && after.criterion === 'allOf') return false;
  if (!after.schemas.some((branch) => walk.fits(before, branch))) return false;
  if (after.schemas.length > 1) walk.add('SUM_TYPE_EXTENDED');
  return true;
}
