import { mapBounded } from '../map-bounded.ts';
import { Refusal } from '../problem.ts';
import type { RegistryClient } from '../registry-client.ts';
import { changeMode, modePath } from './import-mode.ts';
import { answered } from './read-registry.ts';
import { contextOf, type NotTaken, type RegistryContent, scopeOf } from './registry-content.ts';

type Config = Readonly<Record<string, unknown>>;

/** What subjects and contexts have of their own. */
export interface Settings {
  /** By subject or scope. As the REST API takes it. */
  readonly configs: ReadonlyMap<string, Config>;
  /** Of subjects alone. */
  readonly modes: ReadonlyMap<string, string>;
  /** Of contexts, and of all; in the words of the API. */
  readonly contextModes: ReadonlyMap<string, string>;
  readonly unreadable: readonly NotTaken[];
}

const aboveAll = ':.__GLOBAL:';

/** @param isWhole whether all contexts are copied, and so what holds above them */
export async function readSettings(
  client: RegistryClient,
  { contexts, versions, aliases }: RegistryContent,
  isWhole: boolean,
  {
    requestsAtOnce,
    onProgress,
  }: { readonly requestsAtOnce: number; readonly onProgress: (done: number, total: number) => void },
): Promise<Settings> {
  const subjects = [...new Set([...[...versions.values()].map(({ subject }) => subject), ...aliases])];
  const scopes = [...new Set(subjects.map((subject) => scopeOf(contextOf(subject))))];
  if (isWhole && contexts !== undefined) scopes.push(aboveAll);
  const [configs, modes, contextModes] = [
    new Map<string, Config>(),
    new Map<string, string>(),
    new Map<string, string>(),
  ];
  const unreadable: NotTaken[] = [];
  const read = async <Answer>(what: 'config' | 'mode', subject: string): Promise<Answer | undefined> => {
    try {
      return await answered(client.ask<Answer>('GET', subject === '' ? [what] : [what, subject]));
    } catch (error) {
      if (!(error instanceof Refusal) || [401, 403].includes(error.status)) throw error;
      unreadable.push({ what, subject, why: `${client.address} does not show it: ${error.said}` });
      return undefined;
    }
  };
  for (const scope of scopes) {
    const own = await read<{ readonly mode: string }>('mode', scope);
    if (own) contextModes.set(scope, own.mode);
  }
  const hasModes = (await read('mode', '')) !== undefined;
  const names = [...scopes, ...subjects];
  await mapBounded(
    names,
    async (name) => {
      const config = await read<Config>('config', name);
      if (config && (await isOwn(client, name, config))) configs.set(name, asSent(config));
      if (!hasModes || scopes.includes(name)) return;
      const mode = (await read<{ readonly mode: string }>('mode', name))?.mode;
      // Some answer for every subject what holds above it, which is nearly always this.
      const above = contextModes.get(scopeOf(contextOf(name))) ?? contextModes.get('') ?? 'READWRITE';
      const isUsual = mode === 'READWRITE' && above === 'READWRITE';
      if (mode !== undefined && !isUsual) modes.set(name, mode);
    },
    (done) => onProgress(done, names.length),
    requestsAtOnce,
  );
  return { configs, modes, contextModes, unreadable };
}

/** Apicurio says NONE of a subject that has no config, for which what is set above it holds all the same. */
async function isOwn(client: RegistryClient, name: string, config: Config): Promise<boolean> {
  if (name === '' || config.compatibilityLevel !== 'NONE') return true;
  const query = { defaultToGlobal: true };
  const holding = await answered(client.ask<Config>('GET', ['config', name], { query }));
  return holding === undefined || holding.compatibilityLevel === 'NONE';
}

/** What is read is called otherwise than what is written. */
const asSent = ({ compatibilityLevel, ...rest }: Config): Config =>
  compatibilityLevel === undefined ? rest : { compatibility: compatibilityLevel, ...rest };

export interface Written {
  readonly written: number;
  readonly notTaken: readonly NotTaken[];
}

/** Sets what differs; settings that the source has not are left as they are. */
export async function writeConfigs(
  client: RegistryClient,
  configs: Settings['configs'],
  requestsAtOnce: number,
): Promise<Written> {
  return writeEach('config', [...configs], requestsAtOnce, async ([subject, config]) => {
    const path = subject === '' ? ['config'] : ['config', subject];
    const there = await answered(client.ask<Config>('GET', path));
    const known = there === undefined ? {} : asSent(there);
    if (sorted(known) === sorted(config)) return false;
    // What is left out keeps its value.
    const cleared = Object.fromEntries(Object.keys(known).map((field) => [field, null]));
    await client.ask('PUT', path, { body: { ...cleared, ...config }, isSafe: true });
    return true;
  });
}

export function writeModes(
  client: RegistryClient,
  modes: Settings['modes'],
  requestsAtOnce: number,
): Promise<Written> {
  return writeEach('mode', [...modes], requestsAtOnce, async ([subject, mode]) => {
    const there = await answered(client.ask<{ readonly mode: string }>('GET', modePath(subject)));
    if (there?.mode === mode) return false;
    await changeMode(client, subject, mode);
    return true;
  });
}

const sorted = (config: Config): string =>
  JSON.stringify(Object.entries(config).toSorted(([one], [other]) => (one < other ? -1 : 1)));

async function writeEach<Value>(
  what: 'config' | 'mode',
  entries: readonly (readonly [string, Value])[],
  requestsAtOnce: number,
  write: (entry: readonly [string, Value]) => Promise<boolean>,
): Promise<Written> {
  const notTaken: NotTaken[] = [];
  let written = 0;
  await mapBounded(
    entries,
    async (entry) => {
      try {
        if (await write(entry)) written += 1;
      } catch (error) {
        if (!isAboutThisOne(error)) throw error;
        notTaken.push({ what, subject: entry[0], why: error.said });
      }
    },
    undefined,
    requestsAtOnce,
  );
  return { written, notTaken };
}

/** Whether a registry refuses this one, and not everything that is asked of it. */
export const isAboutThisOne = (error: unknown): error is Refusal =>
  error instanceof Refusal && ![401, 403, 429, 502, 503, 504].includes(error.status);
