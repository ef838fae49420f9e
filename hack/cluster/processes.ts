import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

/** A process and when it began, so that another one that got its number later is never taken for it. */
export type ProcessRecord = { readonly pid: number; readonly begun: string };

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Undefined when there is no such process, or only its zombie. */
export const findProcess = (pid: number): ProcessRecord | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may itself hold blanks and parentheses; what counts follows the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, begun: `${bootId()}/${fields[19]}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
};

export const isAlive = (record: ProcessRecord | undefined): record is ProcessRecord =>
  record !== undefined && findProcess(record.pid)?.begun === record.begun;

/** Sends a signal to that very process; says whether it was there. */
export const signalProcess = (record: ProcessRecord | undefined, signal: NodeJS.Signals): boolean => {
  if (!isAlive(record)) return false;
  try {
    return process.kill(record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

/** Asks it to end, and makes it end when it has not after the grace. */
export const endProcess = async (record: ProcessRecord | undefined, graceMs: number): Promise<void> => {
  if (!signalProcess(record, 'SIGTERM')) return;
  const hasEnded = () => !isAlive(record);
  try {
    await waitFor('end', { timeoutMs: graceMs, everyMs: 20 }, hasEnded);
  } catch {
    signalProcess(record, 'SIGKILL');
    await waitFor(`end of process ${record?.pid}`, { timeoutMs: 10_000, everyMs: 20 }, hasEnded);
  }
};

/** The records of a cluster's processes, one file each. */
export const processRecords = (folder: string) => {
  const file = (name: string) => join(folder, `${name}.json`);
  return {
    find(name: string): ProcessRecord | undefined {
      try {
        return JSON.parse(readFileSync(file(name), 'utf8'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write(name: string, record: ProcessRecord): void {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file(name)}.new`, JSON.stringify(record));
      renameSync(`${file(name)}.new`, file(name));
    },
    remove(name: string): void {
      rmSync(file(name), { force: true });
    },
    list(): string[] {
      try {
        const files = readdirSync(folder);
        return files.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
  };
};
