import { isUtf8 } from 'node:buffer';
import { InvalidSchema } from '../invalid-schema.ts';
import { isClosed } from './features.ts';
import {
  type FieldType,
  isUnknown,
  noOptions,
  type OptionValue,
  type OptionValues,
  type ProtoEnum,
  type ProtoField,
  type ProtoMessage,
  type ProtoSymbol,
  type SetField,
  unknownOption,
} from './model.ts';
import { isExtension, isMessage } from './scopes.ts';
import { integerForm, readInteger } from './tokens.ts';
import { readUninterpreted } from './uninterpreted.ts';
import { delimited, endGroup, fixed32, fixed64, startGroup, varint, WireReader, WireWriter } from './wire.ts';
import {
  type Literal,
  type LiteralField,
  maxDepth,
  type NamePart,
  type Scalar,
  type WrittenOption,
  type WrittenOptions,
} from './written.ts';

/** Where an option is written, and what it can see from there. */
export interface OptionScope {
  readonly scope: string;
  readonly where: WrittenOption['where'];
  /** What a name stands for in a scope. */
  readonly resolve: (
    name: string,
    scope: string,
    isWanted: (symbol: ProtoSymbol) => boolean,
  ) => ProtoSymbol | undefined;
  /** By the full name of the extended message, then by number. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, ProtoField>>;
  /** Options that need no import: the reference knows Confluent's own ones wherever they are. */
  readonly implied: readonly ProtoField[];
  readonly fail: (words: string) => InvalidSchema;
  /** What protoc would refuse and is taken all the same. */
  readonly mind: (fault: InvalidSchema) => void;
}

/**
 * Gives options their types: both forms of a schema become the same values. What is not defined, or set to what it
 * does not take, stays as it was written.
 */
export function interpretOptions(
  options: WrittenOptions,
  message: ProtoMessage,
  at: (option: WrittenOption | undefined) => OptionScope,
): OptionValues {
  if (options.length === 0) return noOptions;
  const draft: Draft = new Map();
  const unknown: SetField[] = [];
  const written: WrittenOption[] = [];
  if (options instanceof Uint8Array) {
    const here = at(undefined);
    for (const set of decode(options, message, here, 0)) {
      if (set.field.name !== uninterpreted) draft.set(set.field.number, { ...set, values: [...set.values] });
      else for (const value of set.values) written.push(readUninterpreted(value as OptionValues, here.where));
    }
  } else written.push(...options);
  for (const option of written) {
    const here = at(option);
    try {
      setOption(draft, message, option.name, option.value, here, true);
    } catch (error) {
      if (!(error instanceof InvalidSchema)) throw error;
      here.mind(error);
      unknown.push(unknownOption(printName(option.name), option.value));
    }
  }
  return unknown.length === 0 ? finish(draft) : [...finish(draft), ...unknown];
}

/** The field of an options message that holds what a parser did not know. */
const uninterpreted = 'uninterpreted_option';

const printName = (name: readonly NamePart[]): string =>
  name.map((part) => (part.isExtension ? `(${part.name})` : part.name)).join('.');

type Draft = Map<number, { readonly field: ProtoField; readonly values: (OptionValue | Draft)[] }>;

function finish(draft: Draft): OptionValues {
  return [...draft.values()]
    .sort((a, b) => a.field.number - b.field.number)
    .map(({ field, values }) => ({
      field,
      values: values.map((value) => (value instanceof Map ? finish(value) : value)),
    }));
}

/** @param isOption not inside of a message literal, where the text format has more ways to write a value */
function setOption(
  draft: Draft,
  message: ProtoMessage,
  name: readonly NamePart[],
  value: Literal,
  at: OptionScope,
  isOption: boolean,
): void {
  const [part, ...rest] = name;
  if (part === undefined) throw at.fail('the option has no name');
  const field = findField(message, part, isOption ? at.scope : message.fullName, at);
  const known = draft.get(field.number) ?? { field, values: [] };
  if (rest.length > 0) {
    const inner = messageOf(field.type);
    if (inner === undefined || isRepeated(field)) {
      throw at.fail(`"${part.name}" is no single message: nothing in it can be set`);
    }
    const [existing = new Map()] = known.values;
    if (!(existing instanceof Map)) throw at.fail(`"${part.name}" is set twice`);
    setOption(existing, inner, rest, value, at, true);
    known.values[0] = existing;
  } else if (isRepeated(field)) {
    const items = value.kind === 'list' ? value.items : [value];
    if (isOption && value.kind === 'list') {
      at.mind(at.fail(`"${part.name}" takes no list here; set it several times`));
    }
    known.values.push(...items.map((item) => convert(field.type, item, part.name, at, isOption)));
  } else {
    if (known.values.length > 0) throw at.fail(`the option "${part.name}" is set twice`);
    known.values.push(convert(field.type, value, part.name, at, isOption));
  }
  const rival = [...draft.values()].find((one) => one.field.oneof === field.oneof && one.field !== field);
  if (!isOption && field.oneof !== undefined && rival !== undefined) {
    at.mind(at.fail(`"${field.name}" is set along with "${rival.field.name}", of the same oneof`));
  }
  if (known.values.length > 0) draft.set(field.number, known);
}

const isRepeated = ({ label, type }: ProtoField): boolean => label === 'repeated' || type.kind === 'map';

function messageOf(type: FieldType): ProtoMessage | undefined {
  if (type.kind === 'map') return type.entry;
  return type.kind === 'message' || type.kind === 'group' ? type.message : undefined;
}

function findField(
  message: ProtoMessage,
  { name, isExtension: isCustom }: NamePart,
  scope: string,
  at: OptionScope,
): ProtoField {
  if (isCustom) {
    const found =
      at.resolve(name, scope, isExtension) ??
      at.resolve(name, at.scope, isExtension) ??
      at.implied.find(({ fullName }) => fullName === name.replace(/^\./, ''));
    if (found?.kind !== 'field')
      throw at.fail(`the option "(${name})" is not defined, or its file not imported`);
    if (found.extendee?.fullName === message.fullName) return found;
    throw at.fail(`the option "(${name})" extends ${found.extendee?.fullName}, not ${message.fullName}`);
  }
  const found =
    message.fields.find((field) => field.name === name) ??
    // The text format names a group by its message.
    message.fields.find(({ type }) => type.kind === 'group' && type.message.name === name);
  if (found && found.name !== uninterpreted) return found;
  throw at.fail(`${message.name} has no "${name}"; write the name of a custom option in parentheses`);
}

function convert(
  type: FieldType,
  value: Literal,
  name: string,
  at: OptionScope,
  isOption: boolean,
): OptionValue | Draft {
  const message = messageOf(type);
  if (message !== undefined) {
    if (value.kind !== 'message') throw at.fail(`"${name}" is a message; write {…}`);
    if (message.unknownAs !== undefined)
      throw at.fail(`nothing is known of "${name}", a ${message.unknownAs}`);
    const draft: Draft = new Map();
    for (const field of value.fields) {
      if (field.isExtension && field.name.includes('/')) setAny(draft, message, field, at);
      else setOption(draft, message, [field], field.value, at, false);
    }
    return draft;
  }
  const converted =
    type.kind === 'enum'
      ? convertEnum(type.enum, value)
      : type.kind === 'scalar'
        ? convertTextScalar(type.scalar, value)
        : undefined;
  const typeName = type.kind === 'enum' ? type.enum.fullName : (type as { scalar: Scalar }).scalar;
  if (converted === undefined) throw at.fail(`"${name}" takes a value of type ${typeName}`);
  const words = isOption ? mindedInOption(type, value) : mindedInText(type, value);
  if (words !== undefined) at.mind(at.fail(`"${name}" ${words}`));
  return converted;
}

/** What only a message literal may hold. */
function mindedInOption(type: FieldType, value: Literal): string | undefined {
  if (type.kind === 'enum')
    return value.kind === 'word' ? undefined : `takes a value of ${type.enum.fullName} by its name`;
  if (type.kind !== 'scalar') return undefined;
  if (convertScalar(type.scalar, value) === undefined) return 'takes true or false, nothing else';
  return mindedNumber(type.scalar, value);
}

/** What only an option itself may hold. */
function mindedInText(type: FieldType, value: Literal): string | undefined {
  if (type.kind === 'enum') {
    const isKnown =
      value.kind === 'word' ||
      type.enum.values.some(({ number }) => number === Number(value.kind === 'number' && value.text));
    return isKnown || !isClosed(type.enum) ? undefined : `takes a number that ${type.enum.fullName} has`;
  }
  if (type.kind !== 'scalar') return undefined;
  if (value.kind === 'string')
    return type.scalar === 'string' && !isUtf8(value.bytes) ? 'takes a text, in UTF-8' : undefined;
  const isFloat = type.scalar === 'float' || type.scalar === 'double';
  const isDecimal = value.kind !== 'number' || !/^-?0[xX0-7]/.test(value.text);
  return isFloat && !isDecimal ? 'takes a decimal number' : undefined;
}

/** An infinite number has one spelling outside of message literals. */
export function mindedNumber(scalar: Scalar, value: Literal): string | undefined {
  const isFloat = scalar === 'float' || scalar === 'double';
  const isWord = value.kind === 'word' || (value.kind === 'number' && !/\d/.test(value.text));
  if (!isFloat || !isWord) return undefined;
  return /^-?(?:inf|nan)$/.test(value.text) ? undefined : 'takes a number, inf or nan';
}

/** By its name, or by its number, which need not have a name (text format specification). */
function convertEnum(type: ProtoEnum, value: Literal): bigint | undefined {
  if (value.kind === 'number') return convertScalar('int32', value) as bigint | undefined;
  const found = value.kind === 'word' ? type.valuesByName.get(value.text) : undefined;
  return found && BigInt(found.number);
}

/** What the text format takes beyond what an option takes: more words for a bool. */
function convertTextScalar(scalar: Scalar, value: Literal): OptionValue | undefined {
  if (scalar !== 'bool') return convertScalar(scalar, value);
  if (value.kind === 'word') return textBooleans.get(value.text);
  const number = convertScalar('uint64', value);
  return number === 1n ? true : number === 0n ? false : undefined;
}

const textBooleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['t', true],
  ['false', false],
  ['False', false],
  ['f', false],
]);

/** `[type.googleapis.com/acme.Order]: {…}` in an Any stands for its two fields. */
function setAny(draft: Draft, any: ProtoMessage, { name, value }: LiteralField, at: OptionScope): void {
  const url = any.fields.find((field) => field.number === 1);
  const bytes = any.fields.find((field) => field.number === 2);
  if (any.fullName !== 'google.protobuf.Any' || !url || !bytes) {
    throw at.fail(`${any.name} is no google.protobuf.Any: "[${name}]" is no name of a field`);
  }
  if (draft.size > 0) throw at.fail(`"[${name}]" is all that may be set in an Any`);
  const target = at.resolve(`.${name.slice(name.lastIndexOf('/') + 1)}`, '', isMessage);
  if (target?.kind !== 'message') throw at.fail(`nothing is known of the message "${name}"`);
  if (!anyPrefixes.test(name)) {
    at.mind(at.fail(`"[${name}]" begins with an address that protoc does not know`));
  }
  const inside = convert({ kind: 'message', message: target }, value, name, at, false);
  draft.set(1, { field: url, values: [name] });
  draft.set(2, { field: bytes, values: [encodeOptions(finish(inside as Draft))] });
}

/**
 * What an Any holds, where its type is known and all of it is understood.
 * @param find a message by its full name
 */
export function openAny(
  options: OptionValues,
  find: (fullName: string) => ProtoSymbol | undefined,
): { readonly url: string; readonly inside: OptionValues } | undefined {
  const [url, bytes] = [1, 2].map(
    (number) => options.find(({ field }) => field.number === number)?.values[0],
  );
  if (typeof url !== 'string' || !anyPrefixes.test(url) || !Buffer.isBuffer(bytes)) return undefined;
  const target = find(url.slice(url.lastIndexOf('/') + 1));
  if (target?.kind !== 'message') return undefined;
  try {
    const inside = decode(bytes, target, nothingElse, 0);
    return encodeOptions(inside).equals(bytes) ? { url, inside } : undefined;
  } catch (error) {
    if (error instanceof InvalidSchema) return undefined;
    throw error;
  }
}

const nothingElse: OptionScope = {
  scope: '',
  where: 0,
  resolve: () => undefined,
  extensions: new Map(),
  implied: [],
  fail: (words) => new InvalidSchema(words),
  mind: () => undefined,
};

const anyPrefixes = /^type\.google(?:apis|prod)\.com\/[^/]*$/;

const integerRanges: Partial<Record<Scalar, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

/** `undefined` when the literal is of another type. */
export function convertScalar(scalar: Scalar, value: Literal): OptionValue | undefined {
  if (scalar === 'string') return value.kind === 'string' ? value.bytes.toString() : undefined;
  if (scalar === 'bytes') return value.kind === 'string' ? value.bytes : undefined;
  if (value.kind !== 'number' && value.kind !== 'word') return undefined;
  const { text } = value;
  if (scalar === 'bool') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (scalar === 'float' || scalar === 'double') {
    const number = readFloat(text);
    return number === undefined || scalar === 'double' ? number : Math.fround(number);
  }
  const range = integerRanges[scalar];
  const digits = text.replace(/^-/, '');
  if (range === undefined || !integerForm.test(digits)) return undefined;
  if (text.startsWith('-') && range[0] === 0n) return undefined;
  const number = text.startsWith('-') ? -readInteger(digits) : readInteger(digits);
  return number >= range[0] && number <= range[1] ? number : undefined;
}

function readFloat(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^-/, '').toLowerCase();
  if (digits === 'inf' || digits === 'infinity') return sign * Number.POSITIVE_INFINITY;
  if (digits === 'nan') return Number.NaN;
  const number = integerForm.test(digits) ? Number(readInteger(digits)) : Number(digits.replace(/f$/, ''));
  return Number.isNaN(number) ? undefined : sign * number;
}

function decode(bytes: Uint8Array, message: ProtoMessage, at: OptionScope, depth: number): OptionValues {
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
    if (reader.wireType === delimited) return [decode(reader.bytes(), message, at, depth + 1)];
    if (reader.wireType === startGroup) return [decode(reader.group(), message, at, depth + 1)];
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
