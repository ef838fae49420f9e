import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cluster/run.ts';
import { type Architecture, aptEnvironment, ownArchitecture } from './architecture.ts';

/** From `apt-cache depends --recurse`: what each package needs, the first of each set of alternatives. */
export const dependenciesIn = (text: string): Map<string, string[]> => {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  let isAlternative = false;
  for (const line of text.split('\n')) {
    if (/^[^ <]/.test(line)) {
      current = [];
      found.set(line, current);
    }
    const [, bar, name = ''] = /^ ([ |])(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
    if (bar === undefined) continue;
    if (!isAlternative && !name.startsWith('<')) current.push(name);
    isAlternative = bar === '|';
  }
  return found;
};

/** The packages and all that they depend on, without `left` and what only those need. */
const closure = async (
  packages: readonly string[],
  left: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string[]> => {
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const flags = ['--recurse', ...kinds.map((kind) => `--no-${kind}`)];
  const dependencies = dependenciesIn(await run('apt-cache', ['depends', ...flags, ...packages], { env }));
  const found = new Set(packages);
  // A set that grows while it is walked gives the new ones their turn too.
  for (const name of found) {
    for (const dependency of dependencies.get(name) ?? [])
      if (!left.includes(dependency)) found.add(dependency);
  }
  return [...found].sort();
};

export type DebianFiles = {
  readonly packages: readonly string[];
  /** Dependencies that the programs run without. */
  readonly left: readonly string[];
  /** Paths not to unpack, as patterns of tar. */
  readonly leftPaths?: readonly string[];
};

const documentation = [
  'doc',
  'man',
  'info',
  'lintian',
  'bug',
  'locale',
  'bash-completion',
  'doc-base',
  'pixmaps',
];

/** Unpacks Debian packages into a folder without installing them: no scripts run, no package manager comes along. */
export const unpackDebian = async (
  root: string,
  { packages, left, leftPaths = [] }: DebianFiles,
  architecture: Architecture = ownArchitecture(),
): Promise<void> => {
  const env = await aptEnvironment(architecture);
  const downloads = `${root}.debs`;
  mkdirSync(downloads, { recursive: true });
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', folder), { recursive: true });
    // Debian 12 has these merged; some packages still ship the old paths.
    if (!existsSync(join(root, folder))) symlinkSync(`usr/${folder}`, join(root, folder));
  }
  try {
    const names = await closure(packages, left, env);
    // Root's apt downloads as the user _apt, who may not write here; the sandbox is of no use for files only.
    await run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', ...names], {
      cwd: downloads,
      env,
    });
    const excluded = [...documentation.map((folder) => `./usr/share/${folder}/*`), ...leftPaths];
    for (const file of readdirSync(downloads)) {
      const deb = join(downloads, file);
      const flags = [
        '--keep-directory-symlink',
        '--wildcards',
        ...excluded.map((path) => `--exclude=${path}`),
      ];
      await run('sh', [
        ...[
          '-c',
          'deb=$1; root=$2; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -x "$@"',
          'unpack',
        ],
        ...[deb, root, ...flags],
      ]);
      await keepCopyright(deb, root);
      await noteInstalled(deb, root);
    }
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
};

/** Where scanners look in an image without a package manager: a file for each package, as in the distroless images. */
export const statusFolder = 'var/lib/dpkg/status.d';

const noteInstalled = async (deb: string, root: string): Promise<void> => {
  const [control, name] = [
    await run('dpkg-deb', ['--field', deb]),
    await run('dpkg-deb', ['--field', deb, 'Package']),
  ];
  mkdirSync(join(root, statusFolder), { recursive: true });
  writeFileSync(join(root, statusFolder, name.trim()), `${control.trim()}\n\n`);
};

/** A package of an image, as Debian calls it. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Such as amd64. */
  readonly architecture: string;
}

/** From the files of `statusFolder`, one after the other. */
export const debianPackagesIn = (text: string): readonly DebianPackage[] =>
  text
    .split(/\n\n+/)
    .map((stanza) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
      return { name: field('Package'), version: field('Version'), architecture: field('Architecture') };
    })
    .filter(({ name }) => name !== '');

/** Of what a package says beside its program, the terms under which it may be passed on. A link leads to another package. */
const keepCopyright = async (deb: string, root: string): Promise<void> => {
  const files = (await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -t', 'list', deb])).split('\n');
  const wanted = files.filter((file) => /^\.\/usr\/share\/doc\/[^/]+(?:\/copyright)?$/.test(file));
  if (wanted.length === 0) return;
  await run('sh', [
    ...['-c', 'deb=$1; root=$2; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -x "$@"', 'unpack'],
    ...[deb, root, '--keep-directory-symlink', '--no-recursion', ...wanted],
  ]);
};
