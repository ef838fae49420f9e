import { createHash } from 'node:crypto';
import { Problem } from './problem.ts';
import type { Reference, WantedVersion } from './schema.ts';
import { shown } from './shown.ts';

/** One schema in the folder. */
export interface LockedSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid?: string;
  readonly type: string;
  /** From the folder of the lock, with "/". */
  readonly file: string;
  /** Of the file's bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly references?: readonly Reference[];
}

/** The file registry.lock: what `pull` has written, and what it was asked for. */
export interface Lock {
  readonly wanted: ReadonlyMap<string, WantedVersion>;
  /** By subject, then by version. */
  readonly schemas: readonly LockedSchema[];
}

export const lockFile = 'registry.lock';
const lockVersion = 1;

export const sha256Of = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

const byName = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export const inLockOrder = (schemas: readonly LockedSchema[]): LockedSchema[] =>
  schemas.toSorted((one, other) => byName(one.subject, other.subject) || one.version - other.version);

/** The same bytes for the same content. */
export function writeLock({ wanted, schemas }: Lock): string {
  const sorted = [...wanted].toSorted(([one], [other]) => byName(one, other));
  const value = {
    lockVersion,
    wanted: sorted.map(([subject, version]) => ({ subject, version })),
    schemas: inLockOrder(schemas),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A file in the folder or one folder below, with no step anywhere else: somebody may have edited the lock. */
const inside = /^(?!\.)[^/\\:]+(\/(?!\.)[^/\\:]+)?$/;

/** @throws Problem where it is not what `pull` writes */
export function readLock(text: string, path: string): Lock {
  try {
    const value = JSON.parse(text) as {
      readonly lockVersion: number;
      readonly wanted: readonly { readonly subject: string; readonly version: WantedVersion }[];
      readonly schemas: readonly LockedSchema[];
    };
    const isWhole = value.schemas.every(
      ({ subject, version, type, file, sha256 }) =>
        typeof subject === 'string' &&
        Number.isInteger(version) &&
        typeof type === 'string' &&
        inside.test(file) &&
        /^[0-9a-f]{64}$/.test(sha256),
    );
    if (value.lockVersion === lockVersion && isWhole)
      return {
        wanted: new Map(value.wanted.map(({ subject, version }) => [subject, version])),
        schemas: value.schemas,
      };
  } catch {
    // Said below.
  }
  throw new Problem(
    `${shown(path)} is not what \`registry pull\` writes; restore it, or remove it and pull again.`,
  );
}
