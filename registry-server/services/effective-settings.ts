import type { CompatibilityLevel } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { FaultRules } from '../schema-types/schema-type.ts';
import type { Config, RegistryMode, SettingsChain } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';

/** A config in which the level, at least, is known. */
export interface ScopedConfig extends Config {
  readonly compatibility: CompatibilityLevel;
}

// What a config that leaves these out takes from above; the rest, the level too, it does not (Confluent's rule).
const inherited = [
  'normalize',
  'validateFields',
  'validateNewSchemas',
  'validateRules',
  'compatibilityPolicy',
  'compatibilityGroup',
] as const satisfies readonly (keyof Config)[];

/** The nearest config that was stored at all, completed. */
export function configInScope(
  { subject, context, global }: SettingsChain,
  defaultLevel: CompatibilityLevel,
): ScopedConfig {
  const nearest = subject.config ?? context.config ?? global.config;
  // Nearly always: nothing is configured, and every request asks.
  if (!nearest) return unconfigured(defaultLevel);
  const above = { ...global.config, ...context.config };
  const completed = Object.fromEntries(inherited.map((field) => [field, above[field]]));
  return { ...completed, ...nearest, compatibility: nearest.compatibility ?? defaultLevel };
}

const known = new Map<CompatibilityLevel, ScopedConfig>();

function unconfigured(compatibility: CompatibilityLevel): ScopedConfig {
  const config = known.get(compatibility) ?? { compatibility };
  known.set(compatibility, config);
  return config;
}

/** Those that a schema has to follow where it is not imported. */
export function rulesOf({ validateNewSchemas }: Registry, config: ScopedConfig): FaultRules {
  return (config.validateNewSchemas ?? validateNewSchemas) ? 'new' : 'always';
}

export function modeOf({ subject, context, global }: SettingsChain): RegistryMode {
  return subject.mode ?? context.mode ?? global.mode ?? 'READWRITE';
}

/** Versions come with their ids from elsewhere. */
export function isImporting(mode: RegistryMode): boolean {
  return mode === 'IMPORT' || mode === 'FORWARD';
}

/** @throws RegistryError 42205 */
export function ensureWritable(name: SubjectName, chain: SettingsChain): void {
  const mode = modeOf(chain);
  if (mode === 'READONLY' || mode === 'READONLY_OVERRIDE') refuse(name, 'in read-only mode');
}

/**
 * @param id as the client sent it
 * @throws RegistryError 42205
 */
export function ensureRegistrable(name: SubjectName, chain: SettingsChain, id: number | undefined): void {
  ensureWritable(name, chain);
  const mode = modeOf(chain);
  if (hasId(id) && !isImporting(mode)) refuse(name, 'not in import mode');
  if (!hasId(id) && mode !== 'READWRITE') refuse(name, 'not in read-write mode');
}

/** A negative one asks for none (Confluent's rule). */
export const hasId = (id: number | undefined): id is number => id !== undefined && id >= 0;

function refuse({ context, subject }: SubjectName, state: string): never {
  const what = subject === '' ? `Context ${context}` : `Subject ${subject} in context ${context}`;
  throw new RegistryError('NOT_PERMITTED', { detail: `${what} is ${state}` });
}
