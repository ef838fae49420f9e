import { randomUUID } from 'node:crypto';

/** The caller's, where it is fit to be logged and sent back. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
