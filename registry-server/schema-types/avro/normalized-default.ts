import { isArray, isObject, type Json, type JsonObject, sortedJson, toNumber } from '../json-text.ts';
import type { AvroSchema } from './model.ts';

/**
 * A default as the Java library writes it after reading it by the field's type: 0 of a double is 0.0, keys are sorted.
 * Of a union the first branch is its type.
 */
export function normalizedDefault(type: AvroSchema, value: Json): string {
  switch (type.type) {
    case 'float':
    case 'double': {
      const number = toNumber(value);
      return number === undefined ? sortedJson(value) : writeFraction(number, type.type);
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

/** As Double.toString and Float.toString: with a fraction always, and an exponent outside of 10^-3 to 10^7. */
function writeFraction(value: number, type: 'float' | 'double'): string {
  const digits = shortest(value, type);
  if (!Number.isFinite(value)) return digits;
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa = '', exponent = ''] = Number(digits).toExponential().split('e');
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
  }
  return digits.includes('.') ? digits : `${digits}.0`;
}

/** The fewest digits that are read as the same number again. */
function shortest(value: number, type: 'float' | 'double'): string {
  if (type === 'double') return String(value);
  const float = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = float.toPrecision(digits);
    if (Math.fround(Number(text)) === float) return String(Number(text));
  }
  return String(float);
}
