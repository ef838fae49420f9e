import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importedPackages } from './imported-packages.ts';

const modules = 'node_modules';

/** A package can only be found in a node_modules folder on the way up from the one that wants it. */
const findPackage = (root: string, name: string, from: string): string | undefined => {
  for (let folder = from; ; folder = join(folder, '..')) {
    const candidate = join(folder, modules, name);
    if (existsSync(join(root, candidate, 'package.json'))) return candidate;
    if (folder === '.') return undefined;
  }
};

/**
 * The folders of the packages that a program needs when it runs: those that it imports, and what they depend on.
 * @param root where the program's folder and node_modules are
 * @param left a folder of the program's that is no part of it
 */
export const keptPackages = (program: string, root = '.', left?: string): Set<string> => {
  const kept = new Set<string>();
  const keep = (name: string, from: string): void => {
    const folder = findPackage(root, name, from);
    if (!folder || kept.has(folder)) return;
    kept.add(folder);
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
      keep(dependency, folder);
  };
  for (const file of readdirSync(join(root, program), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || (left !== undefined && join(program, file).startsWith(`${left}/`))) continue;
    for (const name of importedPackages(readFileSync(join(root, program, file), 'utf8'))) keep(name, '.');
  }
  return kept;
};
