import type { Store } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';
import { getById } from './find-by-id.ts';

/**
 * Where a schema is used, by subject and version.
 * @throws RegistryError 40403
 */
export async function listUses(store: Store, id: number, named: SubjectName, withDeleted: boolean) {
  const { stored } = await getById(store, id, named);
  const uses = await store.listUses(stored.context, stored.id);
  return uses.filter(({ isDeleted }) => !isDeleted || withDeleted);
}
