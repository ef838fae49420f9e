import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { removeLeftovers } from '../cluster/binaries.ts';
import { checkSpace, gibibyte } from '../cluster/check-space.ts';
import { cacheFolder } from '../cluster/folders.ts';
import { withLock } from '../cluster/lock.ts';
import { Problem } from '../cluster/problem.ts';
import type { Report } from '../cluster/report.ts';
import { installTools, requireRoot } from '../cluster/tools.ts';
import { type Architecture, emulate, ownArchitecture } from './architecture.ts';
import { buildah, tidyBuildah } from './buildah.ts';
import { buildDebian, hashOf, hashOfDebian, readText, root } from './debian-image.ts';
import { bases, command, type DebianImage, type ProgramImage, programs, services } from './table.ts';

export type BuiltImage = {
  readonly name: string;
  readonly archivePath: string;
  readonly bytesCompressed: number;
};

const folder = join(cacheFolder, 'images');

/** Every file below the given paths, in a fixed order. */
const filesOf = (paths: readonly string[]): string[] =>
  paths
    .flatMap((path) => {
      const full = join(root, path);
      if (!existsSync(full)) return [];
      if (!statSync(full).isDirectory()) return [path];
      return readdirSync(full, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
    })
    .sort();

const hashOfProgram = (image: ProgramImage, architecture: Architecture): string => {
  const files = filesOf(image.inputs).flatMap((path) => [path, readText(path)]);
  return hashOf([
    image.target ?? '',
    ...files,
    ...Object.values(bases).map((base) => hashOfDebian(base, architecture)),
  ]);
};

/** Another machine's are told apart by their names: a build of one does not remove those of the other. */
const prefixOf = (name: string, architecture: Architecture): string =>
  `${basename(name).replace(':', '-')}-${architecture === ownArchitecture() ? '' : `${architecture}-`}`;

const archiveOf = (name: string, architecture: Architecture, hash: string): string =>
  join(folder, `${prefixOf(name, architecture)}${hash}.tar`);

const pullBase = async (image: DebianImage, architecture: Architecture, archive: string): Promise<string> => {
  const tagged = `${image.name}-${hashOfDebian(image, architecture)}`;
  const isThere = await buildah(['inspect', '--type', 'image', tagged]).then(
    () => true,
    () => false,
  );
  if (isThere) return tagged;
  const id = (await buildah(['pull', '--quiet', `oci-archive:${archive}`])).trim();
  await buildah(['tag', id, tagged]);
  return tagged;
};

const buildProgram = async (
  image: ProgramImage,
  architecture: Architecture,
  archive: string,
  base: { readonly build: string; readonly runtime: string },
  report: Report,
): Promise<void> => {
  const stage = `Building ${image.name} for ${architecture} from ${image.dockerfile}`;
  report(stage);
  const logFile = join(cacheFolder, 'logs', `${basename(archive, '.tar')}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const lines: string[] = [];
  const npmrc = join(process.env.HOME ?? '/root', '.npmrc');
  try {
    const output = await buildah(
      [
        ...[
          'build',
          '--layers',
          '--format',
          'docker',
          '--pull=never',
          '--platform',
          `linux/${architecture}`,
          '--file',
          image.dockerfile,
          ...(image.target === undefined ? [] : ['--target', image.target]),
          '--tag',
          image.name,
        ],
        ...['--build-arg', `NODE_IMAGE=${base.build}`, '--build-arg', `RUNTIME_IMAGE=${base.runtime}`],
        ...['--build-arg', `VERSION=${image.name.split(':').at(-1)}`],
        ...(existsSync(npmrc) ? ['--secret', `id=npmrc,src=${npmrc}`] : []),
        '.',
      ],
      { cwd: root, onLine: (line) => lines.push(line) },
    );
    writeFileSync(logFile, `${output}\n${lines.join('\n')}\n`);
    const finished = join(folder, `.new-${process.pid}-${basename(archive)}`);
    await buildah([
      'push',
      '--quiet',
      '--format',
      'oci',
      image.name,
      `oci-archive:${finished}:${image.name}`,
    ]);
    renameSync(finished, archive);
  } catch (error) {
    writeFileSync(logFile, `${lines.join('\n')}\n${(error as Error).message}\n`);
    throw new Problem(`${stage} failed; the whole log is ${logFile}\n${(error as Error).message}`, {
      cause: error,
    });
  }
};

/** The archives of the same image with another hash are of no use any more. */
const removeOlder = (name: string, architecture: Architecture, archive: string): void => {
  const prefix = prefixOf(name, architecture);
  for (const file of readdirSync(folder)) {
    const isOlder = file.startsWith(prefix) && /^[0-9a-f]{12}\.tar$/.test(file.slice(prefix.length));
    if (isOlder && join(folder, file) !== archive) rmSync(join(folder, file));
  }
};

const describe = (name: string, archivePath: string): BuiltImage => ({
  name,
  archivePath,
  bytesCompressed: statSync(archivePath).size,
});

/** The Debian image's archive, made if it is missing. */
const makeDebian = async (
  image: DebianImage,
  architecture: Architecture,
  report: Report,
): Promise<string> => {
  const archive = archiveOf(image.name, architecture, hashOfDebian(image, architecture));
  if (!existsSync(archive)) await buildDebian(image, architecture, archive, report);
  removeOlder(image.name, architecture, archive);
  return archive;
};

type Wanted<Image> = { readonly image: Image; readonly archive: string };

const buildPrograms = async (
  wanted: readonly Wanted<ProgramImage>[],
  architecture: Architecture,
  report: Report,
): Promise<void> => {
  await emulate(architecture, report);
  await tidyBuildah();
  try {
    const made = async (image: DebianImage) =>
      pullBase(image, architecture, await makeDebian(image, architecture, report));
    const base = { build: await made(bases.build), runtime: await made(bases.runtime) };
    for (const { image, archive } of wanted) {
      await buildProgram(image, architecture, archive, base, report);
      removeOlder(image.name, architecture, archive);
    }
  } finally {
    await tidyBuildah();
  }
};

const isMissing = ({ archive }: Wanted<unknown>): boolean => !existsSync(archive);

/** Builds what is missing or out of date: the two programs, PostgreSQL and Redis. */
export const buildImages = async (report: Report): Promise<BuiltImage[]> => {
  const architecture = ownArchitecture();
  const others = services.map((image) => ({
    image,
    archive: archiveOf(image.name, architecture, hashOfDebian(image, architecture)),
  }));
  return build(wantedOf(programs, architecture), others, architecture, report);
};

/** The `registry` command, for this machine. */
export const buildCommand = (report: Report): Promise<BuiltImage[]> =>
  build(wantedOf(commandAlone, ownArchitecture()), [], ownArchitecture(), report);

/** Builds all images that are ours: the two programs and the command, for another kind of machine than this one, too. */
export const buildProgramsFor = (architecture: Architecture, report: Report): Promise<BuiltImage[]> =>
  build(wantedOf(ownImages, architecture), [], architecture, report);

type Table = (version: string) => readonly ProgramImage[];

const commandAlone: Table = (version) => [command(version)];

const ownImages: Table = (version) => [...programs(version), command(version)];

const wantedOf = (table: Table, architecture: Architecture): Wanted<ProgramImage>[] => {
  const { version } = JSON.parse(readText('package.json')) as { version: string };
  return table(version).map((image) => ({
    image,
    archive: archiveOf(image.name, architecture, hashOfProgram(image, architecture)),
  }));
};

const build = async (
  ours: readonly Wanted<ProgramImage>[],
  others: readonly Wanted<DebianImage>[],
  architecture: Architecture,
  report: Report,
): Promise<BuiltImage[]> => {
  const all = [...ours, ...others];
  if (all.some(isMissing)) {
    requireRoot('Building images');
    checkSpace(folder, 6 * gibibyte, 'Building images');
    await installTools(['buildah'], report);
    const onWait = (pid: number) => report(`Waiting for process ${pid}, which is building images`);
    await withLock(join(cacheFolder, 'images.lock'), { timeoutMs: 30 * 60_000, onWait }, async () => {
      removeLeftovers(folder);
      for (const { image } of others.filter(isMissing)) await makeDebian(image, architecture, report);
      // Asked again: the process waited for may have built them.
      const missing = ours.filter(isMissing);
      if (missing.length > 0) await buildPrograms(missing, architecture, report);
    });
  }
  return all.map(({ image, archive }) => describe(image.name, archive));
};
