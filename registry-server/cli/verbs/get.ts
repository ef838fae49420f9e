import { mapBounded } from '../map-bounded.ts';
import { prettySchema } from '../pretty-schema.ts';
import { pairs, print } from '../print.ts';
import { Problem } from '../problem.ts';
import type { Path, RegistryClient } from '../registry-client.ts';
import { besides, type Reference, type RegisteredSchema, readVersion, typeOf } from '../schema.ts';
import { shown, shownLines } from '../shown.ts';
import type { Given, Verb } from '../verb.ts';

const maxReferences = 10_000;

export const get: Verb = {
  name: 'get',
  summary: 'show a schema, by subject and version, by id or by guid',
  details:
    'Without a version it is the latest. What is soft-deleted is found by id and guid, and by subject with --deleted.',
  arguments: [
    { name: '[subject]', description: 'its subject' },
    { name: '[version]', description: 'a number, or latest' },
  ],
  options: [
    { flags: '--id <number>', description: 'by its id, in the context' },
    { flags: '--guid <guid>', description: 'by its guid, which is the same in every registry' },
    { flags: '--raw', description: 'the text of the schema as it is stored, and not a byte more' },
    {
      flags: '--references',
      description: 'with all schemas that it refers to, and those that they refer to',
    },
    {
      flags: '--format <name>',
      description:
        'as the registry makes it of a type: resolved (Avro), serialized or ignore_extensions (Protobuf)',
    },
    { flags: '--deleted', description: 'soft-deleted versions too' },
  ],
  examples: [
    ['registry get orders-value', 'the latest version'],
    ['registry get orders-value 3 --raw > order.avsc', 'the bytes of version 3'],
    ['registry get --id 7 -o json', 'the schema of the id 7, for a program'],
  ],
  async run({ terminal, registry }, given) {
    const client = registry();
    const schema = await client.ask<RegisteredSchema>('GET', wanted(given), {
      query: { format: given.text('format'), deleted: given.isSet('deleted') },
    });
    if (given.isSet('raw')) {
      terminal.write(schema.schema);
      return undefined;
    }
    const referenced = given.isSet('references') ? await allReferenced(client, schema) : undefined;
    print(terminal, given.output, referenced ? { ...schema, referenced } : schema, () =>
      [schema, ...(referenced ?? [])].map(describe).join('\n'),
    );
    return undefined;
  },
};

function wanted({ words: [subject, version], ...given }: Given): Path {
  const id = given.text('id');
  const guid = given.text('guid');
  if ([subject, id, guid].filter((way) => way !== undefined).length !== 1)
    throw new Problem('Give one of these: a subject, --id or --guid.');
  if (guid !== undefined) return ['schemas', 'guids', guid];
  if (id !== undefined) {
    if (!/^[0-9]{1,10}$/.test(id)) throw new Problem(`--id ${shown(id, 100)} is not an id; it is a number.`);
    return ['schemas', 'ids', id];
  }
  const number = readVersion(version ?? 'latest');
  if (number === undefined)
    throw new Problem(`"${shown(version ?? '', 100)}" is not a version; it is a number from 1, or latest.`);
  return ['subjects', subject ?? '', 'versions', number];
}

function describe(schema: RegisteredSchema): string {
  const { subject, version, id, guid, references = [], metadata, ruleSet, deleted } = schema;
  const list = references
    .map((reference) => `${reference.name} = ${reference.subject} ${reference.version}`)
    .join(', ');
  const about = {
    subject,
    version,
    id,
    guid,
    type: typeOf(schema),
    references: list || undefined,
    metadata,
    ruleSet,
  };
  return `${pairs({ ...about, deleted: deleted || undefined })}\n${shownLines(prettySchema(schema))}\n`;
}

/** Each schema once, those first that are named first. Soft-deleted ones are among them: they still hold for who refers to them. */
export async function allReferenced(
  client: RegistryClient,
  schema: RegisteredSchema,
): Promise<RegisteredSchema[]> {
  const found = new Map<string, RegisteredSchema>();
  let next = targets(schema);
  while (next.length > 0) {
    const missing = [...new Map(next.map((target) => [keyOf(target), target]))].filter(
      ([key]) => !found.has(key),
    );
    if (found.size + missing.length > maxReferences)
      throw new Problem(`"${shown(schema.subject)}" refers to more than ${maxReferences} schemas.`);
    const fetched = await mapBounded(missing, async ([key, { subject, version }]) => {
      const path = ['subjects', subject, 'versions', version];
      return [key, await client.ask<RegisteredSchema>('GET', path, { query: { deleted: true } })] as const;
    });
    for (const [key, each] of fetched) found.set(key, each);
    next = fetched.flatMap(([, each]) => targets(each));
  }
  return [...found.values()];
}

const keyOf = ({ subject, version }: Pick<Reference, 'subject' | 'version'>): string =>
  JSON.stringify([subject, version]);

const targets = ({ subject = '', references = [] }: RegisteredSchema): Reference[] =>
  references.map((reference) => ({ ...reference, subject: besides(reference.subject, subject) }));
