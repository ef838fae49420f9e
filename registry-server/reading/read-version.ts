import { RegistryError } from '../errors.ts';
import type { VersionWanted } from '../services/find-version.ts';
import { MAX_INTEGER } from './read-integer.ts';

/** @throws RegistryError 42202 */
export function readVersion(text: string): VersionWanted {
  if (text.toLowerCase() === 'latest' || text === '-1') return 'latest';
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_INTEGER) throw new RegistryError('INVALID_VERSION', { version: text });
  return number;
}
