import { RegistryError } from '../errors.ts';
import { type RegistryMode, registryModes } from '../store/store.ts';

/** @throws RegistryError 42204 */
export function readMode(value: unknown): RegistryMode | null {
  if (value === null) return null;
  const found = registryModes.find((name) => name === String(value).toUpperCase());
  if (!found) throw new RegistryError('INVALID_MODE');
  return found;
}
