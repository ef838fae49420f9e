import { findings } from '../findings.ts';
import { inOrder, neededFiles } from '../in-order.ts';
import { findSame } from '../judge.ts';
import { print, table } from '../print.ts';
import { exitCodes, isInvalid, isNotFound, Refusal } from '../problem.ts';
import type { SchemaFile } from '../project.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { RegisteredSchema } from '../schema.ts';
import { schemaBody } from '../schema-body.ts';
import { shown } from '../shown.ts';
import type { Given, Verb } from '../verb.ts';
import { checkFile, fileOptions, filesArgument, filesOf } from './check.ts';

interface Outcome {
  readonly subject: string;
  readonly file: string;
  readonly result: 'published' | 'unchanged' | 'would be new' | 'would be refused' | 'refused';
  readonly version?: number;
  readonly id?: number;
  readonly messages?: readonly string[];
}

export const publish: Verb = {
  name: 'publish',
  summary: 'register files as versions of their subjects, those first that others refer to',
  details:
    'What a subject has already is left as it is, so it may be run again. It stops at the first file that is refused; those before it are registered.',
  arguments: [filesArgument],
  options: [
    ...fileOptions,
    { flags: '--normalize', description: 'let the registry bring the schemas into their normal form' },
    { flags: '--dry-run', description: 'say what would be new or refused, and register nothing' },
  ],
  examples: [
    ['registry publish orders-value=schemas/order.avsc', 'one file'],
    ['registry publish --dry-run', 'what would become of the files of registry.yaml'],
  ],
  async run({ terminal, registry }, given) {
    const files = inOrder(filesOf(given));
    const client = registry();
    const outcomes: Outcome[] = [];
    const published = new Map<string, number>();
    for (const file of files) {
      const outcome = await (given.isSet('dry-run') ? foretell : publishFile)(client, file, {
        given,
        files,
        published,
      });
      outcomes.push(outcome);
      terminal.progress(outcomes.length, files.length, 'files');
      if (outcome.result === 'refused') break;
    }
    print(terminal, given.output, outcomes, () => describe(outcomes));
    const left = files.slice(outcomes.length).map(({ file }) => shown(file));
    if (left.length > 0)
      terminal.say(`Not published, as what comes before them was refused: ${left.join(', ')}`);
    return outcomes.some(({ result }) => /refused/.test(result)) ? exitCodes.no : exitCodes.done;
  },
};

interface Run {
  readonly given: Given;
  readonly files: readonly SchemaFile[];
  /** Versions of what this run has found or registered. */
  readonly published: Map<string, number>;
}

async function publishFile(
  client: RegistryClient,
  file: SchemaFile,
  { given, published }: Run,
): Promise<Outcome> {
  const { subject } = file;
  const about = { subject, file: file.file };
  const normalize = given.isSet('normalize');
  try {
    const body = await schemaBody(client, file, published);
    const same = await findSame(client, subject, body, normalize);
    if (same) {
      published.set(subject, same.version);
      return { ...about, result: 'unchanged', version: same.version, id: same.id };
    }
    const path = ['subjects', subject, 'versions'];
    const { id, ...answer } = await client.ask<Partial<RegisteredSchema>>('POST', path, {
      query: { normalize },
      body,
    });
    // Older registries answer the id alone.
    const version = answer.version ?? (await findSame(client, subject, body, normalize))?.version;
    if (version !== undefined) published.set(subject, version);
    return { ...about, result: 'published', version, id };
  } catch (error) {
    // Not found is what it refers to.
    if (isInvalid(error) || isNotFound(error) || (error instanceof Refusal && error.status === 409))
      return { ...about, result: 'refused', messages: [error.said] };
    throw error;
  }
}

async function foretell(client: RegistryClient, file: SchemaFile, { given, files }: Run): Promise<Outcome> {
  const about = { subject: file.subject, file: file.file };
  const bySubject = new Map(files.map((each) => [each.subject, each]));
  const { verdict, messages } = await checkFile(client, file, undefined, bySubject);
  if (verdict === 'unchecked')
    return {
      ...about,
      result: neededFiles(file, bySubject).length > 0 ? 'would be new' : 'would be refused',
      messages,
    };
  if (verdict !== 'compatible') return { ...about, result: 'would be refused', messages };
  const same = await findSame(client, file.subject, await schemaBody(client, file), given.isSet('normalize'));
  return same
    ? { ...about, result: 'unchanged', version: same.version, id: same.id }
    : { ...about, result: 'would be new' };
}

function describe(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ result, subject, version, id, file }) => [result, subject, version, id, file]);
  const messages = outcomes.flatMap(({ subject, messages: all = [] }) =>
    findings(all).map((message) => `${shown(subject)}: ${shown(message)}\n`),
  );
  return `${table(['RESULT', 'SUBJECT', 'VERSION', 'ID', 'FILE'], rows)}${messages.join('')}`;
}
