import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { findOnPath } from './process.ts';

function findProgram(): string | undefined {
  const installed = findOnPath('promtool');
  if (installed) return installed;
  mkdirSync(cacheFolder, { recursive: true });
  const unpacked = () => readdirSync(cacheFolder).find((name) => /^prometheus_\d/.test(name));
  if (unpacked() === undefined && !unpack()) return undefined;
  const program = join(cacheFolder, unpacked() ?? '', 'usr', 'bin', 'promtool');
  return existsSync(program) ? program : undefined;
}

/** Debian's, into a folder named after its version. False where it cannot be had. */
function unpack(): boolean {
  if (!findOnPath('apt-get') || !findOnPath('dpkg')) return false;
  process.stderr.write(
    `No promtool on PATH: unpacking Debian's into ${cacheFolder}; nothing is installed.\n`,
  );
  const folder = mkdtempSync(join(cacheFolder, '.new-prometheus-'));
  try {
    execFileSync('apt-get', ['download', 'prometheus'], { cwd: folder, stdio: 'pipe', timeout: 120_000 });
    const [file = ''] = readdirSync(folder);
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

const program = findProgram();

/** Why there is none, for the title of a skipped suite. */
export const missingPromtool: string | undefined =
  program === undefined
    ? 'no promtool: it is not on PATH, and the Debian package prometheus cannot be had'
    : undefined;

/** What promtool says of files, given as objects by their names; throws what it complains of. */
export function promtool(args: readonly string[], files: Readonly<Record<string, object>>): string {
  if (program === undefined) throw new Error(missingPromtool);
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    // JSON is YAML.
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), JSON.stringify(content));
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
