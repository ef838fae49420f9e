import { RegistryError } from '../errors.ts';
import { DEFAULT_CONTEXT, parseSubjectName, type SubjectName } from '../subject-name.ts';

/** @throws RegistryError 400 */
export function readSubjectName(text: string): SubjectName {
  // Nothing is named so, and PostgreSQL would not even look for it.
  if (text.includes('\u0000')) throw new RegistryError('BAD_REQUEST', { detail: 'A subject has no NUL' });
  return parseSubjectName(text);
}

/** `:*:p` is p in every context, `:.ctx:p` in one, `p` in the default one. */
export function readSubjectPrefix(text: string): { context?: string; prefix: string } {
  const qualified = /^:(\*|\.[^:]*)(?::(.*))?$/s.exec(text);
  if (!qualified) return { context: DEFAULT_CONTEXT, prefix: text };
  return { context: qualified[1] === '*' ? undefined : qualified[1], prefix: qualified[2] ?? '' };
}
