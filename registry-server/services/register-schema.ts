import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import { guid } from '../store/fingerprint.ts';
import type { SchemaContent, SubjectState, Version } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { compatibilityOf, ensureWritable, normalizesBy } from './effective-settings.ts';
import { liveVersions } from './find-version.ts';
import { judge } from './judge.ts';
import { contentOf } from './parse-schema.ts';
import { readSchemaText, type SentSchema } from './read-schema-text.ts';

export interface Registration {
  readonly name: SubjectName;
  readonly sent: SentSchema;
  /** 0: the next one. -1: the next one, and only the latest counts as already there. */
  readonly version: number;
  /** Only import mode takes it. */
  readonly id: number | undefined;
  readonly normalize: boolean;
  /** Skips the compatibility check. */
  readonly force: boolean;
}

export interface Registered {
  readonly id: number;
  readonly version: number;
  readonly guid: string;
  readonly content: SchemaContent;
}

/**
 * Reads, judges, then writes on condition that nothing moved in between; else all over again. So no lock is held
 * while schemas are parsed and compared, and what was judged is what the database holds. It begins with what memory
 * knows: the condition finds out what is outdated, and a refusal is repeated only after the database was asked.
 */
export async function registerSchema(registry: Registry, registration: Registration): Promise<Registered> {
  const { store } = registry;
  let state = await store.readSubject(registration.name, 'guess');
  for (let isGuess = true; ; isGuess = false) {
    try {
      const registered = await tryToRegister(registry, registration, state);
      if (registered) return registered;
      state = await store.readSubject(registration.name, 'now');
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const now = isGuess ? await store.readSubject(registration.name, 'now') : state;
      if (isSame(now, state)) {
        registry.metrics.registration(outcomeOf(error));
        throw error;
      }
      state = now;
    }
  }
}

function isSame(a: SubjectState, b: SubjectState): boolean {
  return a.revision === b.revision && a.settingsRevision === b.settingsRevision;
}

async function tryToRegister(
  registry: Registry,
  registration: Registration,
  state: SubjectState,
): Promise<Registered | undefined> {
  const { name, sent } = registration;
  ensureWritable(name, state.settings);
  if (registration.id !== undefined && registration.id >= 0) {
    throw new RegistryError('NOT_PERMITTED', {
      detail: `Subject ${formatSubjectName(name)} is not in import mode`,
    });
  }
  const live = liveVersions(state);
  const counted = registration.version === -1 ? live.slice(-1) : live;
  const isNormalized = registration.normalize || normalizesBy(state.settings);
  const known = registry.parser.findContent(sent, isNormalized);
  const existing = known && (await findExisting(registry, name, counted, known));
  if (existing) return existing;

  const { parsed, references, targets } = await readSchemaText(registry, name, sent);
  const content = contentOf(parsed, references, isNormalized);
  const found = await findExisting(registry, name, counted, content);
  if (found) {
    registry.parser.keepContent(sent, isNormalized, found.content);
    return found;
  }

  const next = state.lastVersion + 1;
  if (registration.version > 0 && registration.version !== next) {
    throw new RegistryError('INVALID_SCHEMA', {
      detail: `Invalid schema, details: version is ${registration.version}, but the next version of subject ${formatSubjectName(name)} is ${next}`,
    });
  }
  if (!registration.force) {
    const level = compatibilityOf(state.settings, registry.defaultCompatibility);
    const messages = await judge(registry, name, level, parsed, live);
    if (messages.length > 0) {
      throw new RegistryError('INCOMPATIBLE', {
        subject: formatSubjectName(name),
        detail: `[${messages.join(', ')}]`,
      });
    }
  }
  const added = await registry.store.addVersion({ name, judgedAgainst: state, content, targets });
  if (!added) return undefined;
  registry.metrics.registration('added');
  return { ...added, guid: guid(content), content };
}

/** What registers the same content again is answered, and nothing is written. */
async function findExisting(
  { store, metrics }: Registry,
  name: SubjectName,
  versions: readonly Version[],
  content: SchemaContent,
): Promise<Registered | undefined> {
  if (versions.length === 0) return undefined;
  const id = await store.findIdOf(name.context, content);
  const existing = versions.findLast((version) => version.id === id);
  if (id === undefined || !existing) return undefined;
  metrics.registration('existing');
  // The object that is kept anyway, where there is one.
  const stored = (await store.findSchema(name.context, id)) ?? content;
  return { id, version: existing.version, guid: guid(content), content: stored };
}

function outcomeOf({ kind }: RegistryError) {
  if (kind === 'INCOMPATIBLE') return 'incompatible';
  if (kind === 'INVALID_SCHEMA' || kind === 'SCHEMA_TOO_LARGE') return 'invalid';
  return 'refused';
}
