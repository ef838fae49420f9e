import type { InvalidSchema } from '../invalid-schema.ts';
import { convertScalar } from './convert-scalar.ts';
import type { FieldType } from './model.ts';
import { bytesOfLiteral } from './tokens.ts';
import type { Literal, Scalar, WrittenField } from './written.ts';

/** A default in the form of a descriptor, whichever form it came in. */
export function defaultOf(
  { default: given, name, label }: WrittenField,
  type: FieldType,
  fail: (words: string) => InvalidSchema,
): string | undefined {
  if (given === undefined) return undefined;
  if (label === 'repeated' || (type.kind !== 'scalar' && type.kind !== 'enum')) {
    throw fail(`field "${name}" is repeated or a message and has no default`);
  }
  const literal = typeof given === 'string' ? fromDescriptor(given, type) : given;
  if (type.kind === 'enum') {
    const isKnown = literal?.kind === 'word' && type.enum.valuesByName.has(literal.text);
    if (isKnown) return literal.text;
    throw fail(`the default of field "${name}" is no value of ${type.enum.fullName}`);
  }
  const value = literal && convertScalar(type.scalar, literal);
  if (value === undefined) throw fail(`the default of field "${name}" is not of type ${type.scalar}`);
  if (Buffer.isBuffer(value)) return escapeBytes(value);
  return typeof value === 'number' ? printFloat(value, type.scalar) : String(value);
}

function fromDescriptor(text: string, type: FieldType): Literal | undefined {
  if (type.kind !== 'scalar') return { kind: 'word', text };
  if (type.scalar === 'string') return { kind: 'string', bytes: Buffer.from(text) };
  if (type.scalar !== 'bytes') return { kind: 'number', text };
  const bytes = bytesOfLiteral(text);
  return bytes && { kind: 'string', bytes };
}

/** The shortest digits that are read as the same number. */
export function printFloat(value: number, scalar: Scalar): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  if (scalar !== 'float') return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

const named: ReadonlyMap<number, string> = new Map([
  [9, '\\t'],
  [10, '\\n'],
  [13, '\\r'],
  [34, '\\"'],
  [39, "\\'"],
  [92, '\\\\'],
]);

/** Anything that is not printable ASCII becomes an octal escape. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    text +=
      named.get(byte) ?? (isPrintable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`);
  }
  return text;
}
