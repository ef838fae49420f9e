import { hasProperties } from '../data-contracts/metadata.ts';
import { RegistryError } from '../errors.ts';
import type { Store, SubjectState } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { type FoundVersion, visibleVersions } from './find-version.ts';
import { getSubject, readSubject, type Subject } from './read-subject.ts';

/**
 * The highest version whose metadata has all the wanted properties.
 * @throws RegistryError 40401, 40403
 */
export async function getByMetadata(
  store: Store,
  name: SubjectName,
  wanted: readonly (readonly [string, string])[],
  withDeleted: boolean,
): Promise<FoundVersion> {
  const known = await getSubject(store, name, (state) => visible(state).length > 0);
  const found = (await find(known)) ?? (await find(await readSubject(store, name, 'now')));
  if (found) return found;
  if (visible(known.state).length > 0) throw new RegistryError('SCHEMA_NOT_FOUND');
  throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });

  function visible(state: SubjectState) {
    return visibleVersions(state, withDeleted);
  }

  async function find(subject: Subject): Promise<FoundVersion | undefined> {
    for (const version of visible(subject.state).toReversed()) {
      const content = await store.findSchema(subject.name.context, version.id);
      if (content && hasProperties(content.metadata, wanted))
        return { ...version, name: subject.name, content };
    }
    return undefined;
  }
}
