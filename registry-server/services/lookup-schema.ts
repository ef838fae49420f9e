import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { normalizesBy } from './effective-settings.ts';
import { type FoundVersion, liveVersions } from './find-version.ts';
import { contentOf } from './parse-schema.ts';
import { readSchemaText, type SentSchema } from './read-schema-text.ts';

/**
 * The newest version of a subject that holds this very schema.
 * @throws RegistryError 40401, 40403, 42201
 */
export async function lookupSchema(
  registry: Registry,
  name: SubjectName,
  sent: SentSchema,
  options: { readonly normalize: boolean; readonly withDeleted: boolean },
): Promise<FoundVersion> {
  const state = await registry.store.readSubject(name, 'now');
  const { parsed, references } = await readSchemaText(registry, name, sent);
  const visible = options.withDeleted ? state.versions : liveVersions(state);
  if (visible.length === 0)
    throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });

  const content = contentOf(parsed, references, options.normalize || normalizesBy(state.settings));
  const id = await registry.store.findIdOf(name.context, content);
  const found = visible.findLast((version) => version.id === id);
  const stored = found && (await registry.store.findSchema(name.context, found.id));
  if (!found || !stored) throw new RegistryError('SCHEMA_NOT_FOUND');
  return { ...found, name, content: stored };
}
