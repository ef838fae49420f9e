import { mapBounded } from '../map-bounded.ts';
import type { RegistryClient } from '../registry-client.ts';
import { isAboutThisOne } from './copy-settings.ts';
import { inLevels } from './in-levels.ts';
import { type HeldVersion, type NotTaken, scopeOf } from './registry-content.ts';

interface Writing {
  readonly requestsAtOnce: number;
  readonly interrupted: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface Copied {
  readonly copied: number;
  readonly notTaken: readonly NotTaken[];
}

/** Registers each under its id and its number, those that others refer to first. The target is in import mode. */
export const writeVersions = (
  client: RegistryClient,
  versions: readonly HeldVersion[],
  writing: Writing,
): Promise<Copied> =>
  inOrder(inLevels(versions), writing, 'version', ({ subject, version, id, content }) =>
    client.ask('POST', ['subjects', subject, 'versions'], {
      body: { ...content, id, version },
      // The same again is no error.
      isSafe: true,
    }),
  );

/** Soft-deletes, those first that refer to others: nothing goes that something live refers to. */
export const deleteVersions = (
  client: RegistryClient,
  versions: readonly HeldVersion[],
  writing: Writing,
): Promise<Copied> =>
  inOrder(inLevels(versions).toReversed(), writing, 'deletion', async ({ subject, version }) => {
    try {
      await client.ask('DELETE', ['subjects', subject, 'versions', version], { isSafe: true });
    } catch (error) {
      // What was asked again may have been done the first time.
      if (!isAboutThisOne(error) || error.code !== softDeletedAlready) throw error;
    }
  });

/** https://docs.confluent.io/platform/current/schema-registry/develop/api.html */
const softDeletedAlready = 40406;

async function inOrder(
  levels: readonly (readonly HeldVersion[])[],
  { requestsAtOnce, interrupted, onProgress }: Writing,
  what: NotTaken['what'],
  write: (version: HeldVersion) => Promise<unknown>,
): Promise<Copied> {
  const total = levels.reduce((sum, level) => sum + level.length, 0);
  const notTaken: NotTaken[] = [];
  let copied = 0;
  for (const level of levels)
    await mapBounded(
      level,
      async (version) => {
        // What is under way ends in order; nothing more is begun.
        interrupted.throwIfAborted();
        try {
          await write(version);
          copied += 1;
        } catch (error) {
          if (!isAboutThisOne(error)) throw error;
          const { subject, version: number, id } = version;
          notTaken.push({ what, subject, version: number, id, why: error.said });
        }
        onProgress(copied + notTaken.length, total);
      },
      undefined,
      requestsAtOnce,
    );
  return { copied, notTaken };
}

/**
 * Contexts in which the source has given a higher id than those that are left: it belonged to a schema that was deleted
 * for good, and the target would give it again.
 */
export async function idsGivenBeyond(
  client: RegistryClient,
  versions: Iterable<HeldVersion>,
  contextOf: (subject: string) => string,
): Promise<{ readonly context: string; readonly highest: number; readonly given: number }[]> {
  const highest = new Map<string, number>();
  for (const { subject, id } of versions) {
    const context = contextOf(subject);
    highest.set(context, Math.max(id, highest.get(context) ?? 0));
  }
  const found = [];
  for (const [context, id] of highest) {
    const answer = await client
      .ask<{ readonly maxId?: unknown }>('GET', ['schemas', 'ids', id], {
        query: { fetchMaxId: true, subject: scopeOf(context) || undefined },
      })
      // Not all know the question, and it decides nothing.
      .catch(() => undefined);
    const given = answer?.maxId;
    if (typeof given === 'number' && given > id) found.push({ context, highest: id, given });
  }
  return found;
}
