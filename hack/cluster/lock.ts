import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findProcess, isAlive, type ProcessRecord } from './processes.ts';
import { waitFor } from './wait.ts';

const readHolder = (file: string): ProcessRecord | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const tryLock = (file: string): boolean => {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(findProcess(process.pid)));
  try {
    // A link appears whole or not at all, and never over another.
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(readHolder(file))) rmSync(file, { force: true });
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
};

type Options = {
  readonly timeoutMs: number;
  readonly onWait: (holderPid: number) => void;
  readonly signal?: AbortSignal;
};

/** Runs the work while no other process holds the file. A holder that was killed holds nothing. */
export const withLock = async <T>(
  file: string,
  { timeoutMs, onWait, signal }: Options,
  work: () => Promise<T>,
): Promise<T> => {
  mkdirSync(dirname(file), { recursive: true });
  let isTold = false;
  await waitFor(`${file} is free`, { timeoutMs, signal }, () => {
    const isLocked = tryLock(file);
    const holder = isLocked || isTold ? undefined : readHolder(file);
    if (holder) {
      onWait(holder.pid);
      isTold = true;
    }
    return isLocked;
  });
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
};
