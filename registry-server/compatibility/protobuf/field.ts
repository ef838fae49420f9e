import type { OptionValues, ProtoField, ProtoMessage } from '../../schema-types/protobuf/model.ts';
import { type FieldsByNumber, fieldsByNumber } from './fields-by-number.ts';
import { compareTypes } from './type.ts';
import type { Walk } from './walk.ts';

/** Fields of a message by number, in the order of the numbers. */
export function compareFields(walk: Walk, before: ProtoMessage, after: ProtoMessage): void {
  const earlier = fieldsByNumber(before);
  const later = fieldsByNumber(after);
  const living = livingOneofs(before, after, later);
  const numbers = [...new Set([...earlier.keys(), ...later.keys()])].sort((a, b) => a - b);
  walk.spendOnLookUps(numbers.length);
  for (const number of numbers) {
    const was = earlier.get(number);
    const is = later.get(number);
    if (was && is) compareField(walk, was, is);
    else if (was) addRemoved(walk, was, living);
    else if (is) addAdded(walk, is);
  }
}

const pathOf = ({ oneof, number }: ProtoField): string =>
  oneof === undefined ? String(number) : `${oneof}/${number}`;

function addRemoved(walk: Walk, field: ProtoField, living: ReadonlySet<string>): void {
  if (field.oneof === undefined) {
    walk.add(isRequired(field) ? 'REQUIRED_FIELD_REMOVED' : 'FIELD_REMOVED', field.number);
  } else if (living.has(field.oneof)) walk.add('ONEOF_FIELD_REMOVED', pathOf(field));
}

/** Oneofs of which something is left. Where one went with all its fields, ONEOF_REMOVED says so already. */
function livingOneofs(before: ProtoMessage, after: ProtoMessage, later: FieldsByNumber): ReadonlySet<string> {
  const living = new Set(after.oneofs.map(({ name }) => name));
  for (const { oneof, number } of before.fields)
    if (oneof !== undefined && later.has(number)) living.add(oneof);
  return living;
}

function addAdded(walk: Walk, field: ProtoField): void {
  if (field.oneof !== undefined) walk.add('ONEOF_FIELD_ADDED', pathOf(field));
  else walk.add(isRequired(field) ? 'REQUIRED_FIELD_ADDED' : 'FIELD_ADDED', field.number);
}

function compareField(walk: Walk, before: ProtoField, after: ProtoField): void {
  if (before.oneof !== undefined && after.oneof === undefined) {
    walk.add('ONEOF_FIELD_MOVED_TO_TOP_LEVEL', after.number);
  }
  walk.at(pathOf(after), () => {
    if (before.name !== after.name) walk.add('FIELD_NAME_CHANGED');
    const kind = compareTypes(walk, before.type, after.type);
    if (kind !== undefined) compareLabels(walk, before, after, kind);
  });
}

function compareLabels(walk: Walk, before: ProtoField, after: ProtoField, kind: 'number' | 'string'): void {
  const [was, is] = [labelOf(before), labelOf(after)];
  // Whether a single value has presence makes no difference on the wire.
  if (was === is || (was !== 'repeated' && is !== 'repeated' && (was === undefined || is === undefined)))
    return;
  walk.add(kind === 'number' ? 'FIELD_NUMERIC_LABEL_CHANGED' : 'FIELD_STRING_OR_BYTES_LABEL_CHANGED');
}

const labelOf = (field: ProtoField) => (isRequired(field) ? 'required' : field.label);

/** In editions a feature says what the label said in proto2. */
export function isRequired({ label, options }: ProtoField): boolean {
  if (label === 'required') return true;
  const [features] = options.find(({ field }) => field.name === 'features' && !field.extendee)?.values ?? [];
  if (!Array.isArray(features)) return false;
  return (features as OptionValues).some(
    ({ field, values: [value] }) => field.name === 'field_presence' && value === legacyRequired,
  );
}

const legacyRequired = 3n;
