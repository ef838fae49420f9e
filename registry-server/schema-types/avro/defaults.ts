import { isArray, isObject, type Json, NumberText, toNumber, writeJson } from '../json-text.ts';
import { faultInOwnTypes } from './fault-in-own-types.ts';
import { type AvroField, type AvroSchema, isNamed, type PrimitiveName } from './model.ts';

/**
 * The first default of a field that is no value of the field's type, in words. Any branch of a union will do, as in the
 * Java library; symbols and sizes are looked at, which it does not do.
 */
export function invalidDefaults(schema: AvroSchema): string | undefined {
  const seen = new Set<AvroSchema>();
  return inSchema(schema, '');

  function inSchema(type: AvroSchema, path: string): string | undefined {
    if (seen.has(type)) return undefined;
    seen.add(type);
    switch (type.type) {
      case 'array':
        return inSchema(type.items, `${path}/items`);
      case 'map':
        return inSchema(type.values, `${path}/values`);
      case 'union':
        return first(type.branches, (branch, index) => inSchema(branch, `${path}/${index}`));
      case 'record':
        return first(type.fields, (field, index) => inField(field, `${path}/fields/${index}`));
      default:
        return undefined;
    }
  }

  function inField(field: AvroField, path: string): string | undefined {
    const { name, type, default: value } = field;
    if (value === undefined || isValue(type, value)) return inSchema(type, `${path}/type`);
    const shown = writeJson(value);
    const short = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
    return `${path}/default: ${short} is not a valid default of field "${name}" of type ${nameOf(type)}`;
  }
}

/** The first field of a fraction's type with a text as its default that is no number; the Java library reads no such schema. */
export function unreadableFraction(schema: AvroSchema, referred: ReadonlySet<string>): string | undefined {
  return faultInOwnTypes(schema, referred, (type) => {
    if (type.type !== 'record') return undefined;
    const found = type.fields.find(
      (field) =>
        (field.type.type === 'float' || field.type.type === 'double') && typeof field.default === 'string',
    );
    return found && `the default of field "${found.name}" is not a number`;
  });
}

function first<T>(
  list: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of list.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function nameOf(type: AvroSchema): string {
  if (isNamed(type)) return type.fullName;
  return type.type === 'union' ? `[${type.branches.map(nameOf).join(', ')}]` : type.type;
}

const isText = (value: Json) => typeof value === 'string';
const isFloat = (value: Json) => toNumber(value) !== undefined;

const isPrimitiveValue: Readonly<Record<PrimitiveName, (value: Json) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  int: (value) => isInteger(value, 31n),
  long: (value) => isInteger(value, 63n),
  float: isFloat,
  double: isFloat,
  bytes: isText,
  string: isText,
};

const longestInteger = '-9223372036854775808'.length;

/** Whether a number was written as a whole one, which 1.0 was not. */
function isInteger(value: Json, bits: bigint): boolean {
  const text = value instanceof NumberText ? value.text : typeof value === 'number' ? String(value) : '';
  if (text.length > longestInteger || !/^-?\d+$/.test(text)) return false;
  const limit = 1n << bits;
  return BigInt(text) < limit && BigInt(text) >= -limit;
}

function isValue(type: AvroSchema, value: Json): boolean {
  switch (type.type) {
    case 'union':
      return type.branches.some((branch) => isValue(branch, value));
    case 'array':
      return isArray(value) && value.every((item) => isValue(type.items, item));
    case 'map':
      return isObject(value) && Object.values(value).every((item) => isValue(type.values, item));
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value);
    case 'fixed':
      return typeof value === 'string' && value.length === type.size;
    case 'record':
      // A field that the value leaves out takes its own default, which is judged where the field is.
      return (
        isObject(value) &&
        type.fields.every(({ name, type: inner, default: fallback }) =>
          Object.hasOwn(value, name) ? isValue(inner, value[name] as Json) : fallback !== undefined,
        )
      );
    default:
      return isPrimitiveValue[type.type](value);
  }
}
