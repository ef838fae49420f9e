import type { CompatibilityLevel } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import type { Settings, SettingsChain } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';

/** The modes of this version. */
export const registryModes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE'] as const;
export type RegistryMode = (typeof registryModes)[number];

// The nearest that says anything counts (confluent-api 4.2).
function nearest<T>(
  { subject, context, global }: SettingsChain,
  read: (settings: Settings) => T | undefined,
) {
  return read(subject) ?? read(context) ?? read(global);
}

export function compatibilityOf(chain: SettingsChain, defaultLevel: CompatibilityLevel): CompatibilityLevel {
  return (
    (nearest(chain, ({ config }) => config?.compatibility) as CompatibilityLevel | undefined) ?? defaultLevel
  );
}

export function normalizesBy(chain: SettingsChain): boolean {
  return nearest(chain, ({ config }) => config?.normalize) ?? false;
}

export function modeOf(chain: SettingsChain): RegistryMode {
  return (nearest(chain, ({ mode }) => mode) as RegistryMode | undefined) ?? 'READWRITE';
}

/** @throws RegistryError 42205 */
export function ensureWritable(name: SubjectName, chain: SettingsChain): void {
  if (modeOf(chain) === 'READWRITE') return;
  const what =
    name.subject === '' ? `Context ${name.context}` : `Subject ${name.subject} in context ${name.context}`;
  throw new RegistryError('NOT_PERMITTED', { detail: `${what} is in read-only mode` });
}
