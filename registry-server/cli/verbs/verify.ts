import { join } from 'node:path';
import { lockFile } from '../lock.ts';
import { print } from '../print.ts';
import { exitCodes, Problem } from '../problem.ts';
import { shown } from '../shown.ts';
import { differences, findLock } from '../vendored.ts';
import type { Verb } from '../verb.ts';
import { folderOf, folderOption, sayChanged } from './pull.ts';

export const verify: Verb = {
  name: 'verify',
  summary: 'say whether the files of `pull` are as they were written; asks no registry',
  details: 'Ends with 1 where a file has changed or is missing.',
  options: [
    folderOption,
    { flags: '-c, --config <file>', description: 'names the folder (registry.yaml, where there is one)' },
  ],
  async run(world, given) {
    const folder = folderOf(given);
    const lock = findLock(folder);
    if (lock === undefined)
      throw new Problem(`${shown(join(folder, lockFile))} is not there; \`registry pull\` writes it.`);
    const found = differences(folder, lock.schemas);
    if (found.length > 0) return sayChanged(world, given, folder, found);
    print(world.terminal, given.output, { ok: true, files: lock.schemas.length }, () => {
      const files = lock.schemas.length === 1 ? '1 file is' : `${lock.schemas.length} files are`;
      return `${files} as the lock says.\n`;
    });
    return exitCodes.done;
  },
};
