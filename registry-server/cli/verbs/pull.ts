import { join } from 'node:path';
import { distinctFileNameOf, fileNameOf } from '../file-name.ts';
import { type Lock, type LockedSchema, lockFile, sha256Of, writeLock } from '../lock.ts';
import { mapBounded } from '../map-bounded.ts';
import { print, table } from '../print.ts';
import { exitCodes, Problem } from '../problem.ts';
import { extensionOfType, readProject } from '../project.ts';
import type { RegistryClient } from '../registry-client.ts';
import { type RegisteredSchema, readVersion, typeOf, type WantedVersion } from '../schema.ts';
import { shown } from '../shown.ts';
import { differences, findLock, removeStale, writeFiles } from '../vendored.ts';
import type { Given, Verb, World } from '../verb.ts';
import { allReferenced } from './get.ts';

const defaultFolder = 'schemas';
/** A folder below for what is there only because something refers to it, each version by itself. */
const referencesFolder = 'references';

export const folderOption = {
  flags: '--folder <folder>',
  description: `where the files are (folder of pull in registry.yaml, else ${defaultFolder})`,
} as const;

export const pull: Verb = {
  name: 'pull',
  summary: 'write schemas and all that they refer to into a folder, with a lock',
  details:
    'The folder is to be kept in version control: builds then need no registry. registry.lock has the version, id, guid and SHA-256 of each file; the same schemas give the same bytes.',
  arguments: [
    {
      name: '[subjects...]',
      description:
        'SUBJECT or SUBJECT@VERSION; none: pull in registry.yaml, else what was asked for last time',
    },
  ],
  options: [
    folderOption,
    {
      flags: '-c, --config <file>',
      description: 'has the subjects to pull (registry.yaml, where there is one)',
    },
    {
      flags: '--frozen',
      description:
        'the versions of the lock and no newer ones: fetch what is missing, fail where a file has changed',
    },
  ],
  examples: [
    ['registry pull orders-value payments-value@3', 'two subjects into schemas/'],
    ['registry pull', 'newer versions of the same, where there are some'],
    ['registry pull --frozen', 'in a build'],
  ],
  async run(world, given) {
    const folder = folderOf(given);
    return given.isSet('frozen') ? restore(world, given, folder) : update(world, given, folder);
  },
};

export function folderOf(given: Given): string {
  return given.text('folder') ?? readProject(given.text('config'))?.pull?.folder ?? defaultFolder;
}

async function update(world: World, given: Given, folder: string): Promise<number> {
  const before = findLock(folder);
  const wanted = wantedSubjects(given, before);
  const client = world.registry();
  const schemas = await fetchAll(world, client, wanted);
  const files = filesFor(schemas, client.contextPrefix ?? '');
  const locked = schemas.map((schema): LockedSchema => {
    const { subject, version, id, guid, references } = schema;
    const file = files.get(schema) ?? '';
    const about = { subject, version, id, guid, type: typeOf(schema), file, sha256: sha256Of(schema.schema) };
    return references?.length ? { ...about, references } : about;
  });
  const lock = { wanted, schemas: locked };
  const written = new Map(schemas.map((schema) => [files.get(schema) ?? '', schema.schema]));
  // The lock comes last: where it is there, so are the files.
  writeFiles(folder, new Map([...written, [lockFile, writeLock(lock)]]));
  for (const file of removeStale(folder, before?.schemas ?? [], new Set(written.keys())))
    world.terminal.say(
      `${shown(join(folder, file))} is no longer needed; it was changed by hand, so it stays.`,
    );
  report(world, given, folder, locked);
  return exitCodes.done;
}

function wantedSubjects(given: Given, before: Lock | undefined): ReadonlyMap<string, WantedVersion> {
  const project = readProject(given.text('config'))?.pull?.subjects;
  const wanted =
    given.words.length > 0 ? new Map(given.words.map(readWanted)) : project?.size ? project : before?.wanted;
  if (wanted === undefined || wanted.size === 0)
    throw new Problem('No subject is given: name some, or list them under pull in registry.yaml.');
  return wanted;
}

function readWanted(word: string): [subject: string, version: WantedVersion] {
  const [, subject, text] = /^(.+)@([^@]+)$/s.exec(word) ?? [];
  const version = text === undefined ? undefined : readVersion(text);
  return subject === undefined || version === undefined ? [word, 'latest'] : [subject, version];
}

/** The wanted ones and all that they refer to, each once. Nothing is written before all are there. */
async function fetchAll(
  { terminal }: World,
  client: RegistryClient,
  wanted: ReadonlyMap<string, WantedVersion>,
): Promise<readonly FetchedSchema[]> {
  const fetched = await mapBounded(
    [...wanted],
    async ([subject, version]) => {
      const schema = await client.ask<RegisteredSchema>('GET', ['subjects', subject, 'versions', version]);
      return { schema, referenced: await allReferenced(client, schema) };
    },
    (done) => terminal.progress(done, wanted.size, 'subjects'),
  );
  const entry = (schema: RegisteredSchema, isWanted: boolean): [string, FetchedSchema] => [
    JSON.stringify([schema.subject, schema.version]),
    { ...schema, isWanted },
  ];
  const others = fetched.flatMap(({ referenced }) => referenced.map((each) => entry(each, false)));
  const named = fetched.map(({ schema }) => entry(schema, true));
  return [...new Map([...others, ...named]).values()];
}

type FetchedSchema = RegisteredSchema & { readonly isWanted: boolean };

/** Names that some file systems take for one another are told apart. The context that all is pulled from is no part of them. */
function filesFor(schemas: readonly FetchedSchema[], contextPrefix: string): Map<FetchedSchema, string> {
  const fileOf = (schema: FetchedSchema, name: (subject: string) => string) => {
    const ending = extensionOfType[typeOf(schema)] ?? '.txt';
    const { subject } = schema;
    const own = name(subject.startsWith(contextPrefix) ? subject.slice(contextPrefix.length) : subject);
    return schema.isWanted ? `${own}${ending}` : `${referencesFolder}/${own}.${schema.version}${ending}`;
  };
  const counts = new Map<string, number>();
  for (const schema of schemas) {
    const file = fileOf(schema, fileNameOf).toLowerCase();
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return new Map(
    schemas.map((schema) => {
      const file = fileOf(schema, fileNameOf);
      return [schema, counts.get(file.toLowerCase()) === 1 ? file : fileOf(schema, distinctFileNameOf)];
    }),
  );
}

async function restore(world: World, given: Given, folder: string): Promise<number> {
  const lock = findLock(folder);
  if (lock === undefined)
    throw new Problem(
      `${shown(join(folder, lockFile))} is not there; run \`registry pull\` without --frozen first.`,
    );
  const found = differences(folder, lock.schemas);
  const changed = found.filter(({ what }) => what === 'changed');
  if (changed.length > 0) return sayChanged(world, given, folder, changed);
  const missing = new Set(found.map(({ file }) => file));
  const absent = lock.schemas.filter(({ file }) => missing.has(file));
  const client = absent.length > 0 ? world.registry() : undefined;
  const texts = await mapBounded(absent, async ({ subject, version, file, sha256 }) => {
    const schema = await client?.ask<RegisteredSchema>('GET', ['subjects', subject, 'versions', version], {
      query: { deleted: true },
    });
    if (schema === undefined || sha256Of(schema.schema) !== sha256)
      throw new Problem(
        `"${shown(subject)}" version ${version} is another schema in this registry than in the lock; is it the right registry?`,
      );
    return [file, schema.schema] as const;
  });
  writeFiles(folder, new Map(texts));
  report(world, given, folder, lock.schemas);
  return exitCodes.done;
}

export function sayChanged(
  { terminal }: World,
  given: Given,
  folder: string,
  found: readonly { readonly file: string; readonly what: string }[],
): number {
  print(terminal, given.output, { ok: false, differences: found }, () =>
    found.map(({ file, what }) => `${what}  ${shown(join(folder, file))}\n`).join(''),
  );
  terminal.say('The files are not those of the lock; `registry pull` writes them anew.');
  return exitCodes.no;
}

function report({ terminal }: World, given: Given, folder: string, schemas: readonly LockedSchema[]): void {
  print(terminal, given.output, { folder, schemas }, () =>
    table(
      ['SUBJECT', 'VERSION', 'ID', 'FILE'],
      schemas.map(({ subject, version, id, file }) => [subject, version, id, join(folder, file)]),
    ),
  );
}
