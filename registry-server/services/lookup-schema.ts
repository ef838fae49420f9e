import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { SchemaContent, SubjectState, Version } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { normalizesBy } from './effective-settings.ts';
import { type FoundVersion, liveVersions } from './find-version.ts';
import { contentOf } from './parse-schema.ts';
import { type ReadSchema, readSchemaText, type SentSchema } from './read-schema-text.ts';

export interface LookupOptions {
  readonly normalize: boolean;
  readonly withDeleted: boolean;
}

/**
 * The newest version of a subject that holds this very schema.
 * @throws RegistryError 40401, 40403, 42201
 */
export async function lookupSchema(
  registry: Registry,
  name: SubjectName,
  sent: SentSchema,
  options: LookupOptions,
): Promise<FoundVersion> {
  const known = await registry.store.readSubject(name, 'recent');
  const isNormalized = options.normalize || normalizesBy(known.settings);
  const content = registry.parser.findContent(sent, isNormalized);
  const foundAtOnce = content && (await findContent(registry, name, known, content, options));
  if (foundAtOnce) return foundAtOnce;
  const read = await readSchemaText(registry, name, sent);
  const found = await findIn(registry, name, known, read, options);
  if (found) {
    registry.parser.keepContent(sent, isNormalized, found.content);
    return found;
  }
  // "Not found" is only said by the database.
  const state = await registry.store.readSubject(name, 'now');
  const foundNow = await findIn(registry, name, state, read, options);
  if (foundNow) return foundNow;
  if (visibleVersions(state, options).length > 0) throw new RegistryError('SCHEMA_NOT_FOUND');
  throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
}

function visibleVersions(state: SubjectState, { withDeleted }: LookupOptions): readonly Version[] {
  return withDeleted ? state.versions : liveVersions(state);
}

async function findIn(
  registry: Registry,
  name: SubjectName,
  state: SubjectState,
  { parsed, references }: ReadSchema,
  options: LookupOptions,
): Promise<FoundVersion | undefined> {
  const content = contentOf(parsed, references, options.normalize || normalizesBy(state.settings));
  return findContent(registry, name, state, content, options);
}

async function findContent(
  { store }: Registry,
  name: SubjectName,
  state: SubjectState,
  content: SchemaContent,
  options: LookupOptions,
): Promise<FoundVersion | undefined> {
  const visible = visibleVersions(state, options);
  if (visible.length === 0) return undefined;
  const id = await store.findIdOf(name.context, content);
  const found = visible.findLast((version) => version.id === id);
  const stored = found && (await store.findSchema(name.context, found.id));
  return found && stored && { ...found, name, content: stored };
}
