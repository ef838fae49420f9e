import { RegistryError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { ownSettings } from './change-config.ts';
import { modeOf, type RegistryMode } from './effective-settings.ts';

/** @throws RegistryError 40409 when a subject has none of its own and the level above does not count */
export async function getMode(store: Store, name: SubjectName, orAbove: boolean): Promise<string> {
  const { settings } = await store.readSubject(name, 'recent');
  if (orAbove || name.subject === '') return modeOf(settings);
  const own = settings.subject.mode ?? (await store.readSubject(name, 'now')).settings.subject.mode;
  if (own === undefined) throw new RegistryError('NO_SUBJECT_MODE', { subject: formatSubjectName(name) });
  return own;
}

/** Unlike a config, a mode can be changed in read-only mode: it is the way out. Null clears it. */
export async function changeMode(store: Store, name: SubjectName, mode: RegistryMode | null): Promise<void> {
  await store.changeSettings(name, (chain) => ({ ...ownSettings(name, chain), mode: mode ?? undefined }));
}

/**
 * Answers what it was.
 * @throws RegistryError 40401 when a subject has none
 */
export async function deleteMode(store: Store, name: SubjectName): Promise<string> {
  let before: string | undefined;
  await store.changeSettings(name, (chain) => {
    const own = ownSettings(name, chain);
    if (own.mode === undefined && name.subject !== '') {
      throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
    }
    before = own.mode;
    return { ...own, mode: undefined };
  });
  return before ?? 'READWRITE';
}
