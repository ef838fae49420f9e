import { RegistryError } from '../errors.ts';
import type { RegistryMode, Store } from '../store/store.ts';
import { formatSubjectName, GLOBAL_CONTEXT, isDefaultContext, type SubjectName } from '../subject-name.ts';
import { ownSettings } from './change-config.ts';
import { deleteSubject } from './delete-versions.ts';
import { modeOf } from './effective-settings.ts';

/** @throws RegistryError 40409 when a subject or a context has none of its own and the level above does not count */
export async function getMode(store: Store, name: SubjectName, orAbove: boolean): Promise<RegistryMode> {
  const { settings } = await store.readSubject(name, 'recent');
  if (orAbove) return modeOf(settings);
  const own =
    ownSettings(name, settings).mode ??
    ownSettings(name, (await store.readSubject(name, 'now')).settings).mode;
  if (own === undefined && isDefaultContext(name)) return 'READWRITE';
  if (own === undefined) throw new RegistryError('NO_SUBJECT_MODE', { subject: formatSubjectName(name) });
  return own;
}

/**
 * Unlike a config, a mode can be changed in read-only mode: it is the way out. Null clears it.
 * Import mode begins with nothing in reach, or else ids could clash: what is soft-deleted there goes for good.
 * @param force begins it all the same, and removes nothing
 * @throws RegistryError 42204, 42205, 42206
 */
export async function changeMode(
  store: Store,
  name: SubjectName,
  mode: RegistryMode | null,
  force: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const isEverything = name.subject === '' && name.context === GLOBAL_CONTEXT;
  if (mode === 'FORWARD' && !isEverything) throw new RegistryError('INVALID_MODE');
  const { settings } = await store.readSubject(name, 'now');
  const mustBeEmpty = mode === 'IMPORT' && !force && modeOf(settings) !== 'IMPORT';
  if (mustBeEmpty) await emptyReach(store, name, signal);
  await store.changeSettings(name, (chain, hasLive) => {
    // Registered since.
    if (mustBeEmpty && hasLive) throw inUse();
    return { ...ownSettings(name, chain), mode: mode ?? undefined };
  });
}

function inUse(): RegistryError {
  return new RegistryError('NOT_PERMITTED', { detail: 'Cannot import since found existing subjects' });
}

// A page of them at a time: those that went are not met again.
const PAGE = 1_000;

/** Removes what is soft-deleted; it goes as soon as nothing refers to it, which may be what was deleted, too. */
async function emptyReach(
  store: Store,
  { context, subject }: SubjectName,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reach = context === GLOBAL_CONTEXT ? undefined : context;
  const list = async (show: 'live' | 'deleted') => {
    const filter = { context: reach, prefix: subject, show };
    const found = await store.listSubjects(filter, { offset: 0, limit: PAGE });
    return subject === '' ? found : found.filter((one) => one.subject === subject);
  };
  if ((await list('live')).length > 0) throw inUse();
  for (;;) {
    let refused: RegistryError | undefined;
    let removed = 0;
    for (const name of await list('deleted')) {
      signal?.throwIfAborted();
      try {
        await deleteSubject(store, name, true);
        removed += 1;
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        refused ??= error;
      }
    }
    if (removed > 0) continue;
    if (refused) throw refused;
    return;
  }
}

/**
 * Answers what it was.
 * @param recursive also those of all subjects in the context
 * @throws RegistryError 40401 when a subject has none, or a context and its subjects are not meant, too
 */
export async function deleteMode(store: Store, name: SubjectName, recursive: boolean): Promise<RegistryMode> {
  let before: RegistryMode | undefined;
  const isWhole = recursive && name.subject === '';
  await store.changeSettings(name, (chain) => {
    const own = ownSettings(name, chain);
    if (own.mode === undefined && !isWhole && !isDefaultContext(name)) {
      throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
    }
    before = own.mode;
    return { ...own, mode: undefined };
  });
  if (isWhole) await deleteModesIn(store, name.context);
  return before ?? 'READWRITE';
}

async function deleteModesIn(store: Store, context: string): Promise<void> {
  for (const { name, mode } of await store.listSettings(context)) {
    if (mode === undefined || name.subject === '') continue;
    await store.changeSettings(name, (chain) => ({ ...chain.subject, mode: undefined }));
  }
}
