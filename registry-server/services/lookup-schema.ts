import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { SubjectState } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { configInScope } from './effective-settings.ts';
import { findInlined, findSame } from './find-same.ts';
import { type FoundVersion, liveVersions, visibleVersions } from './find-version.ts';
import { type Contract, inheritContract } from './inherit-contract.ts';
import { contentOf, refuseFault } from './parse-schema.ts';
import { isEmptySchema, readSchemaText, type SentSchema } from './read-schema-text.ts';
import { findInContexts, readSubject, type Subject } from './read-subject.ts';

export interface LookedUp extends FoundVersion {
  /** Of the subject, when it was found. */
  readonly state: SubjectState;
}

export interface LookupOptions {
  readonly normalize: boolean;
  readonly withDeleted: boolean;
}

/**
 * The newest version of a subject that holds this very schema. A name without a context is looked for in all of them.
 * @throws RegistryError 40401, 40403, 42201
 */
export async function lookupSchema(
  registry: Registry,
  name: SubjectName,
  sent: SentSchema,
  options: LookupOptions,
): Promise<LookedUp> {
  const { store } = registry;
  // No version holds an empty text, so nothing else about it is looked at (Confluent's rule).
  const found = isEmptySchema(sent) ? undefined : await find();
  if (found) return found;
  const { state } = await readSubject(store, name, isEmptySchema(sent) ? 'now' : 'recent');
  if (visibleVersions(state, options.withDeleted).length > 0) throw new RegistryError('SCHEMA_NOT_FOUND');
  throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });

  async function find(): Promise<LookedUp | undefined> {
    // "Not found" is only said by the database.
    return (
      (await findAs('recent', name)) ??
      findInContexts(store, name, (tried) =>
        tried === name ? findAs('now', tried) : findAs('now', tried).catch(ignoreInvalid),
      )
    );
  }

  async function findAs(asOf: 'recent' | 'now', tried: SubjectName): Promise<LookedUp | undefined> {
    const subject = await readSubject(store, tried, asOf);
    const version = await findIn(registry, subject, sent, options);
    return version && { ...version, state: subject.state };
  }
}

/** What it refers to need not be there in every context. */
function ignoreInvalid(error: unknown): undefined {
  if (error instanceof RegistryError && error.kind === 'INVALID_SCHEMA') return undefined;
  throw error;
}

async function findIn(
  registry: Registry,
  { name, state }: Subject,
  sent: SentSchema,
  options: LookupOptions,
): Promise<FoundVersion | undefined> {
  const { store, parser } = registry;
  const versions = visibleVersions(state, options.withDeleted);
  const config = configInScope(state.settings, registry.defaultCompatibility);
  const isNormalized = options.normalize || config.normalize === true;
  const known = parser.findContent(sent, isNormalized);
  const foundAtOnce = known && (await findSame(registry, name, versions, known, [sent]));
  if (foundAtOnce) return foundAtOnce;

  const { parsed, references } = await readSchemaText(registry, name, sent);
  const text = contentOf(parsed, references, isNormalized);
  const contracts: Contract[] = [sent];
  const latest = liveVersions(state).at(-1);
  if (latest) {
    // As a registration would have done.
    contracts.push(inheritContract(sent, await store.findSchema(name.context, latest.id), config));
  }
  const found = await findSame(registry, name, versions, text, contracts);
  if (found) {
    parser.keepContent(sent, isNormalized, text);
    return found;
  }
  const inlined =
    sent.references.length === 0 ? await findInlined(registry, name, versions, parsed) : undefined;
  // Only what another registry let in may be there all the same.
  if (inlined === undefined) await refuseFault(parsed, 'always');
  return inlined;
}
