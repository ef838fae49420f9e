import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cluster/run.ts';
import { type DebianPackage, debianPackagesIn, statusFolder } from '../images/debian.ts';

interface Descriptor {
  readonly digest: string;
}

/**
 * The Debian packages of an image, as it notes them itself, for all of its platforms.
 * @param layout an OCI image layout
 */
export async function debianPackagesOf(layout: string): Promise<readonly DebianPackage[]> {
  const blob = ({ digest }: Descriptor) => join(layout, 'blobs', ...digest.split(':'));
  const json = (path: string) =>
    JSON.parse(readFileSync(path, 'utf8')) as {
      readonly manifests?: readonly Descriptor[];
      readonly layers?: readonly Descriptor[];
    };
  const found = new Map<string, DebianPackage>();
  const read = async (path: string): Promise<void> => {
    const { manifests = [], layers = [] } = json(path);
    for (const each of manifests) await read(blob(each));
    for (const layer of layers) {
      const names = (await run('tar', ['-tzf', blob(layer)])).split('\n');
      const noted = names.filter((name) => name.includes(`${statusFolder}/`) && !name.endsWith('/'));
      if (noted.length === 0) continue;
      for (const each of debianPackagesIn(await run('tar', ['-xzOf', blob(layer), ...noted])))
        found.set(`${each.name} ${each.architecture} ${each.version}`, each);
    }
  };
  await read(join(layout, 'index.json'));
  return [...found.values()].toSorted(
    (one, other) => one.name.localeCompare(other.name) || one.architecture.localeCompare(other.architecture),
  );
}
