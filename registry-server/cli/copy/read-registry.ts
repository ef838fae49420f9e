import { mapBounded } from '../map-bounded.ts';
import { Problem, Refusal } from '../problem.ts';
import type { RegistryClient } from '../registry-client.ts';
import { type RegisteredSchema, type SchemaType, typeOf } from '../schema.ts';
import { shown } from '../shown.ts';
import {
  contextOf,
  type HeldVersion,
  keyOf,
  type NotTaken,
  type RegistryContent,
} from './registry-content.ts';

/** The most that a registry answers at once. */
const pageSize = 1_000;

interface Reading {
  /** Undefined: all. */
  readonly contexts: ReadonlySet<string> | undefined;
  readonly requestsAtOnce: number;
  readonly onProgress: (done: number, total: number) => void;
}

type Listed = RegisteredSchema & { readonly aliases?: readonly string[] | null };

/**
 * Reads every version, soft-deleted ones too. Registries differ in what they answer: one that lists no schemas is read
 * subject by subject, one that knows nothing of contexts or of soft-deleted versions is read without them.
 * @throws Problem where it cannot be asked
 */
export async function readRegistry(client: RegistryClient, reading: Reading): Promise<RegistryContent> {
  const known = await answered(client.ask<string[]>('GET', ['contexts']));
  const contexts = isListOfTexts(known) ? known : undefined;
  const listed = await listSchemas(client, contexts !== undefined, true);
  const found = listed?.length
    ? { versions: await withDeletions(client, contexts !== undefined, listed), unreadable: [] }
    : await readBySubject(client, reading);
  const isWanted = ({ subject }: { readonly subject: string }) =>
    reading.contexts?.has(contextOf(subject)) ?? true;
  const versions = found.versions
    .filter(isWanted)
    .toSorted((a, b) => (a.subject === b.subject ? a.version - b.version : a.subject < b.subject ? -1 : 1));
  return {
    contexts,
    versions: new Map(versions.map((each) => [keyOf(each), each])),
    aliases: [...new Set((listed ?? []).flatMap(({ aliases }) => aliases ?? []))].filter((subject) =>
      isWanted({ subject }),
    ),
    unreadable: found.unreadable.filter(isWanted),
  };
}

/** What a registry says to a question that it does not know. */
const isUnknown = (error: unknown): error is Refusal =>
  error instanceof Refusal && [400, 404, 405, 501].includes(error.status);

/** @returns undefined where the registry does not know the question, or what is asked about is not there */
export async function answered<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

const isListOfTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** @returns undefined where the registry has no such list */
async function listSchemas(
  client: RegistryClient,
  hasContexts: boolean,
  deleted: boolean,
): Promise<Listed[] | undefined> {
  const all: Listed[] = [];
  // Some answer all at once, and take no notice of an offset.
  let before: string | undefined;
  for (;;) {
    const page = await answered(
      client.ask<Listed[]>('GET', ['schemas'], {
        query: {
          subjectPrefix: hasContexts ? ':*:' : undefined,
          aliases: true,
          deleted,
          offset: all.length,
          limit: pageSize,
        },
      }),
    );
    if (!Array.isArray(page) || !page.every(isWhole)) return undefined;
    const first = page[0] && keyOf(page[0]);
    if (first === undefined || first === before) return all;
    before = first;
    for (const each of page) all.push(each);
  }
}

const isWhole = (schema: unknown): schema is RegisteredSchema => {
  const { subject, version, id, schema: text } = (schema ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof subject === 'string' &&
    typeof text === 'string' &&
    Number.isSafeInteger(version) &&
    Number.isSafeInteger(id)
  );
};

/** Registries that do not say which of the versions are soft-deleted list them all the same. */
async function withDeletions(
  client: RegistryClient,
  hasContexts: boolean,
  listed: readonly Listed[],
): Promise<HeldVersion[]> {
  if (listed.some(({ deleted }) => deleted)) return listed.map((each) => held(each, each.deleted === true));
  const live = new Set((await listSchemas(client, hasContexts, false))?.map(keyOf));
  return listed.map((each) => held(each, !live.has(keyOf(each))));
}

const held = (listed: RegisteredSchema, isDeleted: boolean): HeldVersion => {
  const { subject, version, id, guid, schema, references, metadata, ruleSet } = listed;
  return {
    subject,
    version,
    id,
    guid: guid ?? undefined,
    isDeleted,
    content: {
      schema,
      schemaType: typeOf(listed) as SchemaType,
      ...(references?.length ? { references } : {}),
      ...(metadata == null ? {} : { metadata }),
      ...(ruleSet == null ? {} : { ruleSet }),
    },
  };
};

/** Asks for each version by itself. */
async function readBySubject(
  client: RegistryClient,
  { requestsAtOnce, onProgress }: Reading,
): Promise<{ readonly versions: HeldVersion[]; readonly unreadable: NotTaken[] }> {
  const unreadable: NotTaken[] = [];
  const subjects = await client.ask<unknown>('GET', ['subjects'], { query: { deleted: true } });
  if (!isListOfTexts(subjects))
    throw new Problem(`${client.address} does not list subjects as a schema registry does.`);
  const versions = await mapBounded(
    subjects,
    async (subject): Promise<HeldVersion[]> => {
      const path = ['subjects', subject, 'versions'];
      const numbers = async (deleted: boolean) =>
        (await answered(client.ask<number[]>('GET', path, { query: { deleted } }))) ?? [];
      const live = new Set(await numbers(false));
      const all = new Set([...(await numbers(true)), ...live]);
      const found: HeldVersion[] = [];
      for (const version of [...all].toSorted((a, b) => a - b)) {
        const isDeleted = !live.has(version);
        try {
          const shownVersion = await client.ask<RegisteredSchema>('GET', [...path, version], {
            query: { deleted: isDeleted },
          });
          if (!isWhole(shownVersion))
            throw new Refusal('', 200, 200, 'it has no subject, version, id or text');
          // Whoever asks for an alias is told of another subject.
          if (shownVersion.subject === subject) found.push(held(shownVersion, isDeleted));
        } catch (error) {
          if (!(error instanceof Refusal) || [401, 403].includes(error.status)) throw error;
          const why = `${client.address} lists it and does not show it: ${error.said}`;
          unreadable.push({ what: 'version', subject, version, why: shown(why, 500) });
        }
      }
      return found;
    },
    (done) => onProgress(done, subjects.length),
    requestsAtOnce,
  );
  return { versions: versions.flat(), unreadable };
}
