import { RegistryError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { DEFAULT_CONTEXT, readContextName } from '../subject-name.ts';

/** @throws RegistryError 400 for what names no context, 42211 where a subject is left in it */
export async function deleteContext(store: Store, text: string): Promise<void> {
  const context = readContextName(text);
  if (context === undefined) throw new RegistryError('BAD_REQUEST');
  // The default one is always there: it goes only as far as it can.
  const isGone =
    context === DEFAULT_CONTEXT ? await isEmpty(store, context) : await store.removeContext(context);
  if (!isGone) throw new RegistryError('CONTEXT_NOT_EMPTY', { subject: context });
}

async function isEmpty(store: Store, context: string): Promise<boolean> {
  const filter = { context, prefix: '', show: 'all' } as const;
  return (await store.listSubjects(filter, { offset: 0, limit: 1 })).length === 0;
}
