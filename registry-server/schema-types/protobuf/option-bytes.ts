import { InvalidSchema } from '../invalid-schema.ts';
import {
  type FieldType,
  isUnknown,
  type OptionValue,
  type OptionValues,
  type ProtoField,
  type ProtoMessage,
  type SetField,
} from './model.ts';
import type { OptionScope } from './option-scope.ts';
import { delimited, endGroup, fixed32, fixed64, startGroup, varint, WireReader, WireWriter } from './wire.ts';
import { maxDepth, type Scalar } from './written.ts';

/** The values in the bytes of an options message; fields that nobody knows are left out. */
export function decodeOptions(
  bytes: Uint8Array,
  message: ProtoMessage,
  at: OptionScope,
  depth: number,
): OptionValues {
  if (depth > maxDepth) throw at.fail(`an option is nested deeper than ${maxDepth} levels`);
  const draft = new Map<number, { field: ProtoField; values: OptionValue[] }>();
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const number = reader.field();
    const field =
      message.fields.find((one) => one.number === number) ??
      at.extensions.get(message.fullName)?.get(number) ??
      at.implied.find((one) => one.number === number && one.extendee?.fullName === message.fullName);
    if (field === undefined) {
      reader.skip();
      continue;
    }
    const known = draft.get(number) ?? { field, values: [] };
    draft.set(number, known);
    const values = decodeValues(reader, field.type, at, depth);
    if (isRepeated(field)) known.values.push(...values);
    else known.values.splice(0, 1, ...values.slice(-1));
  }
  return [...draft.values()]
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => a.field.number - b.field.number);
}

function decodeValues(
  reader: WireReader,
  type: FieldType,
  at: OptionScope,
  depth: number,
): readonly OptionValue[] {
  const message = messageOf(type);
  if (message !== undefined) {
    if (reader.wireType === delimited) return [decodeOptions(reader.bytes(), message, at, depth + 1)];
    if (reader.wireType === startGroup) return [decodeOptions(reader.group(), message, at, depth + 1)];
    reader.skip();
    return [];
  }
  const scalar = type.kind === 'scalar' ? type.scalar : 'int32';
  if (scalar === 'string') return [reader.string()];
  if (scalar === 'bytes') return [reader.bytes()];
  if (reader.wireType !== delimited) return [decodeScalar(reader, scalar)];
  // Packed: several in one.
  const packed = new WireReader(reader.bytes());
  const values: OptionValue[] = [];
  packed.wireType = wireTypeOf(scalar);
  while (!packed.isAtEnd) values.push(decodeScalar(packed, scalar));
  return values;
}

function wireTypeOf(scalar: Scalar): number {
  if (scalar === 'float' || scalar === 'fixed32' || scalar === 'sfixed32') return fixed32;
  if (scalar === 'double' || scalar === 'fixed64' || scalar === 'sfixed64') return fixed64;
  return scalar === 'string' || scalar === 'bytes' ? delimited : varint;
}

function decodeScalar(reader: WireReader, scalar: Scalar): OptionValue {
  if (reader.wireType !== wireTypeOf(scalar)) {
    throw new InvalidSchema(`an option of type ${scalar} has another type in the descriptor`);
  }
  switch (scalar) {
    case 'float':
      return reader.take(4).readFloatLE();
    case 'double':
      return reader.take(8).readDoubleLE();
    case 'fixed32':
      return BigInt(reader.take(4).readUInt32LE());
    case 'sfixed32':
      return BigInt(reader.take(4).readInt32LE());
    case 'fixed64':
      return reader.take(8).readBigUInt64LE();
    case 'sfixed64':
      return reader.take(8).readBigInt64LE();
    case 'bool':
      return reader.varint() !== 0n;
    case 'sint32':
    case 'sint64': {
      const value = reader.varint();
      return (value >> 1n) ^ -(value & 1n);
    }
    case 'int32':
      return BigInt.asIntN(32, reader.varint());
    case 'int64':
      return BigInt.asIntN(64, reader.varint());
    case 'uint32':
      return BigInt.asUintN(32, reader.varint());
    default:
      return reader.varint();
  }
}

/** The bytes of an options message. */
export function encodeOptions(options: OptionValues): Buffer {
  const writer = new WireWriter();
  for (const { field, values } of options) {
    for (const value of values) encodeValue(writer, field, value);
  }
  return writer.finish();
}

function encodeValue(writer: WireWriter, { number, type }: SetField['field'], value: OptionValue): void {
  // As the reference, which writes only what is defined: readers refuse the rest.
  if (isUnknown(value)) return;
  if (Array.isArray(value)) {
    const bytes = encodeOptions(value);
    if (type.kind === 'group') writer.tag(number, startGroup).raw(bytes).tag(number, endGroup);
    else writer.bytes(number, bytes);
    return;
  }
  if (typeof value === 'string') writer.string(number, value);
  else if (value instanceof Buffer) writer.bytes(number, value);
  else if (typeof value === 'boolean') writer.tag(number, varint).varint(value ? 1n : 0n);
  else {
    const scalar = type.kind === 'scalar' ? type.scalar : 'int32';
    writer.tag(number, wireTypeOf(scalar));
    encodeNumber(writer, scalar, value as number | bigint);
  }
}

function encodeNumber(writer: WireWriter, scalar: Scalar, value: number | bigint): void {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(scalar === 'float' ? 4 : 8);
    if (scalar === 'float') bytes.writeFloatLE(value);
    else bytes.writeDoubleLE(value);
    writer.raw(bytes);
  } else if (scalar === 'sint32' || scalar === 'sint64') writer.varint((value << 1n) ^ (value >> 63n));
  else if (wireTypeOf(scalar) === varint) writer.varint(value);
  else {
    const bytes = Buffer.alloc(wireTypeOf(scalar) === fixed32 ? 4 : 8);
    if (bytes.length === 4) bytes.writeUInt32LE(Number(BigInt.asUintN(32, value)));
    else bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    writer.raw(bytes);
  }
}

export function messageOf(type: FieldType): ProtoMessage | undefined {
  if (type.kind === 'map') return type.entry;
  return type.kind === 'message' || type.kind === 'group' ? type.message : undefined;
}

export const isRepeated = ({ label, type }: ProtoField): boolean =>
  label === 'repeated' || type.kind === 'map';
