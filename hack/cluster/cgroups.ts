import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** One folder with version 2; one per controller, and `unified`, with version 1. */
const hierarchies = (): string[] =>
  existsSync(join(root, 'cgroup.controllers'))
    ? [root]
    : readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(root, entry.name));

/** In version 2 a cgroup has only the controllers that the one above it hands down. */
const enableControllers = (): void => {
  const handedDown = join(root, 'cgroup.subtree_control');
  for (const controller of readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(' ')) {
    try {
      writeFileSync(handedDown, `+${controller}`);
    } catch (error) {
      // In a container its own processes may stand in the way; the kubelet then names what it misses.
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    }
  }
};

/** The cluster's own root, below which its kubelet makes a cgroup for each pod. */
export const makeCgroups = (name: string): void => {
  if (hierarchies()[0] === root) enableControllers();
  for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, name), { recursive: true });
};

/** Deepest first, as they must be removed. A kubelet that still runs takes some away meanwhile. */
const foldersBelow = (folder: string): string[] => {
  try {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...folders.flatMap((entry) => foldersBelow(join(folder, entry.name))), folder];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return [];
    throw error;
  }
};

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return '';
    throw error;
  }
};

/** Every process of every container of the cluster. */
export const processesInCgroups = (name: string): number[] => {
  const found = hierarchies()
    .flatMap((hierarchy) => foldersBelow(join(hierarchy, name)))
    .flatMap((folder) => readIfThere(join(folder, 'cgroup.procs')).split('\n'))
    .filter((line) => line !== '')
    .map(Number);
  return [...new Set(found)];
};

/** False while a process that has just ended still holds one. */
export const removeCgroups = (name: string): boolean => {
  for (const folder of hierarchies().flatMap((hierarchy) => foldersBelow(join(hierarchy, name)))) {
    try {
      rmdirSync(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EBUSY') return false;
      if (code !== 'ENOENT') throw error;
    }
  }
  return true;
};
