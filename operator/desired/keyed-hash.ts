import { createHmac } from 'node:crypto';
import type { Observed } from '../observed.ts';
import { isOurs } from './rotation.ts';
import { textOf } from './secret.ts';

/**
 * Of what a Secret of somebody else holds. A password of a person can be guessed, and whoever reads the pod would see from a
 * plain hash which guess is right. It is the same as long as the content is, whatever becomes of the Secret.
 */
export function keyedHash(observed: Observed, content: unknown): string {
  return createHmac('sha256', hashKeyOf(observed)).update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** The key of the Secret that holds it. */
export const hashKeyKey = 'key';

/** The key that is there; a new one where there is none, or somebody has spoiled it. */
export function hashKeyOf({ secrets, newPasswords }: Observed): string {
  const present = textOf(secrets.hashes, hashKeyKey);
  return isOurs(present) ? present : newPasswords.hashes;
}
