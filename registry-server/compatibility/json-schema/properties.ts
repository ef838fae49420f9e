import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import { compareBound } from './bounds.ts';
import { compareCovered, compareRest, permitted, restOf } from './content-model.ts';
import { isSubset } from './subset.ts';
import type { Node, Walk } from './walk.ts';

type ObjectNode = Node<'object'>;

export function compareObject(walk: Walk, before: ObjectNode, after: ObjectNode): void {
  compareRequired(walk, before, after);
  compareProperties(walk, before, after);
  if (walk.isOver) return;
  compareDependencies(walk, before, after);
  compareRest(walk, 'additionalProperties', before.additionalProperties, after.additionalProperties);
  const unevaluated = [
    permitted(before.unevaluatedProperties),
    permitted(after.unevaluatedProperties),
  ] as const;
  compareRest(walk, 'unevaluatedProperties', ...unevaluated);
  compareBound(walk, 'maxProperties', before.maxProperties, after.maxProperties);
  compareBound(walk, 'minProperties', before.minProperties, after.minProperties);
}

function compareRequired(walk: Walk, before: ObjectNode, after: ObjectNode): void {
  if (before.required.size === 0 && after.required.size === 0) return;
  walk.spendOnLookUps(before.properties.size);
  for (const name of before.properties.keys()) {
    const property = after.properties.get(name);
    const isRequired = after.required.has(name);
    if (property === undefined || before.required.has(name) === isRequired) continue;
    if (!isRequired) walk.add('REQUIRED_ATTRIBUTE_REMOVED', 'required', name);
    else if (property.hasDefault) walk.add('REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED', 'required', name);
    else walk.add('REQUIRED_ATTRIBUTE_ADDED', 'required', name);
  }
}

function compareProperties(walk: Walk, before: ObjectNode, after: ObjectNode): void {
  walk.spendOnLookUps(before.properties.size + after.properties.size);
  for (const [name, property] of before.properties) {
    if (walk.isOver) return;
    const later = after.properties.get(name);
    if (later !== undefined) walk.compareAt('properties', name, property, later);
    else walk.at('properties', name, () => compareRemoved(walk, name, property, after));
  }
  for (const [name, property] of after.properties) {
    if (walk.isOver) return;
    if (before.properties.has(name)) continue;
    walk.at('properties', name, () => compareAdded(walk, name, property, before, after));
  }
}

/** What was listed may still come: does the later schema take it among what it does not list? */
function compareRemoved(walk: Walk, name: string, property: JsonSchemaNode, after: ObjectNode): void {
  const rest = restFor(walk, after, name);
  if (rest === 'open') {
    walk.add('PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL');
  } else if (rest === 'closed') {
    const never = property.kind === 'false';
    walk.add(
      never
        ? 'PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL'
        : 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    );
  } else {
    compareCovered(
      walk,
      property,
      rest,
      'PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
      'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    );
  }
}

/** What is listed now may have come before in any form that the earlier schema took without listing it. */
function compareAdded(
  walk: Walk,
  name: string,
  property: JsonSchemaNode,
  before: ObjectNode,
  after: ObjectNode,
): void {
  const rest = restFor(walk, before, name);
  const isRequired = after.required.has(name);
  if (rest === 'open') {
    if (property.kind === 'any') walk.add('PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL');
    else if (!isRequired) walk.add('OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL');
    else if (property.hasDefault) walk.add('REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL');
    else walk.add('REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL');
    return;
  }
  if (rest !== 'closed') {
    compareCovered(
      walk,
      rest,
      property,
      'PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
      'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    );
  }
  if (!isRequired) walk.add('OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL');
  else if (property.hasDefault) walk.add('REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL');
  else walk.add('REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL');
}

/** What an object schema says of a property that it does not list: by pattern first. */
function restFor(walk: Walk, schema: ObjectNode, name: string): ReturnType<typeof restOf> {
  walk.spendOnLookUps(schema.patternProperties.size);
  for (const [pattern, covered] of schema.patternProperties) {
    if (walk.patterns.fits(pattern, name)) return covered;
  }
  const rest = restOf(schema.additionalProperties, schema.unevaluatedProperties);
  // Beside patterns the rest of an open model is no longer all names: the reference calls it closed.
  return rest === 'open' && schema.patternProperties.size > 0 ? 'closed' : rest;
}

function compareDependencies(walk: Walk, before: ObjectNode, after: ObjectNode): void {
  for (const name of union(walk, before.propertyDependencies, after.propertyDependencies)) {
    const earlier = before.propertyDependencies.get(name);
    const later = after.propertyDependencies.get(name);
    if (later === undefined) walk.add('DEPENDENCY_ARRAY_REMOVED', 'dependencies', name);
    else if (earlier === undefined) walk.add('DEPENDENCY_ARRAY_ADDED', 'dependencies', name);
    else compareNames(walk, name, earlier, later);
  }
  for (const name of union(walk, before.schemaDependencies, after.schemaDependencies)) {
    const earlier = before.schemaDependencies.get(name);
    const later = after.schemaDependencies.get(name);
    if (later === undefined) walk.add('DEPENDENCY_SCHEMA_REMOVED', 'dependencies', name);
    else if (earlier === undefined) walk.add('DEPENDENCY_SCHEMA_ADDED', 'dependencies', name);
    else walk.compareAt('dependencies', name, earlier, later);
  }
}

function compareNames(
  walk: Walk,
  name: string,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): void {
  walk.spendOnLookUps(before.size + after.size);
  const isExtended = isSubset(before, after);
  const isNarrowed = isSubset(after, before);
  if (isExtended && isNarrowed) return;
  if (isExtended) walk.add('DEPENDENCY_ARRAY_EXTENDED', 'dependencies', name);
  else walk.add(isNarrowed ? 'DEPENDENCY_ARRAY_NARROWED' : 'DEPENDENCY_ARRAY_CHANGED', 'dependencies', name);
}

function union(
  walk: Walk,
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
): Iterable<string> {
  walk.spendOnLookUps(a.size + b.size);
  return a.size === 0 && b.size === 0 ? [] : new Set([...a.keys(), ...b.keys()]);
}
