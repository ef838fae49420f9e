import type { RegistryError } from '../errors.ts';

/** The body that Confluent's clients read an error from. */
export function writeError({ code, message }: RegistryError) {
  return { error_code: code, message };
}
