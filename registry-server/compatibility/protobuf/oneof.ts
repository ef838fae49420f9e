import type { ProtoField, ProtoMessage } from '../../schema-types/protobuf/model.ts';
import { type FieldsByNumber, fieldsByNumber } from './fields-by-number.ts';
import type { Walk } from './walk.ts';

/** Oneofs that came, went, or now hold fields that could be set together before. */
export function compareOneofs(walk: Walk, before: ProtoMessage, after: ProtoMessage): void {
  const earlier = fieldsByNumber(before);
  const members = Map.groupBy(after.fields, ({ oneof }) => oneof);
  for (const { name } of after.oneofs) {
    const kind = newExclusion(members.get(name) ?? [], earlier);
    if (kind !== undefined) walk.add(kind, name);
  }
  const earlierNames = new Set(before.oneofs.map(({ name }) => name));
  const laterNames = new Set(after.oneofs.map(({ name }) => name));
  for (const name of earlierNames) if (!laterNames.has(name)) walk.add('ONEOF_REMOVED', name);
  for (const name of laterNames) if (!earlierNames.has(name)) walk.add('ONEOF_ADDED', name);
}

function newExclusion(members: readonly ProtoField[], earlier: FieldsByNumber) {
  const oneofs = new Set<string>();
  let topLevel = 0;
  for (const { number } of members) {
    const was = earlier.get(number);
    // What nobody wrote before cannot be lost.
    if (was === undefined) continue;
    if (was.oneof === undefined) topLevel++;
    else oneofs.add(was.oneof);
  }
  if (topLevel + oneofs.size < 2) return undefined;
  return topLevel > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF';
}
