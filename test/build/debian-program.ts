import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { findOnPath } from './process.ts';

/** One on PATH, or else Debian's, unpacked once; undefined where neither can be had. */
export function findDebianProgram(name: string, packageName: string): string | undefined {
  const installed = findOnPath(name);
  if (installed) return installed;
  mkdirSync(cacheFolder, { recursive: true });
  const unpacked = () => readdirSync(cacheFolder).find((file) => isOf(file, packageName));
  if (unpacked() === undefined && !unpack(name, packageName)) return undefined;
  const program = join(cacheFolder, unpacked() ?? '', 'usr', 'bin', name);
  return existsSync(program) ? program : undefined;
}

/** Files of packages are called NAME_VERSION_ARCHITECTURE.deb. */
const isOf = (file: string, packageName: string) => file.startsWith(`${packageName}_`);

/** Into a folder named after its version. False where it cannot be had. */
function unpack(name: string, packageName: string): boolean {
  if (!findOnPath('apt-get') || !findOnPath('dpkg')) return false;
  process.stderr.write(`No ${name} on PATH: unpacking Debian's into ${cacheFolder}; nothing is installed.\n`);
  const folder = mkdtempSync(join(cacheFolder, `.new-${packageName}-`));
  try {
    execFileSync('apt-get', ['download', packageName], { cwd: folder, stdio: 'pipe', timeout: 120_000 });
    const file = readdirSync(folder).find((one) => isOf(one, packageName)) ?? '';
    // Under its last name only once it is whole: another run may look for it.
    execFileSync('dpkg', ['-x', file, 'new'], { cwd: folder });
    execFileSync('mv', ['-T', join(folder, 'new'), join(cacheFolder, file.replace(/\.deb$/, ''))]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
