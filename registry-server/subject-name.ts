import { RegistryError } from './errors.ts';

export const DEFAULT_CONTEXT = '.';
/** Holds only config and mode, above those of every context. */
export const GLOBAL_CONTEXT = '.__GLOBAL';

/** A subject in its context. The empty subject is the context itself. */
export interface SubjectName {
  readonly context: string;
  readonly subject: string;
}

// An index row of PostgreSQL holds at most 2,704 bytes, of context and subject together.
export const MAX_NAME_BYTES = 1024;

/** The default context itself: it has a config and a mode without being given them. */
export function isDefaultContext({ context, subject }: SubjectName): boolean {
  return context === DEFAULT_CONTEXT && subject === '';
}

/** Reads `name`, `:.ctx:name` or `:.ctx:`; `owner` is the context of an unqualified one. */
export function parseSubjectName(text: string, owner = DEFAULT_CONTEXT): SubjectName {
  const qualified = /^:(\.[^:]*)(?::(.*))?$/s.exec(text);
  if (!qualified) return { context: owner, subject: text };
  return { context: qualified[1] as string, subject: qualified[2] ?? '' };
}

/** Reads `ctx`, `.ctx` or `:.ctx:`; undefined when it is none of them. */
export function readContextName(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL stores no NUL
  const [, name] = /^:?(\.?[^:\u0000]*):?$/s.exec(text) ?? [];
  if (name === undefined || name === '') return undefined;
  return name.startsWith('.') ? name : `.${name}`;
}

export function formatSubjectName({ context, subject }: SubjectName): string {
  return context === DEFAULT_CONTEXT ? subject : `:${context}:${subject}`;
}

/** Nothing is stored under a name that is too long: there is no need to look for it. */
export function canExist(name: SubjectName): boolean {
  // What is within the limit in any encoding is the usual case.
  if ((name.context.length + name.subject.length + 2) * 3 <= MAX_NAME_BYTES) return true;
  return Buffer.byteLength(formatSubjectName(name)) <= MAX_NAME_BYTES;
}

/** @throws RegistryError 42208 when nothing may be stored under the name */
export function getWritableName(text: string, what: 'a schema' | 'settings'): SubjectName {
  const name = parseSubjectName(text);
  const isWritable =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a name
    !/[\u0000-\u001f\u007f-\u009f]/.test(text) &&
    text.isWellFormed() &&
    Buffer.byteLength(text) <= MAX_NAME_BYTES &&
    !['__GLOBAL', '__EMPTY'].includes(name.subject) &&
    (what === 'settings' || (name.subject !== '' && name.context !== GLOBAL_CONTEXT));
  if (!isWritable) throw new RegistryError('INVALID_SUBJECT', { subject: text });
  return name;
}
