import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cluster/folders.ts';
import { Problem } from '../cluster/problem.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import { installTools } from '../cluster/tools.ts';

/** What an image is made for, in the words of OCI and of Debian. */
export type Architecture = 'amd64' | 'arm64';

interface Names {
  readonly node: NodeJS.Architecture;
  readonly qemu: string;
}

const names: Readonly<Record<Architecture, Names>> = {
  amd64: { node: 'x64', qemu: 'x86_64' },
  arm64: { node: 'arm64', qemu: 'aarch64' },
};

export const architectures = Object.keys(names) as readonly Architecture[];

/** As Node.js and its packages call it. */
export const nodeArchitecture = (architecture: Architecture): string => names[architecture].node;

/** Of the machine that this runs on. */
export const ownArchitecture = (): Architecture => {
  const found = architectures.find((architecture) => names[architecture].node === process.arch);
  if (found === undefined)
    throw new Problem(`Images are made for ${architectures.join(' and ')}; this machine is ${process.arch}.`);
  return found;
};

const binfmt = '/proc/sys/fs/binfmt_misc';

/** Makes the kernel run programs of another architecture, through QEMU. Holds until the machine starts anew. */
export const emulate = async (architecture: Architecture, report: Report): Promise<void> => {
  if (architecture === ownArchitecture()) return;
  await installTools(['qemu'], report);
  const name = `qemu-${names[architecture].qemu}`;
  if (!existsSync(join(binfmt, 'register'))) await run('mount', ['-t', 'binfmt_misc', 'none', binfmt]);
  if (existsSync(join(binfmt, name))) return;
  // Debian's package brings the rule that tells such a program by its first bytes.
  writeFileSync(join(binfmt, 'register'), readFileSync(`/usr/lib/binfmt.d/${name}.conf`, 'utf8').trim());
};

const listsAreOldMs = 24 * 3_600_000;

/** The environment in which apt looks at another architecture's packages; this machine's own apt stays as it is. */
export const aptEnvironment = async (architecture: Architecture): Promise<NodeJS.ProcessEnv> => {
  if (architecture === ownArchitecture()) return {};
  const folder = join(cacheFolder, `apt-${architecture}`);
  const config = join(folder, 'apt.conf');
  const status = join(folder, 'status');
  for (const path of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(status, '');
  writeFileSync(
    config,
    `APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "root";
Dir::State "${join(folder, 'state')}";
Dir::State::status "${status}";
Dir::Cache "${join(folder, 'cache')}";
`,
  );
  const env = { APT_CONFIG: config };
  const updated = join(folder, 'updated');
  const ageMs = existsSync(updated) ? Date.now() - statSync(updated).mtimeMs : Number.POSITIVE_INFINITY;
  if (ageMs > listsAreOldMs) {
    await run('apt-get', ['update'], { env });
    writeFileSync(updated, '');
  }
  return env;
};
