import type { ListedVersion, Store, VersionFilter } from '../store/store.ts';
import { formatSubjectName, parseSubjectName, type SubjectName } from '../subject-name.ts';

export interface ListedSchema extends ListedVersion {
  /** Subjects that stand for this one. */
  readonly aliases: readonly string[];
}

/** With aliases, so that what a prefix finds includes what the aliases with that prefix stand for. */
export async function listWithAliases(
  store: Store,
  filter: VersionFilter,
  most: number,
): Promise<readonly ListedSchema[]> {
  const { context, prefix } = filter;
  const isWanted = (name: SubjectName) =>
    (context === undefined || name.context === context) && name.subject.startsWith(prefix);
  const aliases = new Map<string, string[]>();
  const targets: SubjectName[] = [];
  for (const { name, alias } of await store.listAliases()) {
    if (!isWanted(name)) continue;
    const target = parseSubjectName(alias, name.context);
    const known = aliases.get(formatSubjectName(target)) ?? [];
    if (known.length === 0 && !isWanted(target)) targets.push(target);
    aliases.set(formatSubjectName(target), [...known, formatSubjectName(name)]);
  }
  const part = { offset: 0, limit: most };
  const lists = [await store.listVersions(filter, part)];
  for (const { context: of, subject } of targets) {
    const found = await store.listVersions({ ...filter, context: of, prefix: subject }, part);
    lists.push(found.filter(({ name }) => name.subject === subject));
  }
  return lists
    .flat()
    .toSorted(byName)
    .slice(0, most)
    .map((version) => ({ ...version, aliases: aliases.get(formatSubjectName(version.name)) ?? [] }));
}

function byName(a: ListedVersion, b: ListedVersion): number {
  const [one, other] = [a, b].map(({ name }) => `${name.context}\n${name.subject}`) as [string, string];
  return one === other ? a.version - b.version : one < other ? -1 : 1;
}
