import { formatSubjectName, type SubjectName } from '../subject-name.ts';

/** As `subjects.list_name`, which the database makes by the same rule (`migrations/0007-registry.sql`). */
export function listName(name: SubjectName): string {
  return formatSubjectName(name).replace(/[\ue000-\uffff]/g, `${LAST}$&`);
}

const LAST = '\u{10ffff}';
// Greater than every name, and than every character in one.
const END = LAST + LAST;

/** What a list of names with a prefix, of one context or of all, begins at and ends before. */
export function boundsOf(context: string | undefined, prefix: string): readonly [string, string] {
  if (context === undefined) return ['', END];
  const begin = listName({ context, subject: prefix });
  return [begin, begin + END];
}

/** What a list goes on with after a name: nothing comes between a name and this. */
export const behind = (name: SubjectName): string => `${listName(name)}\u0001`;
