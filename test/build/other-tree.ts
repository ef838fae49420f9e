import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../hack/cluster/run.ts';

export interface OtherTree {
  readonly folder: string;
  readonly remove: () => void;
}

const ownTree = fileURLToPath(new URL('../../', import.meta.url));

/** The files of a tag or commit in a folder of their own, with the packages that they depend on. */
export async function openTree(ref: string): Promise<OtherTree> {
  const folder = mkdtempSync(join(tmpdir(), 'other-tree-'));
  const archive = join(folder, 'tree.tar');
  await run('git', ['-C', ownTree, 'archive', '--output', archive, ref]);
  await run('tar', ['-xf', archive, '-C', folder]);
  await run('npm', ['ci', '--prefix', folder]);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
