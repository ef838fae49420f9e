import { RegistryError } from '../errors.ts';
import type { Referrer, Store } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { ensureWritable } from './effective-settings.ts';
import { liveVersions, pickVersion, type VersionWanted, versionNotFound } from './find-version.ts';
import { readSubject } from './read-subject.ts';

/** Answers the versions that went, ascending. */
export async function deleteSubject(
  store: Store,
  named: SubjectName,
  isPermanent: boolean,
): Promise<readonly number[]> {
  const { name } = await readSubject(store, named, 'recent');
  const subject = formatSubjectName(name);
  let versions: readonly number[] = [];
  await store.removeVersions(name, (state, referrers) => {
    ensureWritable(name, state.settings);
    if (state.versions.length === 0) throw new RegistryError('SUBJECT_NOT_FOUND', { subject });
    const live = liveVersions(state);
    if (isPermanent && live.length > 0) throw new RegistryError('SUBJECT_NOT_SOFT_DELETED', { subject });
    if (!isPermanent && live.length === 0) throw new RegistryError('SUBJECT_SOFT_DELETED', { subject });
    versions = (isPermanent ? state.versions : live).map(({ version }) => version);
    // Schemas of the subject itself go with it.
    const foreign = referrers.filter(({ isOwn }) => !isOwn);
    ensureUnreferenced(name, versions, foreign, isPermanent);
    return { versions, isPermanent };
  });
  return versions;
}

/** Answers the version that went. */
export async function deleteVersion(
  store: Store,
  named: SubjectName,
  wanted: VersionWanted,
  isPermanent: boolean,
): Promise<number> {
  const { name } = await readSubject(store, named, 'recent');
  const subject = formatSubjectName(name);
  let version = 0;
  await store.removeVersions(name, (state, referrers) => {
    ensureWritable(name, state.settings);
    if (state.versions.length === 0) throw new RegistryError('SUBJECT_NOT_FOUND', { subject });
    const removed = pickVersion(state, wanted, true);
    if (!removed) throw versionNotFound(wanted);
    version = removed.version;
    if (isPermanent && !removed.isDeleted)
      throw new RegistryError('VERSION_NOT_SOFT_DELETED', { subject, version });
    if (!isPermanent && removed.isDeleted)
      throw new RegistryError('VERSION_SOFT_DELETED', { subject, version });
    ensureUnreferenced(name, [version], referrers, isPermanent);
    return { versions: [version], isPermanent };
  });
  return version;
}

/** A soft delete minds live schemas that point here, a permanent one all of them. */
function ensureUnreferenced(
  name: SubjectName,
  versions: readonly number[],
  referrers: readonly Referrer[],
  isPermanent: boolean,
): void {
  const held = referrers.find(({ version, isLive }) => versions.includes(version) && (isPermanent || isLive));
  if (held) {
    throw new RegistryError('REFERENCE_EXISTS', { subject: formatSubjectName(name), version: held.version });
  }
}
