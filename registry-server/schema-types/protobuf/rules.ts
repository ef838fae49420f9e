import type { InvalidSchema } from '../invalid-schema.ts';
import type { FieldType, ProtoEnum, ProtoMessage } from './model.ts';
import {
  type Edition,
  maxEnumNumber,
  maxFieldNumber,
  type Where,
  type WrittenEnum,
  type WrittenField,
  type WrittenMessage,
  type WrittenRange,
} from './written.ts';

/** What the language guides forbid, beyond the grammar and unresolved names. */

export type Fail = (where: Where, words: string) => InvalidSchema;

export const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function checkName(name: string, scope: string, fail: (words: string) => InvalidSchema): void {
  if (nameForm.test(name)) return;
  throw fail(
    `"${name}" in "${scope}" is not a name; begin with a letter or _, go on with letters, digits and _`,
  );
}

/** Whether a number is in one of the ranges, which do not overlap. */
function isWithin(ranges: readonly WrittenRange[]): (number: number) => boolean {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  return (number) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.end ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return (sorted[low]?.start ?? Number.NaN) <= number;
  };
}

export function checkMessage(message: WrittenMessage, edition: Edition, fail: Fail): void {
  const { name, fields, oneofs, extensionRanges, reservedRanges, reservedNames, where } = message;
  if (edition === 'proto3' && extensionRanges.length > 0) {
    throw fail(where, `message "${name}" has extension ranges, which proto3 does not allow`);
  }
  checkRanges(message, fail);
  checkReservedNames(name, reservedNames, where, fail);
  const byNumber = new Map<number, string>();
  const names = new Set(reservedNames);
  const isReserved = isWithin(reservedRanges);
  const isExtension = isWithin(extensionRanges);
  for (const field of fields) {
    const { number } = field;
    const what = `field "${field.name}" of message "${name}"`;
    const holder = byNumber.get(number);
    if (holder !== undefined) {
      throw fail(field.where, `${what} has the number ${number}, which field "${holder}" has already`);
    }
    byNumber.set(number, field.name);
    if (names.has(field.name)) throw fail(field.where, `${what} has a name that is reserved`);
    if (isReserved(number)) {
      throw fail(field.where, `${what} has the number ${number}, which is reserved`);
    }
    if (isExtension(number)) {
      throw fail(field.where, `${what} has the number ${number}, which is left to extensions`);
    }
  }
  const filled = new Set(fields.map(({ oneof }) => oneof));
  for (const oneof of oneofs) {
    if (!filled.has(oneof.name)) {
      throw fail(oneof.where, `the oneof "${oneof.name}" has no field`);
    }
  }
}

function checkRanges({ name, extensionRanges, reservedRanges }: WrittenMessage, fail: Fail): void {
  const sorted = [...extensionRanges, ...reservedRanges].sort((a, b) => a.start - b.start);
  for (const [index, range] of sorted.entries()) {
    const before = sorted[index - 1];
    if (range.start < 1 || range.end > maxFieldNumber || range.end < range.start) {
      throw fail(range.where, `${range.start} to ${range.end} is not a range from 1 to ${maxFieldNumber}`);
    }
    if (before && before.end >= range.start) {
      throw fail(range.where, `two ranges of message "${name}" hold the number ${range.start}`);
    }
  }
}

function checkReservedNames(owner: string, names: readonly string[], where: Where, fail: Fail): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw fail(where, `"${owner}" reserves the name "${name}" twice`);
    seen.add(name);
  }
}

/** Numbers that the implementation keeps for itself. */
const firstInternal = 19_000;
const lastInternal = 19_999;

export function checkField(
  field: WrittenField,
  type: FieldType,
  extendee: ProtoMessage | undefined,
  edition: Edition,
  fail: Fail,
): void {
  const { name, number, where, label, oneof } = field;
  if (number < 1 || number > maxFieldNumber) {
    throw fail(where, `field "${name}" has the number ${number}; the numbers are 1 to ${maxFieldNumber}`);
  }
  if (number >= firstInternal && number <= lastInternal) {
    throw fail(
      where,
      `field "${name}" has the number ${number}; ${firstInternal} to ${lastInternal} are kept for Protocol Buffers itself`,
    );
  }
  if (type.kind === 'map' && field.map !== undefined && (label ?? oneof ?? field.extendee) !== undefined) {
    throw fail(where, `field "${name}" is a map and has no label and is no part of a oneof or an extension`);
  }
  if (oneof !== undefined && label !== undefined) {
    throw fail(where, `field "${name}" is part of a oneof and may not be ${label}`);
  }
  checkLabel(field, type, edition, fail);
  if (extendee !== undefined) checkExtension(field, extendee, edition, fail);
}

function checkLabel(field: WrittenField, type: FieldType, edition: Edition, fail: Fail): void {
  const { name, label, oneof, where } = field;
  if (edition === 'proto2') {
    if (label === undefined && oneof === undefined && type.kind !== 'map') {
      throw fail(where, `field "${name}" needs a label in proto2; write optional, repeated or required`);
    }
    return;
  }
  if (type.kind === 'group') throw fail(where, `the group "${name}" is allowed in proto2 only`);
  if (label === 'required') throw fail(where, `field "${name}" is required, which proto2 alone allows`);
  if (label === 'optional' && edition !== 'proto3') {
    throw fail(where, `field "${name}" has the label optional; editions say features.field_presence instead`);
  }
  if (edition === 'proto3' && field.default !== undefined) {
    throw fail(where, `field "${name}" has a default, which proto3 does not allow`);
  }
}

const optionsMessage = /^google\.protobuf\.[A-Za-z]+Options$/;

function checkExtension(field: WrittenField, extendee: ProtoMessage, edition: Edition, fail: Fail): void {
  const { name, number, label, where } = field;
  if (label === 'required') throw fail(where, `the extension "${name}" may not be required`);
  if (edition === 'proto3' && !optionsMessage.test(extendee.fullName)) {
    throw fail(where, `proto3 allows extensions of options only, not of "${extendee.fullName}"`);
  }
  if (!extendee.extensionRanges.some(({ start, end }) => number >= start && number <= end)) {
    throw fail(where, `"${extendee.fullName}" does not leave the number ${number} to extensions`);
  }
}

const keyTypes: ReadonlySet<string> = new Set(
  'int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string'.split(' '),
);

export function checkMapKey(type: FieldType, where: Where, fail: Fail): void {
  if (type.kind === 'scalar' && keyTypes.has(type.scalar)) return;
  throw fail(where, 'the keys of a map are whole numbers, bool or string');
}

export function checkEnum(written: WrittenEnum, linked: ProtoEnum, edition: Edition, fail: Fail): void {
  const { name, values, reservedRanges, reservedNames, where } = written;
  const [first] = values;
  if (first === undefined) throw fail(where, `the enum "${name}" has no value`);
  if (edition === 'proto3' && first.number !== 0) {
    throw fail(first.where, `the first value of the enum "${name}" is 0 in proto3, not ${first.number}`);
  }
  checkReservedNames(name, reservedNames, where, fail);
  for (const { start, end, where: place } of reservedRanges) {
    if (start > end || start < -maxEnumNumber - 1 || end > maxEnumNumber) {
      throw fail(place, `${start} to ${end} is not a range of 32 bits`);
    }
  }
  const allowsAlias = linked.options.some(
    ({ field, values: [value] }) => field.name === 'allow_alias' && value,
  );
  const byNumber = new Map<number, string>();
  const reserved = new Set(reservedNames);
  const isReserved = isWithin(reservedRanges);
  for (const value of values) {
    const what = `value "${value.name}" of enum "${name}"`;
    const holder = byNumber.get(value.number);
    if (!Number.isInteger(value.number) || Math.abs(value.number + 0.5) > 2 ** 31) {
      throw fail(value.where, `${what} has the number ${value.number}, which does not fit into 32 bits`);
    }
    if (holder !== undefined && !allowsAlias) {
      throw fail(
        value.where,
        `${what} has the number of "${holder}"; write option allow_alias = true if that is meant`,
      );
    }
    byNumber.set(value.number, value.name);
    if (reserved.has(value.name)) throw fail(value.where, `${what} has a name that is reserved`);
    if (isReserved(value.number)) {
      throw fail(value.where, `${what} has the number ${value.number}, which is reserved`);
    }
  }
}
