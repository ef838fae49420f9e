import { RegistryError } from '../errors.ts';
import type { Store, StoredSchema } from '../store/store.ts';

/**
 * Lowest context first; never empty.
 * @throws RegistryError 40403
 */
export async function listByGuid(
  store: Store,
  guid: string,
): Promise<readonly [StoredSchema, ...StoredSchema[]]> {
  const isGuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(guid);
  const [first, ...others] = isGuid ? await store.listSchemasByGuid(guid) : [];
  if (first === undefined) throw new RegistryError('SCHEMA_NOT_FOUND', { id: guid });
  return [first, ...others];
}
