import type { Store } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';
import { getVersion, type VersionWanted } from './find-version.ts';

/**
 * Ids of the schemas that point at a version, ascending; it may be soft-deleted, as it can still be referred to.
 * @throws RegistryError 40401, 40402
 */
export async function listReferrers(
  store: Store,
  named: SubjectName,
  wanted: VersionWanted,
  withDeleted: boolean,
): Promise<readonly number[]> {
  const { name, version } = await getVersion(store, named, wanted, true);
  const referrers = await store.listReferrers(name, version);
  return referrers.filter(({ isLive }) => isLive || withDeleted).map(({ id }) => id);
}
