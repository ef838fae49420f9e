import type { RegistryClient } from '../registry-client.ts';
import { answered } from './read-registry.ts';

interface Mode {
  readonly mode: string;
}

/** Where `/mode` of a subject or of a whole context is. */
export const modePath = (scope: string): string[] => (scope === '' ? ['mode'] : ['mode', scope]);

export const changeMode = (client: RegistryClient, scope: string, mode: string): Promise<Mode> =>
  client.ask<Mode>('PUT', modePath(scope), { query: { force: true }, body: { mode }, isSafe: true });

/**
 * Lets ids be taken in these scopes.
 * @param scopes contexts (empty for the default one), and subjects whose mode counts where they have one of their own
 * @returns what sets the modes back. One that is in import mode already was left so by a copy that was killed: it gets none
 *   of its own.
 */
export async function beginImport(
  client: RegistryClient,
  contexts: readonly string[],
  subjects: readonly string[],
): Promise<() => Promise<void>> {
  const before: (readonly [scope: string, mode: string | undefined])[] = [];
  const setBack = async () => {
    for (const [scope, mode] of before.splice(0).toReversed()) await restore(client, scope, mode);
  };
  try {
    for (const scope of contexts) {
      const own = await answered(client.ask<Mode>('GET', modePath(scope)));
      before.push([scope, own?.mode]);
      await changeMode(client, scope, 'IMPORT');
    }
    for (const scope of subjects) {
      const own = await answered(client.ask<Mode>('GET', modePath(scope)));
      if (own === undefined) continue;
      before.push([scope, own.mode]);
      await changeMode(client, scope, 'IMPORT');
    }
  } catch (error) {
    await setBack();
    throw error;
  }
  return setBack;
}

async function restore(client: RegistryClient, scope: string, mode: string | undefined): Promise<void> {
  const isUsual = mode === undefined || mode === 'IMPORT' || (scope === '' && mode === 'READWRITE');
  if (!isUsual) {
    await changeMode(client, scope, mode);
    return;
  }
  const removed = await answered(client.ask<Mode>('DELETE', modePath(scope), { isSafe: true }));
  // Older registries cannot remove the mode of all.
  if (removed === undefined && scope === '') await changeMode(client, scope, 'READWRITE');
}
