import { RegistryError } from '../errors.ts';
import type { Store, StoredSchema, SubjectState, Version } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { findInContexts, getSubject } from './read-subject.ts';

export type VersionWanted = number | 'latest';

export interface FoundVersion extends Version {
  readonly name: SubjectName;
  readonly content: StoredSchema;
}

/** Oldest first. */
export function liveVersions({ versions }: SubjectState): readonly Version[] {
  return versions.filter(({ isDeleted }) => !isDeleted);
}

export function visibleVersions(state: SubjectState, withDeleted: boolean): readonly Version[] {
  return withDeleted ? state.versions : liveVersions(state);
}

export function pickVersion(
  state: SubjectState,
  wanted: VersionWanted,
  withDeleted: boolean,
): Version | undefined {
  // The latest is the latest live one, even where soft-deleted ones are asked for.
  if (wanted === 'latest') return liveVersions(state).at(-1);
  return visibleVersions(state, withDeleted).find(({ version }) => version === wanted);
}

/** The latest is named "Version -1" where there is none, as in the reference. */
export function versionNotFound(wanted: VersionWanted): RegistryError {
  return new RegistryError('VERSION_NOT_FOUND', { version: wanted === 'latest' ? -1 : wanted });
}

/** Its number and id only, and the subject that has it. */
export async function findVersion(
  store: Store,
  name: SubjectName,
  wanted: VersionWanted,
  withDeleted: boolean,
): Promise<(Version & { readonly name: SubjectName }) | undefined> {
  const pick = (state: SubjectState) => pickVersion(state, wanted, withDeleted);
  const subject = await getSubject(store, name, pick);
  const found = pick(subject.state);
  return found && { ...found, name: subject.name };
}

/**
 * A name without a context is looked for in all of them.
 * @throws RegistryError 40401, 40402
 */
export async function getVersion(
  store: Store,
  name: SubjectName,
  wanted: VersionWanted,
  withDeleted: boolean,
): Promise<FoundVersion> {
  const found = await findInContexts(store, name, (tried) => findVersion(store, tried, wanted, withDeleted));
  // Undefined when it was removed for good between the two reads.
  const content = found && (await store.findSchema(found.name.context, found.id));
  if (found && content) return { ...found, content };
  const { state } = await getSubject(store, name, ({ versions }) => versions.length > 0);
  if (visibleVersions(state, withDeleted).length === 0) {
    throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
  }
  throw versionNotFound(wanted);
}

/**
 * Oldest first.
 * @throws RegistryError 40401
 */
export async function listVersions(
  store: Store,
  name: SubjectName,
  withDeleted: boolean,
): Promise<readonly Version[]> {
  const visible = (state: SubjectState) => visibleVersions(state, withDeleted);
  const { state } = await getSubject(store, name, (known) => visible(known).length > 0);
  const found = visible(state);
  if (found.length === 0) throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
  return found;
}
