import { mapBounded } from '../map-bounded.ts';
import { print, table } from '../print.ts';
import { Problem } from '../problem.ts';
import type { RegistryClient } from '../registry-client.ts';
import { type RegisteredSchema, typeOf } from '../schema.ts';
import { shown } from '../shown.ts';
import type { Given, Verb, World } from '../verb.ts';

/** The most that a registry answers at once. */
const pageSize = 1_000;

export const list: Verb = {
  name: 'list',
  summary: 'list subjects, the versions of one, or contexts',
  details: 'Of all contexts, unless --context or a prefix says of which.',
  arguments: [{ name: '[subject]', description: 'list its versions' }],
  options: [
    { flags: '--prefix <text>', description: 'subjects that begin so; :.staging: are those of a context' },
    { flags: '--contexts', description: 'list the contexts' },
    { flags: '-l, --long', description: 'with id, type and what else there is of each' },
    { flags: '--deleted', description: 'soft-deleted ones too' },
    { flags: '--limit <number>', description: 'so many at most' },
  ],
  examples: [
    ['registry list --prefix orders-', 'the subjects that begin so'],
    ['registry list orders-value --long', 'the versions of a subject, with their ids'],
  ],
  async run(world, given) {
    const [subject] = given.words;
    if (given.isSet('contexts')) return listNames(world, given, ['contexts'], 'contextPrefix');
    if (subject === undefined)
      return given.isSet('long')
        ? listLatest(world, given)
        : listNames(world, given, ['subjects'], 'subjectPrefix');
    if (given.text('prefix') !== undefined)
      throw new Problem('--prefix is for subjects; leave out the name of one.');
    return listVersions(world, given, subject);
  },
};

const limitOf = (given: Given): number | undefined => {
  const text = given.text('limit');
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new Problem(`--limit ${shown(text, 100)} is not an amount; write a number from 1.`);
};

async function listNames(
  { terminal, registry }: World,
  given: Given,
  path: readonly string[],
  prefixName: string,
): Promise<undefined> {
  const limit = limitOf(given);
  const client = registry();
  // Subjects of the default context alone are not to be had: of its own it answers those of all.
  const isDefault = client.contextPrefix === '' && !given.isSet('contexts');
  const names = await client.ask<string[]>('GET', path, {
    query: {
      [prefixName]: given.text('prefix'),
      deleted: given.isSet('deleted'),
      limit: isDefault ? undefined : limit,
    },
  });
  // Registries that are older take no notice of a limit, or of the prefix of a context.
  const prefix = given.isSet('contexts') ? (given.text('prefix') ?? '') : '';
  const kept = names
    .filter((name) => name.startsWith(prefix) && !(isDefault && name.startsWith(':.')))
    .slice(0, limit);
  print(terminal, given.output, kept, () => kept.map((name) => `${shown(name, 1_000_000)}\n`).join(''));
  return undefined;
}

/** One line for each subject, page by page: what is printed is not held. */
async function listLatest(world: World, given: Given): Promise<undefined> {
  const { terminal, registry } = world;
  const all: RegisteredSchema[] = [];
  const isTable = given.output === 'table';
  const row = (schema: RegisteredSchema) => [
    schema.subject,
    schema.version,
    schema.id,
    typeOf(schema),
    ...(schema.deleted ? ['deleted'] : []),
  ];
  const headings = ['SUBJECT', 'VERSION', 'ID', 'TYPE'];
  let isFirst = true;
  for await (const page of pages(registry(), given)) {
    if (!isTable) all.push(...page);
    else {
      const text = table([...headings, ''], page.map(row));
      terminal.write(isFirst ? text : text.slice(text.indexOf('\n') + 1));
    }
    isFirst = false;
  }
  if (!isTable) print(terminal, given.output, all.map(withoutText), () => '');
  return undefined;
}

const withoutText = ({ schema: _, ...rest }: RegisteredSchema) => rest;

async function* pages(client: RegistryClient, given: Given): AsyncGenerator<RegisteredSchema[]> {
  const limit = limitOf(given) ?? Number.POSITIVE_INFINITY;
  const query = {
    // Which stands for all contexts, in one of them too.
    subjectPrefix: given.text('prefix') ?? (client.contextPrefix === undefined ? ':*:' : undefined),
    latestOnly: true,
    deleted: given.isSet('deleted'),
  };
  let before: string | undefined;
  for (let offset = 0; offset < limit; offset += pageSize) {
    const page = await client.ask<RegisteredSchema[]>('GET', ['schemas'], {
      query: { ...query, offset, limit: Math.min(pageSize, limit - offset) },
    });
    const first = page[0] && `${page[0].subject} ${page[0].version}`;
    // A registry that takes no notice of the offset would answer the same for ever.
    if (first === undefined || first === before) return;
    yield page.slice(0, limit - offset);
    if (page.length !== pageSize) return;
    before = first;
  }
}

async function listVersions(
  { terminal, registry }: World,
  given: Given,
  subject: string,
): Promise<undefined> {
  const client = registry();
  const path = ['subjects', subject, 'versions'];
  const isWithDeleted = given.isSet('deleted');
  const all = await client.ask<number[]>('GET', path, { query: { deleted: isWithDeleted } });
  const versions = all.slice(0, limitOf(given));
  if (!given.isSet('long')) {
    print(terminal, given.output, versions, () => versions.map((version) => `${version}\n`).join(''));
    return undefined;
  }
  const schemas = await mapBounded(
    versions,
    (version) =>
      client.ask<RegisteredSchema>('GET', [...path, version], { query: { deleted: isWithDeleted } }),
    (done) => terminal.progress(done, versions.length, 'versions'),
  );
  print(terminal, given.output, schemas.map(withoutText), () =>
    table(
      ['VERSION', 'ID', 'TYPE', 'GUID', ''],
      schemas.map((each) => [each.version, each.id, typeOf(each), each.guid, each.deleted ? 'deleted' : '']),
    ),
  );
  return undefined;
}
