import { mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cluster/folders.ts';
import { run } from '../cluster/run.ts';

const storage = join(cacheFolder, 'buildah');

/** They take about 5 GB. */
const maxUnnamedImages = 40;

/** Overlay copies nothing between layers, but cannot lie on another overlay, as in a container. */
const storageDriver = (): string => {
  const overlay = 0x794c7630;
  mkdirSync(storage, { recursive: true });
  return process.env.STORAGE_DRIVER ?? (statfsSync(storage).type === overlay ? 'vfs' : 'overlay');
};

/** buildah with its storage in our cache, away from the user's own images; no daemon, no namespaces. */
export const buildah = (
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> => {
  const places = ['--root', storage, '--runroot', '/run/llm-schema-registry/buildah'];
  // With --root it minds the flag only, not the variable.
  const flags = [...places, '--storage-driver', storageDriver()];
  return run('buildah', [...flags, ...args], { ...options, env: { BUILDAH_ISOLATION: 'chroot' } });
};

/** What a build that was killed has left mounted, and the mount that the storage makes of itself. */
export const tidyBuildah = async (): Promise<void> => {
  await buildah(['rm', '--all']);
  // Each source change leaves some; the layer with the dependencies is among them, so not all are dropped each time.
  const unnamed = (await buildah(['images', '--quiet', '--filter', 'dangling=true'])).trim().split('\n');
  if (unnamed.length > maxUnnamedImages) await buildah(['rmi', '--all', '--force']);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${storage}/`))
    .reverse();
  for (const path of mounts) await run('umount', [path]);
};
