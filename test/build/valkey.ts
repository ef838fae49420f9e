import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findOnPath } from './process.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** The program is in valkey-tools, its name in valkey-server. What they link to, Redis brings too. */
const packages = ['valkey-server', 'valkey-tools'];

/** The folder of valkey-server and valkey-cli: those on PATH, or Debian's, which are unpacked and not installed. */
function findFolder(): string | undefined {
  const installed = findOnPath('valkey-server');
  if (installed !== undefined) return join(installed, '..');
  const cache = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'llm-schema-registry',
    'valkey',
  );
  const folder = join(cache, 'usr', 'bin');
  if (existsSync(join(folder, 'valkey-server'))) return folder;
  if (!findOnPath('apt-get') || !findOnPath('dpkg') || !existsSync(keyring)) return undefined;
  process.stderr.write(`No valkey-server on PATH: unpacking Debian's into ${cache}; nothing is installed.\n`);
  const lists = join(cache, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  const sources = join(cache, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${keyring}] http://deb.debian.org/debian bookworm-backports main\n`);
  // The lists of this machine stay as they are.
  const options = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': lists,
    'APT::Sandbox::User': 'root',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  try {
    execFileSync('apt-get', [...flags, 'update'], { stdio: 'pipe', timeout: 60_000 });
    execFileSync('apt-get', [...flags, 'download', ...packages], {
      cwd: cache,
      stdio: 'pipe',
      timeout: 60_000,
    });
    for (const file of readdirSync(cache).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg', ['-x', file, '.'], { cwd: cache });
  } catch {
    return undefined;
  }
  return existsSync(join(folder, 'valkey-server')) ? folder : undefined;
}

export const valkeyFolder = findFolder();

/** Why there is none, for the title of a skipped suite. */
export const missingValkey: string | undefined =
  valkeyFolder === undefined
    ? "no Valkey: valkey-server is not on PATH, and Debian's cannot be had"
    : undefined;
