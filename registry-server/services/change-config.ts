import type { CompatibilityLevel } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { Config, Settings, SettingsChain, Store } from '../store/store.ts';
import { formatSubjectName, GLOBAL_CONTEXT, isDefaultContext, type SubjectName } from '../subject-name.ts';
import { configInScope, ensureWritable, type ScopedConfig } from './effective-settings.ts';

/** A field left out keeps its value, null clears it. */
export type ConfigChange = { readonly [field in keyof Config]?: Config[field] | null };

/** The name's own settings: those of a context where the subject is empty. */
export function ownSettings(name: SubjectName, chain: SettingsChain): Settings {
  if (name.subject !== '') return chain.subject;
  return name.context === GLOBAL_CONTEXT ? chain.global : chain.context;
}

/**
 * Without texts that are empty: they mean none, and are kept only because they hide what is set above.
 * @throws RegistryError 40408 when a subject or a context has none of its own and the level above does not count
 */
export async function getConfig(
  { store, defaultCompatibility }: Registry,
  name: SubjectName,
  orAbove: boolean,
): Promise<ScopedConfig> {
  const { settings } = await store.readSubject(name, 'recent');
  if (orAbove) return shown(configInScope(settings, defaultCompatibility));
  const own = ownSettings(name, settings).config;
  if (own || isDefaultContext(name)) return complete(own ?? {}, defaultCompatibility);
  const now = await store.readSubject(name, 'now');
  const found = ownSettings(name, now.settings).config;
  if (!found) throw new RegistryError('NO_SUBJECT_CONFIG', { subject: formatSubjectName(name) });
  return complete(found, defaultCompatibility);
}

function complete(config: Config, defaultLevel: CompatibilityLevel): ScopedConfig {
  return shown({ ...config, compatibility: config.compatibility ?? defaultLevel });
}

function shown(config: ScopedConfig): ScopedConfig {
  const { compatibility, ...rest } = config;
  return { ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '')), compatibility };
}

/** Answers what is stored now. */
export async function changeConfig(store: Store, name: SubjectName, change: ConfigChange): Promise<Config> {
  let stored: Config = {};
  await store.changeSettings(name, (chain) => {
    ensureWritable(name, chain);
    const own = ownSettings(name, chain);
    const merged = { ...own.config, ...change };
    stored = Object.fromEntries(Object.entries(merged).filter(([, value]) => value != null));
    return { ...own, config: stored };
  });
  return stored;
}

/**
 * Answers what it was.
 * @throws RegistryError 40401 when a subject or a context has none
 */
export async function deleteConfig(
  { store, defaultCompatibility }: Registry,
  name: SubjectName,
): Promise<ScopedConfig> {
  let before: ScopedConfig = { compatibility: defaultCompatibility };
  await store.changeSettings(name, (chain) => {
    ensureWritable(name, chain);
    const own = ownSettings(name, chain);
    if (!own.config && !isDefaultContext(name)) {
      throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
    }
    before = complete(own.config ?? {}, defaultCompatibility);
    return { ...own, config: undefined };
  });
  return before;
}
