import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkSpace } from '../cluster/binaries.ts';
import { cacheFolder } from '../cluster/folders.ts';
import { Problem } from '../cluster/problem.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import { installTools, requireRoot } from '../cluster/tools.ts';
import { buildDebian, hashOf, hashOfDebian, readText, root } from './debian-image.ts';
import { bases, type DebianImage, type ProgramImage, programs, services } from './table.ts';

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

const hashOfProgram = (image: ProgramImage): string => {
  const files = filesOf(image.inputs).flatMap((path) => [path, readText(path)]);
  return hashOf([...files, ...Object.values(bases).map(hashOfDebian)]);
};

const archiveOf = (name: string, hash: string): string =>
  join(folder, `${basename(name).replace(':', '-')}-${hash}.tar`);

/** buildah with its storage in our cache, away from the user's own images. */
const buildah = (args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> =>
  run(
    'buildah',
    ['--root', join(cacheFolder, 'buildah'), '--runroot', '/run/llm-schema-registry-buildah', ...args],
    {
      ...options,
      cwd: root,
      env: {
        BUILDAH_ISOLATION: 'chroot',
        STORAGE_DRIVER: process.env.STORAGE_DRIVER ?? 'vfs',
      },
    },
  );

const pullBase = async (image: DebianImage, archive: string): Promise<string> => {
  const tagged = `${image.name}-${hashOfDebian(image)}`;
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
  archive: string,
  base: { readonly build: string; readonly runtime: string },
  report: Report,
): Promise<void> => {
  const stage = `Building ${image.name} from ${image.dockerfile}`;
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
          '--file',
          image.dockerfile,
          '--tag',
          image.name,
        ],
        ...['--build-arg', `NODE_IMAGE=${base.build}`, '--build-arg', `RUNTIME_IMAGE=${base.runtime}`],
        ...['--build-arg', `VERSION=${image.name.split(':').at(-1)}`],
        ...(existsSync(npmrc) ? ['--secret', `id=npmrc,src=${npmrc}`] : []),
        '.',
      ],
      { onLine: (line) => lines.push(line) },
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
const removeOlder = (name: string, archive: string): void => {
  const prefix = `${basename(name).replace(':', '-')}-`;
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

/** Builds what is missing or out of date: the two programs, PostgreSQL and Redis. */
export const buildImages = async (report: Report): Promise<BuiltImage[]> => {
  mkdirSync(folder, { recursive: true });
  const { version } = JSON.parse(readText('package.json')) as { version: string };
  const wantedPrograms = programs(version).map((image) => ({
    image,
    archive: archiveOf(image.name, hashOfProgram(image)),
  }));
  const wantedServices = services.map((image) => ({
    image,
    archive: archiveOf(image.name, hashOfDebian(image)),
  }));
  const missing = [...wantedPrograms, ...wantedServices].filter(({ archive }) => !existsSync(archive));
  if (missing.length > 0) {
    requireRoot('Building images');
    checkSpace(folder, 3 * 1024 ** 3, 'Building images');
    await installTools(['buildah'], report);
  }
  const makeDebian = async (image: DebianImage): Promise<string> => {
    const archive = archiveOf(image.name, hashOfDebian(image));
    if (!existsSync(archive)) await buildDebian(image, archive, report);
    removeOlder(image.name, archive);
    return archive;
  };
  for (const { image } of wantedServices) await makeDebian(image);
  if (wantedPrograms.some(({ archive }) => !existsSync(archive))) {
    const base = {
      build: await pullBase(bases.build, await makeDebian(bases.build)),
      runtime: await pullBase(bases.runtime, await makeDebian(bases.runtime)),
    };
    for (const { image, archive } of wantedPrograms) {
      if (existsSync(archive)) continue;
      await buildProgram(image, archive, base, report);
      removeOlder(image.name, archive);
    }
  }
  return [...wantedPrograms, ...wantedServices].map(({ image, archive }) => describe(image.name, archive));
};
