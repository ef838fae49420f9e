import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Log } from '../log.ts';

/** The file is looked at as often as certificates are. */
const LOOK_EVERY_MS = 5_000;

/**
 * Takes the content of a file, and again whenever it changes. What `take` throws at first is thrown; later it is told,
 * and what was taken before stays.
 * @returns what ends it
 */
export function followFile(file: string, take: (content: Buffer) => void, log: Log): () => void {
  let held = readFileSync(file);
  take(held);
  const look = () => {
    try {
      const found = readFileSync(file);
      if (found.equals(held)) return;
      held = found;
      take(found);
      log.info('another file is in use', { file });
    } catch (error) {
      log.warn('the file has changed and cannot be used', { file, cause: (error as Error).message });
    }
  };
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, look);
  return () => unwatchFile(file, look);
}
