import type { Store, SubjectState } from '../store/store.ts';
import { DEFAULT_CONTEXT, parseSubjectName, type SubjectName } from '../subject-name.ts';

/** A subject as it is stored, under its own name. */
export interface Subject {
  readonly name: SubjectName;
  readonly state: SubjectState;
}

/** The subject, or the one that it is configured to stand for: one level only (Confluent's rule). */
export async function readSubject(
  store: Store,
  name: SubjectName,
  asOf: 'guess' | 'recent' | 'now',
): Promise<Subject> {
  const state = await store.readSubject(name, asOf);
  const alias = aliasOf(state);
  if (alias === undefined) return { name, state };
  const target = parseSubjectName(alias, name.context);
  return { name: target, state: await store.readSubject(target, asOf) };
}

export function aliasOf({ settings }: SubjectState): string | undefined {
  // An empty one means none (Confluent's rule).
  return settings.subject.config?.alias || undefined;
}

/** What a cache knows, unless something is missing in it: "not found" is only said by the database. */
export async function getSubject(
  store: Store,
  name: SubjectName,
  isEnough: (state: SubjectState) => unknown,
): Promise<Subject> {
  const known = await readSubject(store, name, 'recent');
  return isEnough(known.state) ? known : readSubject(store, name, 'now');
}

/** A name without a context that the default one does not have is looked for in all others (Confluent's rule). */
export async function findInContexts<T>(
  store: Store,
  name: SubjectName,
  find: (name: SubjectName) => Promise<T | undefined>,
): Promise<T | undefined> {
  const found = await find(name);
  if (found !== undefined || name.context !== DEFAULT_CONTEXT || name.subject === '') return found;
  for (const context of await store.listContextsOf(name.subject)) {
    const elsewhere = await find({ ...name, context });
    if (elsewhere !== undefined) return elsewhere;
  }
  return undefined;
}
