import type { Log } from '../log.ts';
import { followFiles } from '../waiting/follow-files.ts';

/**
 * Takes the content of a file, and again whenever it changes. What `take` throws at first is thrown; later it is told,
 * and what was taken before stays.
 * @returns what ends it
 */
export function followFile(file: string, take: (content: Buffer) => void, log: Log): () => void {
  return followFiles({
    files: [file],
    take: ([content]) => take(content as Buffer),
    changed: () => log.info('another file is in use', { file }),
    failed: (cause) => log.warn('the file has changed and cannot be used', { file, cause }),
  });
}
