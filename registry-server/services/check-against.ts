import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { SubjectName } from '../subject-name.ts';
import { configInScope, rulesOf } from './effective-settings.ts';
import { liveVersions, pickVersion, type VersionWanted } from './find-version.ts';
import { judge } from './judge.ts';
import { ensureFaultless, readSchemaText, type SentSchema } from './read-schema-text.ts';
import { getSubject } from './read-subject.ts';

/**
 * As checkAgainst; what is wrong with the schema itself is an answer, too.
 * @throws RegistryError 40402
 */
export async function explainAgainst(
  registry: Registry,
  named: SubjectName,
  sent: SentSchema,
  wanted: VersionWanted | 'all',
): Promise<readonly string[]> {
  try {
    return await checkAgainst(registry, named, sent, wanted);
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'INVALID_SCHEMA') return [error.message];
    throw error;
  }
}

/**
 * Why a schema could not be registered under the level that applies; empty when it could.
 * @param wanted the one version to compare with, or all that the level demands
 * @throws RegistryError 40402, 42201
 */
export async function checkAgainst(
  registry: Registry,
  named: SubjectName,
  sent: SentSchema,
  wanted: VersionWanted | 'all',
): Promise<readonly string[]> {
  const { name, state } = await getSubject(registry.store, named, (known) =>
    wanted === 'all' ? known.revision !== '0' : pickVersion(known, wanted, false),
  );
  const config = configInScope(state.settings, registry.defaultCompatibility);
  const read = await readSchemaText(registry, name, sent);
  await ensureFaultless(registry, name, read, rulesOf(registry, config), config.validateFields === true);
  const proposed = { parsed: read.parsed, metadata: sent.metadata };
  if (wanted === 'all') return judge(registry, name, config, proposed, liveVersions(state));
  const found = pickVersion(state, wanted, false);
  if (!found && wanted !== 'latest') throw new RegistryError('VERSION_NOT_FOUND', { version: wanted });
  return judge(registry, name, config, proposed, found ? [found] : []);
}
