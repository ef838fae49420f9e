import { contextOf, type HeldVersion, keyOf, type RegistryContent } from './registry-content.ts';
import { likeness } from './same-content.ts';

/** What is in the way: the target has something else where a version of the source is to be. */
export interface Conflict {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly why: string;
}

export interface CopyPlan {
  /** In the order of subjects and versions. */
  readonly missing: readonly HeldVersion[];
  /** Versions that the target has already, under the same ids and with the same content. */
  readonly there: number;
  /** Soft-deleted at the source, and not yet at the target. */
  readonly toDelete: readonly HeldVersion[];
  readonly conflicts: readonly Conflict[];
}

/** Nothing is overwritten: what is there already has to be equal. */
export function planCopy(source: RegistryContent, target: RegistryContent): CopyPlan {
  const byId = new Map<string, HeldVersion>();
  for (const version of target.versions.values()) byId.set(idKey(version), version);
  const missing: HeldVersion[] = [];
  const conflicts: Conflict[] = [];
  const toDelete: HeldVersion[] = [];
  for (const version of source.versions.values()) {
    const same = target.versions.get(keyOf(version));
    const why = inTheWay(version, same, byId.get(idKey(version)));
    if (why !== undefined) {
      const { subject, version: number, id } = version;
      conflicts.push({ subject, version: number, id, why });
      continue;
    }
    // What was restored at the source after a deletion is registered once more.
    if (same === undefined || (same.isDeleted && !version.isDeleted)) missing.push(version);
    if (version.isDeleted && !same?.isDeleted) toDelete.push(version);
  }
  const there = source.versions.size - missing.length - conflicts.length;
  return { missing, there, toDelete, conflicts };
}

/** Ids are those of a context. */
const idKey = ({ subject, id }: HeldVersion): string => `${id} ${contextOf(subject)}`;

function inTheWay(
  version: HeldVersion,
  same: HeldVersion | undefined,
  sameId: HeldVersion | undefined,
): string | undefined {
  if (same && same.id !== version.id) return `the target has this version under the id ${same.id}`;
  if (same && likeness(version.content, same.content) === 'other')
    return 'the target has another schema as this version';
  if (sameId && likeness(version.content, sameId.content) === 'other')
    return `the target has another schema under this id, as ${sameId.subject} version ${sameId.version}`;
  return undefined;
}
