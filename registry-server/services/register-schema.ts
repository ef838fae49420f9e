import { versionIn, withVersion } from '../data-contracts/metadata.ts';
import { encryptingRules } from '../data-contracts/rule-set.ts';
import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { ParsedSchema } from '../schema-types/schema-type.ts';
import type { TagChanges } from '../schema-types/tags.ts';
import { StoreUnavailable } from '../store/database.ts';
import { guid } from '../store/fingerprint.ts';
import type { NewVersion, SchemaContent, StoredSchema, SubjectState } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import {
  configInScope,
  ensureRegistrable,
  hasId,
  modeOf,
  rulesOf,
  type ScopedConfig,
} from './effective-settings.ts';
import { findInlined, findSame } from './find-same.ts';
import { type FoundVersion, liveVersions } from './find-version.ts';
import { type Contract, hasDefaultsOrOverrides, inheritContract } from './inherit-contract.ts';
import { judge } from './judge.ts';
import { contentOf, retagged, withContract } from './parse-schema.ts';
import {
  ensureFaultless,
  isEmptySchema,
  parseStored,
  type ReadSchema,
  readSchemaText,
  type SentSchema,
} from './read-schema-text.ts';
import { readSubject, type Subject } from './read-subject.ts';

/** A database that breaks off more often than that is not failing over. */
const MAX_DOUBTS = 10;

export interface Registration {
  readonly name: SubjectName;
  readonly sent: SentSchema;
  /** The number it is to have. 0 is the next one; so is -1, for which only the latest version counts as already there. */
  readonly version: number;
  /** Only import mode takes it. */
  readonly id: number | undefined;
  readonly normalize: boolean;
  /** Skips the compatibility check. */
  readonly force: boolean;
  /** To the tags in the schema's text. */
  readonly tagChanges?: TagChanges;
  /** Takes over the tags in the text of the latest version. */
  readonly propagateTags?: boolean;
  /** From then on nobody waits for it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Registered {
  readonly id: number;
  readonly version: number;
  readonly guid: string;
  readonly content: SchemaContent;
  /** Where nothing was written because it was there: what that was read from. */
  readonly foundIn?: Subject & { readonly schema: StoredSchema };
}

/**
 * Reads, judges, then writes on condition that nothing moved in between; else all over again. So no lock is held
 * while schemas are parsed and compared, and what was judged is what the database holds. It begins with what memory
 * knows: the condition finds out what is outdated, and a refusal is repeated only after the database was asked.
 */
export async function registerSchema(registry: Registry, registration: Registration): Promise<Registered> {
  const { store } = registry;
  let subject = await readSubject(store, registration.name, 'guess');
  let doubts = 0;
  for (let isGuess = true; ; isGuess = false) {
    registration.signal?.throwIfAborted();
    try {
      const registered = await tryToRegister(registry, registration, subject);
      if (registered) return registered;
      subject = await readSubject(store, registration.name, 'now');
    } catch (error) {
      if (isInDoubt(error, registration) && doubts < MAX_DOUBTS) {
        doubts += 1;
        subject = await readSubject(store, registration.name, 'now');
        continue;
      }
      if (!(error instanceof RegistryError) || error === registration.signal?.reason) throw error;
      const now = isGuess ? await readSubject(store, registration.name, 'now') : subject;
      if (isSame(now.state, subject.state)) {
        registry.metrics.registration(outcomeOf(error));
        throw error;
      }
      subject = now;
    }
  }
}

/**
 * The database broke off, and nobody knows whether the version was written. If it was, it is found like one that was
 * registered before, unless its number was asked for: such a one is always new.
 */
function isInDoubt(error: unknown, { version, id }: Registration): boolean {
  return error instanceof StoreUnavailable && error.repeatable === 'reads' && (version <= 0 || hasId(id));
}

function isSame(a: SubjectState, b: SubjectState): boolean {
  return a.revision === b.revision && a.settingsRevision === b.settingsRevision;
}

/** Undefined when the subject moved meanwhile. */
async function tryToRegister(
  registry: Registry,
  registration: Registration,
  subject: Subject,
): Promise<Registered | undefined> {
  const { settings } = subject.state;
  const mode = modeOf(settings);
  if (mode === 'READWRITE' && !hasId(registration.id)) return addSchema(registry, registration, subject);
  // What is there already needs no right to write: an import may be done twice, also after the mode has changed.
  const existing = await findHeld(registry, registration, subject);
  if (existing) return alreadyThere(registry, subject, existing);
  ensureRegistrable(subject.name, settings, registration.id);
  return importSchema(registry, registration, subject);
}

/** The version that holds the very schema that was sent, under the id and the number that were sent. */
async function findHeld(
  registry: Registry,
  { sent, version, id, normalize, tagChanges, propagateTags }: Registration,
  { name, state }: Subject,
): Promise<FoundVersion | undefined> {
  const isAsSent = tagChanges === undefined && propagateTags !== true;
  if (!isAsSent || isEmptySchema(sent) || (version > 0 && !hasId(id))) return undefined;
  const counted = version === -1 ? liveVersions(state).slice(-1) : liveVersions(state);
  const candidates = counted.filter(
    (held) => (version <= 0 || held.version === version) && (!hasId(id) || held.id === id),
  );
  if (candidates.length === 0) return undefined;
  const config = configInScope(state.settings, registry.defaultCompatibility);
  const { parsed, references } = await readSchemaText(registry, name, sent);
  const text = contentOf(parsed, references, normalize || config.normalize === true);
  return (
    (await findSame(registry, name, candidates, text, [sent])) ??
    (references.length === 0 ? findInlined(registry, name, candidates, parsed) : undefined)
  );
}

async function addSchema(
  registry: Registry,
  registration: Registration,
  subject: Subject,
): Promise<Registered | undefined> {
  const decision = await decide(registry, registration, subject);
  if ('existing' in decision) return alreadyThere(registry, subject, decision.existing);
  const { added } = decision;
  registration.signal?.throwIfAborted();
  const written = await registry.store.addVersion(added);
  if (!written) return undefined;
  noteAdded(registry, added.name, written.version, added.content);
  return { ...written, guid: guid(added.content), content: added.content };
}

type Decision = { readonly existing: FoundVersion } | { readonly added: NewVersion };

/** By itself, so that what was parsed does not outlive it: the garbage of requests that wait for the disk costs twice. */
async function decide(
  registry: Registry,
  registration: Registration,
  { name, state }: Subject,
): Promise<Decision> {
  const { store, parser } = registry;
  const { version } = registration;
  const config = configInScope(state.settings, registry.defaultCompatibility);
  const isNormalized = registration.normalize || config.normalize === true;
  const live = liveVersions(state);
  const latestId = live.at(-1)?.id;
  const latest = latestId === undefined ? undefined : await store.findSchema(name.context, latestId);
  const sent = withTextOf(latest, registration.sent);
  const contract = inheritContract(sent, latest, config);
  // A version that is asked for by its number is always a new one.
  const counted = version > 0 ? [] : version === -1 ? live.slice(-1) : live;
  // What the config adds was added to those that are there, too.
  const contracts = hasDefaultsOrOverrides(config) ? [contract] : [sent, contract];

  const isAsSent = registration.tagChanges === undefined && registration.propagateTags !== true;
  const known = isAsSent && counted.length > 0 ? parser.findContent(sent, isNormalized) : undefined;
  const existing = known && (await findSame(registry, name, counted, known, contracts));
  if (existing) return { existing };

  const read = await readWithTags(registry, name, registration, sent, latest);
  const { parsed, references, targets } = read;
  const text = contentOf(parsed, references, isNormalized);
  const found =
    (await findSame(registry, name, counted, text, contracts)) ??
    (references.length === 0 ? await findInlined(registry, name, counted, parsed) : undefined);
  if (found) {
    if (isAsSent) parser.keepContent(sent, isNormalized, text);
    return { existing: found };
  }

  await ensureFaultless(registry, name, read, rulesOf(registry, config), config.validateFields === true);
  const next = state.lastVersion + 1;
  ensureNext(name, version, next);
  const isNoted = version !== 0 || versionIn(contract.metadata) !== undefined;
  const content = withContract(text, {
    ...contract,
    metadata: isNoted ? withVersion(contract.metadata, next) : contract.metadata,
  });
  if (!registration.force) await ensureCompatible(registry, name, config, parsed, content, live);
  return { added: { name, judgedAgainst: state, content, targets } };
}

/** An empty text stands for that of the latest version: only its metadata or rules change. */
function withTextOf(latest: StoredSchema | undefined, sent: SentSchema): SentSchema {
  if (!isEmptySchema(sent) || !latest) return sent;
  const { schemaType, schema, references } = latest;
  return { ...sent, schemaType, schema, references };
}

async function readWithTags(
  registry: Registry,
  name: SubjectName,
  { tagChanges, propagateTags }: Registration,
  sent: SentSchema,
  latest: StoredSchema | undefined,
): Promise<ReadSchema> {
  const read = await readSchemaText(registry, name, sent);
  const inherited = propagateTags && latest ? await (await parseStored(registry, latest)).tags() : [];
  if (tagChanges === undefined && inherited.length === 0) return read;
  const changes = { add: [...inherited, ...(tagChanges?.add ?? [])], remove: tagChanges?.remove ?? [] };
  return readSchemaText(registry, name, { ...sent, schema: await retagged(read.parsed, changes) });
}

function ensureNext(name: SubjectName, version: number, next: number): void {
  if (version <= 0 || version === next) return;
  throw new RegistryError('INVALID_SCHEMA', {
    detail: `Invalid schema, details: version is ${version}, but the next version of subject ${formatSubjectName(name)} is ${next}`,
  });
}

async function ensureCompatible(
  registry: Registry,
  name: SubjectName,
  config: ScopedConfig,
  parsed: ParsedSchema,
  { metadata }: Contract,
  live: ReturnType<typeof liveVersions>,
): Promise<void> {
  const messages = await judge(registry, name, config, { parsed, metadata }, live);
  if (messages.length === 0) return;
  throw new RegistryError('INCOMPATIBLE', {
    subject: formatSubjectName(name),
    detail: `[${messages.join(', ')}]`,
  });
}

/** No check, no normalizing, nothing inherited: what another registry took is kept as it was (Confluent's rule). */
async function importSchema(
  registry: Registry,
  { sent, version, id = -1, signal }: Registration,
  { name, state }: Subject,
): Promise<Registered | undefined> {
  const { parsed, references, targets } = await readSchemaText(registry, name, sent);
  const content = withContract(contentOf(parsed, references, false), sent);
  signal?.throwIfAborted();
  const imported = await registry.store.importVersion({
    name,
    judgedAgainst: state,
    content,
    targets,
    id,
    version: Math.max(0, version),
  });
  if (imported === undefined) return undefined;
  if (imported === 'taken') {
    throw new RegistryError('NOT_PERMITTED', {
      detail: `Overwrite new schema with id ${id} in context ${name.context} is not permitted.`,
    });
  }
  noteAdded(registry, name, imported.version, content);
  return { id, version: imported.version, guid: guid(content), content };
}

function noteAdded(
  { metrics, log }: Registry,
  name: SubjectName,
  version: number,
  { ruleSet }: SchemaContent,
): void {
  metrics.registration('added');
  const rules = encryptingRules(ruleSet);
  if (rules.length === 0) return;
  log.warn('rules that encrypt need a DEK registry, which is not here: clients will fail to write', {
    subject: formatSubjectName(name),
    version,
    rules,
  });
}

/** Answers for a schema that is there already, for which nothing is written. */
function alreadyThere(
  { metrics }: Registry,
  subject: Subject,
  { id, version, content }: FoundVersion,
): Registered {
  metrics.registration('existing');
  return { id, version, guid: content.guid, content, foundIn: { ...subject, schema: content } };
}

function outcomeOf({ kind }: RegistryError) {
  if (kind === 'INCOMPATIBLE') return 'incompatible';
  if (kind === 'INVALID_SCHEMA' || kind === 'SCHEMA_TOO_LARGE') return 'invalid';
  return 'refused';
}
