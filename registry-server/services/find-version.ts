import { RegistryError } from '../errors.ts';
import type { Store, StoredSchema, SubjectState, Version } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';

export type VersionWanted = number | 'latest';

export interface FoundVersion extends Version {
  readonly name: SubjectName;
  readonly content: StoredSchema;
}

/** Oldest first. */
export function liveVersions({ versions }: SubjectState): readonly Version[] {
  return versions.filter(({ isDeleted }) => !isDeleted);
}

export function pickVersion(
  state: SubjectState,
  wanted: VersionWanted,
  withDeleted: boolean,
): Version | undefined {
  const visible = withDeleted ? state.versions : liveVersions(state);
  return wanted === 'latest' ? visible.at(-1) : visible.find(({ version }) => version === wanted);
}

/** Its number and id only. */
export async function findVersion(
  store: Store,
  name: SubjectName,
  wanted: VersionWanted,
  withDeleted: boolean,
): Promise<Version | undefined> {
  return pickVersion(
    await getState(store, name, (state) => pickVersion(state, wanted, withDeleted)),
    wanted,
    withDeleted,
  );
}

/** @throws RegistryError 40401, 40402 */
export async function getVersion(
  store: Store,
  name: SubjectName,
  wanted: VersionWanted,
  withDeleted: boolean,
): Promise<FoundVersion> {
  const state = await getState(store, name, (known) => pickVersion(known, wanted, withDeleted));
  const found = pickVersion(state, wanted, withDeleted);
  if (!found) {
    const hasAny = withDeleted ? state.versions.length > 0 : liveVersions(state).length > 0;
    if (!hasAny || wanted === 'latest') {
      throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
    }
    throw new RegistryError('VERSION_NOT_FOUND', { version: wanted });
  }
  const content = await store.findSchema(name.context, found.id);
  // Removed for good between the two reads.
  if (!content) throw new RegistryError('VERSION_NOT_FOUND', { version: found.version });
  return { ...found, name, content };
}

export async function listVersions(
  store: Store,
  name: SubjectName,
  isShown: (version: Version) => boolean,
): Promise<readonly Version[]> {
  const state = await getState(store, name, ({ versions }) => versions.some(isShown));
  const shown = state.versions.filter(isShown);
  if (shown.length === 0) throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
  return shown;
}

/** The state of a cache, unless something is missing in it: "not found" is only said by the database. */
export async function getState(
  store: Store,
  name: SubjectName,
  isEnough: (state: SubjectState) => unknown,
): Promise<SubjectState> {
  const known = await store.readSubject(name, 'recent');
  return isEnough(known) ? known : store.readSubject(name, 'now');
}
