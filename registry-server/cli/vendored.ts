import { lstatSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { type Lock, type LockedSchema, lockFile, readLock, sha256Of } from './lock.ts';
import { Problem } from './problem.ts';
import { readText } from './project.ts';
import { reasonOf } from './registry-client.ts';
import { shown } from './shown.ts';

/** The lock of a folder; undefined where it has none. */
export function findLock(folder: string): Lock | undefined {
  const path = join(folder, lockFile);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return readLock(readText(path), path);
}

export interface Difference {
  readonly file: string;
  readonly what: 'changed' | 'missing';
}

/** The files that are not what the lock says. */
export function differences(folder: string, schemas: readonly LockedSchema[]): Difference[] {
  return schemas.flatMap(({ file, sha256 }): Difference[] => {
    try {
      return sha256Of(readFileSync(join(folder, file))) === sha256 ? [] : [{ file, what: 'changed' }];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [{ file, what: 'missing' }];
      throw new Problem(`${shown(join(folder, file))} cannot be read: ${reasonOf(error)}.`, { cause: error });
    }
  });
}

/**
 * Writes files into the folder, each whole or not at all; a file with the same content is left as it is. A link in the folder does not
 * lead out of it: that of a file is replaced, that of a folder is refused.
 */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of files) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      if (!isWithin(dirname(path), folder))
        throw new Problem(`${shown(dirname(path))} is a link that leads out of ${shown(folder)}; remove it.`);
      if (isFileWith(path, content)) continue;
      const fresh = join(dirname(path), `.new-${process.pid}`);
      rmSync(fresh, { force: true });
      writeFileSync(fresh, content, { flag: 'wx' });
      renameSync(fresh, path);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(`${shown(folder)} cannot be written: ${reasonOf(error)}.`, { cause: error });
  }
}

function isFileWith(path: string, content: string): boolean {
  return (
    lstatSync(path, { throwIfNoEntry: false })?.isFile() === true &&
    readFileSync(path).equals(Buffer.from(content))
  );
}

/** Removes what an earlier pull wrote and this one did not; what somebody has changed since is left. @returns what was left */
export function removeStale(
  folder: string,
  before: readonly LockedSchema[],
  kept: ReadonlySet<string>,
): string[] {
  const stale = before.filter(({ file }) => !kept.has(file));
  const differing = new Map(differences(folder, stale).map(({ file, what }) => [file, what]));
  for (const { file } of stale)
    if (!differing.has(file) && isWithin(dirname(join(folder, file)), folder)) rmSync(join(folder, file));
  return stale.map(({ file }) => file).filter((file) => differing.get(file) === 'changed');
}

/** Where the path leads in the end. */
const isWithin = (path: string, folder: string): boolean =>
  `${realpathSync(path)}${sep}`.startsWith(`${realpathSync(folder)}${sep}`);
