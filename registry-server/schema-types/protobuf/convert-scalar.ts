import type { OptionValue } from './model.ts';
import { integerForm, readInteger } from './tokens.ts';
import type { Literal, Scalar } from './written.ts';

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
