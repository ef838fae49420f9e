import { neededFiles } from '../in-order.ts';
import { findLevel, findSame, judge } from '../judge.ts';
import { mapBounded } from '../map-bounded.ts';
import { exitCodes, isInvalid, isNotFound, Problem } from '../problem.ts';
import { type SchemaFile, selectFiles } from '../project.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { CheckResult } from '../reports/report.ts';
import { reports } from '../reports/table.ts';
import { readVersion, schemaTypes, type WantedVersion } from '../schema.ts';
import { schemaBody } from '../schema-body.ts';
import { shown } from '../shown.ts';
import type { Given, Verb } from '../verb.ts';

export const fileOptions = [
  { flags: '--subject <subject>', description: 'subject of the one file' },
  {
    flags: '--type <type>',
    description: 'type of the files, where their names do not say it',
    choices: schemaTypes,
  },
  {
    flags: '--references <file>',
    description: 'references of the one file: a list of {name, subject, version} in YAML or JSON',
  },
  {
    flags: '-c, --config <file>',
    description: 'names the files of subjects (registry.yaml, where there is one)',
  },
] as const;

export const filesArgument = {
  name: '[files...]',
  description: 'SUBJECT=FILE, or a file that the config names; none: all that it names',
} as const;

export const filesOf = (given: Given): SchemaFile[] =>
  selectFiles({
    words: given.words,
    subject: given.text('subject'),
    type: given.text('type'),
    referencesFile: given.text('references'),
    projectFile: given.text('config'),
  });

export const check: Verb = {
  name: 'check',
  summary: 'say whether files may become versions of their subjects; writes nothing to the registry',
  details:
    'Compared with those versions that the compatibility level of the subject asks for. Ends with 0 where all are compatible, with 1 where one is not or is no schema, with 2 where one could not be checked.',
  arguments: [filesArgument],
  options: [
    ...fileOptions,
    { flags: '--version <version>', description: 'compare with this version alone: a number, or latest' },
    {
      flags: '--format <format>',
      description: 'how the result is written',
      choices: Object.keys(reports),
      default: 'text',
    },
  ],
  examples: [
    ['registry check orders-value=schemas/order.avsc', 'one file'],
    ['registry check --format github', 'all files of registry.yaml, as annotations of a pull request'],
    ['registry check --format sarif > check.sarif', 'for code scanning'],
  ],
  async run({ terminal, registry }, given) {
    const files = filesOf(given);
    const against = readAgainst(given.text('version'));
    const client = registry();
    const bySubject = new Map(files.map((file) => [file.subject, file]));
    const results = await mapBounded(
      files,
      (file) => checkFile(client, file, against, bySubject),
      (done) => terminal.progress(done, files.length, 'files'),
    );
    terminal.write(reports[given.text('format') as keyof typeof reports](results));
    const has = (verdict: CheckResult['verdict']) => results.some((result) => result.verdict === verdict);
    if (has('incompatible') || has('invalid')) return exitCodes.no;
    return has('unchecked') ? exitCodes.failed : exitCodes.done;
  },
};

function readAgainst(text: string | undefined): WantedVersion | undefined {
  const version = text === undefined ? undefined : readVersion(text);
  if (text !== undefined && version === undefined)
    throw new Problem(`--version ${shown(text, 100)} is not a version; it is a number from 1, or latest.`);
  return version;
}

/** @throws Problem where the registry cannot be asked */
export async function checkFile(
  client: RegistryClient,
  file: SchemaFile,
  against: WantedVersion | undefined,
  bySubject: ReadonlyMap<string, SchemaFile>,
): Promise<CheckResult> {
  const about = { subject: file.subject, file: file.file, against: against ?? 'level' } as const;
  const unchecked = (message: string): CheckResult => ({
    ...about,
    verdict: 'unchecked',
    level: undefined,
    messages: [message],
  });
  for (const needed of neededFiles(file, bySubject)) {
    const isThere = await isRegistered(client, needed);
    if (isThere === false)
      return unchecked(
        `It refers to "${needed.subject}", of which ${needed.file} is not registered yet; publish that first.`,
      );
  }
  try {
    const body = await schemaBody(client, file);
    const { verdict, messages } = await judge(client, file.subject, against, body);
    const level = await findLevel(client, file.subject);
    return {
      ...about,
      verdict,
      level,
      messages: verdict === 'compatible' ? [] : messages.length > 0 ? messages : [verdict],
    };
  } catch (error) {
    if (isNotFound(error)) return unchecked(error.said);
    throw error;
  }
}

/** Whether what a file refers to is in the registry as it is here; undefined where that file is wrong itself, which its own check says. */
async function isRegistered(client: RegistryClient, file: SchemaFile): Promise<boolean | undefined> {
  try {
    return (await findSame(client, file.subject, await schemaBody(client, file), false)) !== undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    if (isInvalid(error)) return undefined;
    throw error;
  }
}
