import { randomUUID } from 'node:crypto';

/** The id that the client gave, where it is fit to be logged and sent back, or a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
