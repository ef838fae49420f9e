import { RegistryError } from '../errors.ts';

function wrong(field: string, right: string): RegistryError {
  return new RegistryError('BAD_REQUEST', { detail: `"${field}" must be ${right}` });
}

export function objectAt(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(field, 'an object');
  return value as Record<string, unknown>;
}

export function listAt(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, 'a list');
  return value;
}

/** Numbers and booleans are taken for their text, as the reference's JSON library takes them. */
export function stringAt(value: unknown, field: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw wrong(field, 'a string');
  return checked(value, field);
}

/** Takes text as well, for the reason that stringAt has. */
export function booleanAt(value: unknown, field: string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw wrong(field, 'true or false');
}

export function stringsAt(value: unknown, field: string): readonly string[] {
  return listAt(value, field).map((item, i) => stringAt(item, `${field}[${i}]`));
}

export function mapAt<T>(
  value: unknown,
  field: string,
  read: (value: unknown, field: string) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(objectAt(value, field)).map(([key, item]) => [
      checked(key, field),
      read(item, `${field}.${key}`),
    ]),
  );
}

export function oneOf<const T extends string>(value: unknown, field: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw wrong(field, `one of ${allowed.join(', ')}`);
  return found;
}

/** Refuses what PostgreSQL does not store: NUL, and half of a surrogate pair. */
function checked(text: string, field: string): string {
  if (text.includes('\u0000') || !text.isWellFormed())
    throw wrong(field, 'text without NUL and broken characters');
  return text;
}
