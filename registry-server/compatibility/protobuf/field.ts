import type { OptionValues, ProtoField, ProtoMessage } from '../../schema-types/protobuf/model.ts';
import type { Label } from '../../schema-types/protobuf/written.ts';
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
    const [wasLabel, isLabel] = [was && labelOf(was, before), is && labelOf(is, after)];
    if (was && is) compareField(walk, was, is, wasLabel, isLabel);
    else if (was) addRemoved(walk, was, wasLabel, living);
    else if (is) addAdded(walk, is, isLabel);
  }
}

const pathOf = ({ oneof, number }: ProtoField): string =>
  oneof === undefined ? String(number) : `${oneof}/${number}`;

function addRemoved(
  walk: Walk,
  field: ProtoField,
  label: Label | undefined,
  living: ReadonlySet<string>,
): void {
  if (field.oneof === undefined) {
    walk.add(label === 'required' ? 'REQUIRED_FIELD_REMOVED' : 'FIELD_REMOVED', field.number);
  } else if (living.has(field.oneof)) walk.add('ONEOF_FIELD_REMOVED', pathOf(field));
}

/** Oneofs of which something is left. Where one went with all its fields, ONEOF_REMOVED says so already. */
function livingOneofs(before: ProtoMessage, after: ProtoMessage, later: FieldsByNumber): ReadonlySet<string> {
  const living = new Set(after.oneofs.map(({ name }) => name));
  for (const { oneof, number } of before.fields)
    if (oneof !== undefined && later.has(number)) living.add(oneof);
  return living;
}

function addAdded(walk: Walk, field: ProtoField, label: Label | undefined): void {
  if (field.oneof !== undefined) walk.add('ONEOF_FIELD_ADDED', pathOf(field));
  else walk.add(label === 'required' ? 'REQUIRED_FIELD_ADDED' : 'FIELD_ADDED', field.number);
}

function compareField(
  walk: Walk,
  before: ProtoField,
  after: ProtoField,
  was: Label | undefined,
  is: Label | undefined,
): void {
  if (before.oneof !== undefined && after.oneof === undefined) {
    walk.add('ONEOF_FIELD_MOVED_TO_TOP_LEVEL', after.number);
  }
  walk.at(pathOf(after), () => {
    if (before.name !== after.name) walk.add('FIELD_NAME_CHANGED');
    const kind = compareTypes(walk, before.type, after.type);
    if (kind !== undefined) compareLabels(walk, was, is, kind);
  });
}

function compareLabels(
  walk: Walk,
  was: Label | undefined,
  is: Label | undefined,
  kind: 'number' | 'string',
): void {
  // Whether a single value has presence makes no difference on the wire.
  if (was === is || (was !== 'repeated' && is !== 'repeated' && (was === undefined || is === undefined)))
    return;
  walk.add(kind === 'number' ? 'FIELD_NUMERIC_LABEL_CHANGED' : 'FIELD_STRING_OR_BYTES_LABEL_CHANGED');
}

/** In editions a feature says what the label said in proto2; elsewhere features say nothing. */
function labelOf({ label, options }: ProtoField, { home }: ProtoMessage): Label | undefined {
  return !home.edition.startsWith('proto') && isRequired(options) ? 'required' : label;
}

function isRequired(options: OptionValues): boolean {
  const [features] = options.find(({ field }) => field.name === 'features' && !field.extendee)?.values ?? [];
  if (!Array.isArray(features)) return false;
  return (features as OptionValues).some(
    ({ field, values: [value] }) => field.name === 'field_presence' && value === legacyRequired,
  );
}

const legacyRequired = 3n;
