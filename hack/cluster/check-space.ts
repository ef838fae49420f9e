import { mkdirSync, statfsSync } from 'node:fs';
import { Problem } from './problem.ts';

export const gibibyte = 1024 ** 3;

/** Says how much is needed where, before anything is written. */
export const checkSpace = (folder: string, neededBytes: number, purpose: string): void => {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= neededBytes) return;
  const inGib = (bytes: number) => `${(bytes / gibibyte).toFixed(1)} GiB`;
  throw new Problem(`${purpose} needs ${inGib(neededBytes)} below ${folder}, where ${inGib(free)} are free.`);
};
