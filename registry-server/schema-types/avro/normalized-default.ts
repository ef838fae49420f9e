import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  sortedJson as sorted,
  toNumber,
} from '../json-text.ts';
import { asDouble, fractionText } from '../number-text.ts';
import type { AvroSchema } from './model.ts';

const sortedJson = (value: Json): string => sorted(value, asDouble);

/**
 * A default as the Java library writes it after reading it by the field's type: 0 of a double is 0.0, keys are sorted.
 * Of a union the first branch is its type.
 */
export function normalizedDefault(type: AvroSchema, value: Json): string {
  switch (type.type) {
    case 'float':
    case 'double': {
      const number = toNumber(value);
      return number === undefined ? sortedJson(value) : writtenFraction(number, type.type);
    }
    case 'array':
      return isArray(value)
        ? `[${value.map((item) => normalizedDefault(type.items, item)).join(',')}]`
        : sortedJson(value);
    case 'map':
      return isObject(value) ? writeObject(value, () => type.values) : sortedJson(value);
    case 'record':
      return isObject(value)
        ? writeObject(value, (key) => type.fieldsByName.get(key)?.type)
        : sortedJson(value);
    case 'union': {
      const [first] = type.branches;
      return first === undefined ? sortedJson(value) : normalizedDefault(first, value);
    }
    default:
      return sortedJson(value);
  }
}

function writeObject(value: JsonObject, typeOf: (key: string) => AvroSchema | undefined): string {
  const members = Object.keys(value)
    .sort()
    .map((key) => {
      const type = typeOf(key);
      const inner = value[key] as Json;
      return `${JSON.stringify(key)}:${type === undefined ? sortedJson(inner) : normalizedDefault(type, inner)}`;
    });
  return `{${members.join(',')}}`;
}

/** What is no number in JSON is written as a text. */
function writtenFraction(value: number, type: 'float' | 'double'): string {
  const text = fractionText(value, type);
  return Number.isFinite(value) ? text : JSON.stringify(text);
}
