import { readFileSync, unwatchFile, watchFile } from 'node:fs';

/** A Secret that is mounted changes without a word from the file system that could be relied on. */
const LOOK_EVERY_MS = 5_000;

export interface Following {
  readonly files: readonly string[];
  /** Is given what the files hold, in their order, and throws where that cannot be used. */
  readonly take: (contents: readonly Buffer[]) => void;
  /** Other contents have been taken. */
  readonly changed: () => void;
  /** The files have changed and cannot be used: what was taken before stays. */
  readonly failed: (cause: string) => void;
}

/**
 * Takes what files hold, and again whenever that changes.
 * @returns what ends it
 * @throws where they cannot be used at first
 */
export function followFiles({ files, take, changed, failed }: Following): () => void {
  const read = () => files.map((file) => readFileSync(file));
  let taken = read();
  take(taken);
  const look = () => {
    try {
      const found = read();
      if (found.every((content, place) => taken[place]?.equals(content))) return;
      take(found);
      taken = found;
      changed();
    } catch (error) {
      failed((error as Error).message);
    }
  };
  for (const file of files) watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, look);
  return () => {
    for (const file of files) unwatchFile(file, look);
  };
}
