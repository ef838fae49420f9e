import type { Store, VersionFilter } from '../store/store.ts';
import { formatSubjectName, parseSubjectName, type SubjectName } from '../subject-name.ts';

export interface AliasedFilter {
  /** Finds what the aliases stand for, too. */
  readonly filter: VersionFilter;
  /** Subjects that stand for this one, by their names. */
  readonly aliasesOf: (name: SubjectName) => readonly string[];
}

/** Of a list with aliases, in which a prefix also finds what the aliases with that prefix stand for. */
export async function withAliases(store: Store, filter: VersionFilter): Promise<AliasedFilter> {
  const { context, prefix } = filter;
  const isWanted = (name: SubjectName) =>
    (context === undefined || name.context === context) && name.subject.startsWith(prefix);
  const aliases = new Map<string, string[]>();
  const also: SubjectName[] = [];
  for (const { name, alias } of await store.listAliases()) {
    if (!isWanted(name)) continue;
    const target = parseSubjectName(alias, name.context);
    const known = aliases.get(formatSubjectName(target)) ?? [];
    if (known.length === 0 && !isWanted(target)) also.push(target);
    aliases.set(formatSubjectName(target), [...known, formatSubjectName(name)]);
  }
  return {
    filter: { ...filter, also },
    aliasesOf: (name) => aliases.get(formatSubjectName(name)) ?? [],
  };
}
