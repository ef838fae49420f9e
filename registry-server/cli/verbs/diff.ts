import { diffLines, unified } from '../diff-lines.ts';
import { findings } from '../findings.ts';
import { findLevel, judge } from '../judge.ts';
import { prettySchema } from '../pretty-schema.ts';
import { coloured, print } from '../print.ts';
import { exitCodes, Problem } from '../problem.ts';
import { selectFiles } from '../project.ts';
import type { RegistryClient } from '../registry-client.ts';
import { type RegisteredSchema, readVersion, type SchemaBody, schemaTypes, typeOf } from '../schema.ts';
import { schemaBody } from '../schema-body.ts';
import { shown, shownLines } from '../shown.ts';
import type { Given, Verb } from '../verb.ts';

export const diff: Verb = {
  name: 'diff',
  summary: 'compare two versions of a subject, or a version and a file',
  details:
    'White space does not count. Below the text stands whether the newer one may follow the older one, and what it breaks.',
  arguments: [
    { name: '<subject>', description: 'the subject' },
    { name: '[version]', description: 'the older one; without it, the latest' },
    { name: '[newer]', description: 'the newer one; without it and --file, the latest' },
  ],
  options: [
    { flags: '-f, --file <file>', description: 'compare with this file' },
    {
      flags: '--type <type>',
      description: 'type of the file, where its name does not say it',
      choices: schemaTypes,
    },
    {
      flags: '--references <file>',
      description: 'references of the file: a list of {name, subject, version} in YAML or JSON',
    },
    { flags: '--exit-code', description: 'end with 1 where they differ' },
  ],
  examples: [
    ['registry diff orders-value 3', 'version 3 and the latest'],
    ['registry diff orders-value --file order.avsc', 'the latest and a file'],
  ],
  async run({ terminal, registry }, given) {
    const client = registry();
    const [subject = '', first, second] = given.words;
    const file = given.text('file');
    if (file === undefined && first === undefined)
      throw new Problem('Give a version to compare with the latest, or --file.');
    if (file !== undefined && second !== undefined)
      throw new Problem('Give two versions, or one and --file.');
    const before = await fetch(client, subject, first ?? 'latest');
    const after =
      file === undefined
        ? await fetch(client, subject, second ?? 'latest')
        : await fromFile(client, subject, file, given);
    const afterName = file ?? `version ${(after as RegisteredSchema).version}`;
    const lines = unified(diffLines(linesOf(before), linesOf(after)));
    const { verdict, messages } = await judge(client, subject, before.version, bodyOf(after));
    const level = await findLevel(client, subject);
    const value = {
      subject,
      before: before.version,
      after: file ?? (after as RegisteredSchema).version,
      differs: lines.length > 0,
      lines: lines.map(({ kind, text }) => `${kind}${text}`),
      verdict,
      level,
      messages,
    };
    print(terminal, given.output, value, () => {
      const colours = { '-': 'red', '+': 'green' } as const;
      const text = lines.map(({ kind, text }) => {
        const line = `${kind}${shownLines(text)}`;
        return `${kind === ' ' ? line : coloured(terminal, colours[kind], line)}\n`;
      });
      const names = `--- ${shown(subject)} version ${before.version}\n+++ ${shown(afterName)}\n`;
      const words = `${verdict}${level === undefined ? '' : ` (${level})`}`;
      return `${lines.length === 0 ? 'No difference.\n' : names + text.join('')}\n${words}\n${findings(
        messages,
      )
        .map((each) => `  ${shown(each)}\n`)
        .join('')}`;
    });
    return given.isSet('exit-code') && lines.length > 0 ? exitCodes.no : exitCodes.done;
  },
};

async function fetch(client: RegistryClient, subject: string, text: string): Promise<RegisteredSchema> {
  const version = readVersion(text);
  if (version === undefined)
    throw new Problem(`"${shown(text, 100)}" is not a version; it is a number from 1, or latest.`);
  return client.ask<RegisteredSchema>('GET', ['subjects', subject, 'versions', version]);
}

async function fromFile(
  client: RegistryClient,
  subject: string,
  file: string,
  given: Given,
): Promise<SchemaBody> {
  const [read] = selectFiles({
    words: [file],
    subject,
    type: given.text('type'),
    referencesFile: given.text('references'),
    projectFile: undefined,
  });
  if (read === undefined) throw new Error('one file is one schema');
  return schemaBody(client, read);
}

const bodyOf = (schema: RegisteredSchema | SchemaBody): SchemaBody => ({
  schema: schema.schema,
  schemaType: typeOf(schema) as SchemaBody['schemaType'],
  references: schema.references,
});

const linesOf = (schema: RegisteredSchema | SchemaBody): string[] => [
  ...(schema.references ?? []).map(
    ({ name, subject, version }) => `reference ${name}: ${subject} ${version}`,
  ),
  ...prettySchema(schema).split('\n'),
];
