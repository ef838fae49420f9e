import { RegistryError } from '../errors.ts';
import type { JsonObject } from './json-object.ts';

export const MAX_INTEGER = 2 ** 31 - 1;

/** Numbers are also taken as text, as the reference's JSON library takes them. */
export function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
}

/** A whole number of the body, undefined when absent. */
export function readInteger(body: JsonObject, key: string): number | undefined {
  const value = asNumber(body[key]);
  if (value == null) return undefined;
  if (Number.isInteger(value) && Math.abs(value as number) <= MAX_INTEGER) return value as number;
  throw new RegistryError('BAD_REQUEST', { detail: `"${key}" must be a whole number` });
}
