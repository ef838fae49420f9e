import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Problem } from './problem.ts';
import { reasonOf } from './registry-client.ts';
import { shown } from './shown.ts';

/** What `registry login` keeps. Files are absolute paths. */
export interface Profile {
  readonly url: string;
  readonly context?: string;
  readonly user?: string;
  readonly password?: string;
  readonly bearerToken?: string;
  readonly apiKey?: string;
  readonly apiKeyHeader?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export type Profiles = ReadonlyMap<string, Profile>;

export const defaultProfile = 'default';

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
export const profilesFile = ({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string =>
  join(XDG_CONFIG_HOME || join(HOME || homedir(), '.config'), 'llm-schema-registry', 'profiles.json');

/** @throws Problem where the name would not do */
export function readProfileName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
  throw new Problem(
    `"${shown(name, 100)}" is not the name of a profile; letters, digits, ".", "_" and "-" make one.`,
  );
}

/** @throws Problem where others may read the file, or it is not what was written there */
export function readProfiles(file: string): Profiles {
  let text: string;
  try {
    const { mode } = statSync(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new Problem(
        `${shown(file)} holds passwords, and others may read it; run: chmod 600 '${shown(file)}'`,
      );
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    if (error instanceof Problem) throw error;
    throw new Problem(`${shown(file)} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  try {
    const { profiles } = JSON.parse(text) as { readonly profiles: Record<string, Profile> };
    const entries = Object.entries(profiles);
    if (entries.every(([, profile]) => typeof profile.url === 'string')) return new Map(entries);
  } catch {
    // Said below: the message of JSON.parse would repeat what is in the file.
  }
  throw new Problem(`${shown(file)} is not what \`registry login\` writes; remove it and log in again.`);
}

/** Readable by its owner alone, and whole or not at all. */
export function writeProfiles(file: string, profiles: Profiles): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (profiles.size === 0) {
      rmSync(file, { force: true });
      return;
    }
    const sorted = Object.fromEntries([...profiles].toSorted(([one], [other]) => (one < other ? -1 : 1)));
    writeFileSync(fresh, `${JSON.stringify({ profiles: sorted }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(fresh, 0o600);
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Problem(`${shown(file)} cannot be written: ${reasonOf(error)}.`, { cause: error });
  }
}
