import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { SubjectName } from '../subject-name.ts';
import { compatibilityOf } from './effective-settings.ts';
import { getState, liveVersions, pickVersion, type VersionWanted } from './find-version.ts';
import { judge } from './judge.ts';
import { readSchemaText, type SentSchema } from './read-schema-text.ts';

/**
 * Why a schema could not be registered under the level that applies; empty when it could.
 * @param wanted the one version to compare with, or all that the level demands
 * @throws RegistryError 40402, 42201
 */
export async function checkAgainst(
  registry: Registry,
  name: SubjectName,
  sent: SentSchema,
  wanted: VersionWanted | 'all',
): Promise<readonly string[]> {
  const state = await getState(
    registry.store,
    name,
    (known) => wanted === 'all' || pickVersion(known, wanted, false),
  );
  const { parsed } = await readSchemaText(registry, name, sent);
  const level = compatibilityOf(state.settings, registry.defaultCompatibility);
  if (wanted === 'all') return judge(registry, name, level, parsed, liveVersions(state));
  const found = pickVersion(state, wanted, false);
  if (!found && wanted !== 'latest') throw new RegistryError('VERSION_NOT_FOUND', { version: wanted });
  return judge(registry, name, level, parsed, found ? [found] : []);
}
