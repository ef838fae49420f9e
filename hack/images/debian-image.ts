import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from '../cluster/folders.ts';
import { Problem } from '../cluster/problem.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import { type Architecture, nodeArchitecture, ownArchitecture } from './architecture.ts';
import { unpackDebian } from './debian.ts';
import { packImage } from './pack.ts';
import type { DebianImage } from './table.ts';
import { withoutSymbols } from './without-symbols.ts';

export const root = join(import.meta.dirname, '..', '..');

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

const lockedNode = (): string =>
  JSON.parse(readText('package-lock.json')).packages['node_modules/node'].version;

/** Twelve digits are enough to tell a handful of builds apart. */
export const hashOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);

/** Of all that goes into the image, save what Debian has in its packages today. */
export const hashOfDebian = (image: DebianImage, architecture: Architecture): string => {
  const makers = ['architecture.ts', 'debian.ts', 'pack.ts', 'debian-image.ts', 'without-symbols.ts'].map(
    (file) => readText(`hack/images/${file}`),
  );
  return hashOf([architecture, JSON.stringify(image), image.node ? lockedNode() : '', ...makers]);
};

/** The folder of the npm that runs here: a base image has none of its own to fetch one with. */
const npmFolder = (): string => {
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    const npm = join(place, 'npm');
    if (existsSync(npm)) return dirname(dirname(realpathSync(npm)));
  }
  throw new Problem('npm is missing from PATH; install Node.js with npm.');
};

/** The package with the program for a kind of machine: this one's is in node_modules, another's is fetched. */
export const nodePackage = async (architecture: Architecture): Promise<string> => {
  const name = `node-linux-${nodeArchitecture(architecture)}`;
  const installed = join(root, 'node_modules', 'node', 'node_modules', name);
  if (existsSync(installed)) return installed;
  if (architecture === ownArchitecture())
    throw new Problem('Node.js is missing from node_modules; run npm ci.');
  const folder = join(cacheFolder, `${name}-${lockedNode()}`);
  if (existsSync(folder)) return join(folder, 'package');
  const fresh = mkdtempSync(join(cacheFolder, `.new-${process.pid}-`));
  // npm holds what it fetches to the registry's own digest.
  const file = (
    await run('npm', ['pack', '--silent', '--pack-destination', fresh, `${name}@${lockedNode()}`], {
      cwd: fresh,
    })
  ).trim();
  await run('tar', ['-xzf', join(fresh, file), '-C', fresh]);
  rmSync(join(fresh, file));
  renameSync(fresh, folder);
  return join(folder, 'package');
};

const addNode = async (
  image: string,
  kind: NonNullable<DebianImage['node']>,
  architecture: Architecture,
): Promise<void> => {
  const bin = join(image, 'nodejs', 'bin');
  const source = await nodePackage(architecture);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'node'), withoutSymbols(readFileSync(join(source, 'bin', 'node'))));
  chmodSync(join(bin, 'node'), 0o755);
  copyFileSync(join(source, 'LICENSE'), join(image, 'nodejs', 'LICENSE'));
  if (kind === 'runtime') return;
  const npm = npmFolder();
  cpSync(npm, join(image, 'nodejs', 'lib', 'node_modules', 'npm'), { recursive: true });
  writeFileSync(
    join(bin, 'npm'),
    '#!/bin/sh\nexec /nodejs/bin/node /nodejs/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    {
      mode: 0o755,
    },
  );
  // The authorities that this machine trusts, which may include a proxy's own.
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(authorities)) {
    mkdirSync(join(image, dirname(authorities)), { recursive: true });
    copyFileSync(authorities, join(image, authorities));
  }
};

const addUsers = (image: string, { user, folders }: DebianImage): void => {
  mkdirSync(join(image, 'etc'), { recursive: true });
  const users = [
    { name: 'root', id: 0, home: '/root' },
    { name: 'nobody', id: 65534, home: '/nonexistent' },
  ];
  const all = user ? [...users, user] : users;
  writeFileSync(
    join(image, 'etc', 'passwd'),
    all.map(({ name, id, home }) => `${name}:x:${id}:${id}::${home}:/bin/sh\n`).join(''),
  );
  writeFileSync(join(image, 'etc', 'group'), all.map(({ name, id }) => `${name}:x:${id}:\n`).join(''));
  mkdirSync(join(image, 'tmp'), { recursive: true });
  chmodSync(join(image, 'tmp'), 0o1777);
  for (const path of folders) {
    mkdirSync(join(image, path), { recursive: true });
    if (user) chownSync(join(image, path), user.id, user.id);
  }
};

export const buildDebian = async (
  image: DebianImage,
  architecture: Architecture,
  archive: string,
  report: Report,
): Promise<void> => {
  const stage = `Making ${image.name} for ${architecture} from Debian packages`;
  report(stage);
  const files = mkdtempSync(join(tmpdir(), 'image-'));
  chmodSync(files, 0o755);
  try {
    await unpackDebian(files, image.files, architecture);
    addUsers(files, image);
    if (image.node) await addNode(files, image.node, architecture);
    const config =
      image.node === 'with npm' && existsSync(join(files, 'etc/ssl/certs/ca-certificates.crt'))
        ? {
            ...image.config,
            Env: [
              ...(image.config.Env as string[]),
              'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
            ],
          }
        : image.config;
    await packImage({ name: image.name, archive, layers: [files], architecture, config });
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
};
