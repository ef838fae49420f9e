import { isUtf8 } from 'node:buffer';
import { InvalidSchema } from '../invalid-schema.ts';
import { convertScalar } from './convert-scalar.ts';
import { isClosed } from './features.ts';
import {
  type FieldType,
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
import { decodeOptions, encodeOptions, isRepeated, messageOf } from './option-bytes.ts';
import type { OptionScope } from './option-scope.ts';
import { isExtension, isMessage } from './scopes.ts';
import { readUninterpreted } from './uninterpreted.ts';
import type { Literal, LiteralField, NamePart, Scalar, WrittenOption, WrittenOptions } from './written.ts';

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
    for (const set of decodeOptions(options, message, here, 0)) {
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
    const inside = decodeOptions(bytes, target, nothingElse, 0);
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
