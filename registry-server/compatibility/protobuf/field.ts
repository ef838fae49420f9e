import type { OptionValues, ProtoField, ProtoMessage } from '../../schema-types/protobuf/model.ts';
import { fieldsByNumber } from './fields-by-number.ts';
import { compareTypes } from './type.ts';
import type { Walk } from './walk.ts';

/** Fields of a message by number, in the order of the numbers. */
export function compareFields(walk: Walk, before: ProtoMessage, after: ProtoMessage): void {
  const earlier = fieldsByNumber(before);
  const later = fieldsByNumber(after);
  const numbers = [...new Set([...earlier.keys(), ...later.keys()])].sort((a, b) => a - b);
  for (const number of numbers) {
    const was = earlier.get(number);
    const is = later.get(number);
    if (was && is) compareField(walk, was, is);
    else if (was) addRemoved(walk, was, before, after);
    else if (is) addAdded(walk, is);
  }
}

const pathOf = ({ oneof, number }: ProtoField): string =>
  oneof === undefined ? String(number) : `${oneof}/${number}`;

function addRemoved(walk: Walk, field: ProtoField, before: ProtoMessage, after: ProtoMessage): void {
  if (field.oneof === undefined) {
    walk.add(isRequired(field) ? 'REQUIRED_FIELD_REMOVED' : 'FIELD_REMOVED', field.number);
  } else if (!isGoneEntirely(field.oneof, before, after)) walk.add('ONEOF_FIELD_REMOVED', pathOf(field));
}

/** The oneof went with all its fields: ONEOF_REMOVED says so already. */
function isGoneEntirely(oneof: string, before: ProtoMessage, after: ProtoMessage): boolean {
  if (after.oneofs.some(({ name }) => name === oneof)) return false;
  const left = fieldsByNumber(after);
  return !before.fields.some((field) => field.oneof === oneof && left.has(field.number));
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
