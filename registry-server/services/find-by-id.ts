import { RegistryError } from '../errors.ts';
import type { Store, StoredSchema } from '../store/store.ts';
import { DEFAULT_CONTEXT, type SubjectName } from '../subject-name.ts';
import type { FoundVersion } from './find-version.ts';
import { findInContexts, getSubject } from './read-subject.ts';

export interface FoundSchema {
  readonly stored: StoredSchema;
  /** The newest version of the named subject that holds it. */
  readonly use?: FoundVersion;
}

/**
 * Soft-deleted ones, too. An id means something in a context only: that of the named subject, which may be one
 * without a context that some context knows, or else the default one (Confluent's rule).
 * @throws RegistryError 40403
 */
export async function getById(store: Store, id: number, named: SubjectName): Promise<FoundSchema> {
  const use = named.subject === '' ? undefined : await findUse(store, id, named);
  if (use) return { stored: use.content, use };
  const isElsewhere = named.subject !== '' && named.context !== DEFAULT_CONTEXT;
  const stored = isElsewhere ? undefined : await store.findSchema(named.context, id);
  if (!stored) throw new RegistryError('SCHEMA_NOT_FOUND', { id });
  return { stored };
}

function findUse(store: Store, id: number, named: SubjectName): Promise<FoundVersion | undefined> {
  return findInContexts(store, named, async (tried) => {
    const { name, state } = await getSubject(store, tried, ({ versions }) =>
      versions.some((one) => one.id === id),
    );
    const version = state.versions.findLast((one) => one.id === id);
    const content = version && (await store.findSchema(name.context, id));
    return version && content && { ...version, name, content };
  });
}
