import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from '../build/pages.ts';
import { root } from '../build/pages.ts';

export interface Typing {
  /** Shell functions that stand in for programs. */
  readonly prelude?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** What a page leaves to the reader, and what the test fills in. */
  readonly filledIn?: readonly (readonly [string | RegExp, string])[];
  /** What the page speaks of as being there, by its name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a reader would see in a folder that looks like a checkout. */
const shown = [
  'config',
  'crds',
  'docs',
  'hack',
  'operator',
  'registry-server',
  'package.json',
  'node_modules',
];

/** Without the programs of this checkout, which the shell of whoever reads a page does not find. */
export const pathOfReader = (process.env.PATH ?? '')
  .split(':')
  .filter((folder) => !folder.endsWith('node_modules/.bin'))
  .join(':');

/**
 * Types commands one after the other into one shell, as a reader of the page does, and says which of them failed, or answered something else
 * than the page shows: the same JSON, or each line that it shows. Ages and times, which differ, are not compared.
 */
export async function type(
  commands: readonly Command[],
  { prelude = '', environment = {}, filledIn = [], files = {} }: Typing,
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'typed-'));
  try {
    for (const name of shown) symlinkSync(join(root, name), join(folder, name));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const failures = join(folder, '.failures');
    const output = (index: number) => join(folder, `.output-${index}`);
    writeFileSync(failures, '');
    const fill = (text: string) =>
      filledIn.reduce((filled, [gap, content]) => filled.replaceAll(gap, content), text);
    const script = commands.map(
      ({ text }, index) =>
        `{ ${fill(text)}\n} >'${output(index)}' 2>&1 || { echo ${index} >>'${failures}'; cat '${output(index)}'; }`,
    );
    const shell = spawn('bash', ['-c', ['set -o pipefail', prelude, ...script].join('\n')], {
      cwd: folder,
      env: { ...process.env, PATH: pathOfReader, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    const [code] = await once(shell, 'close');
    const failed = readFileSync(failures, 'utf8').split('\n').filter(Boolean).map(Number);
    const wrong = failed.map((index) => {
      const { page, line, text } = commands[index] as Command;
      return `${page}:${line}: ${text}\n${readFileSync(output(index), 'utf8')}`;
    });
    const different = commands.flatMap(({ page, line, text, answer }, index) => {
      if (answer === undefined || answer === '' || failed.includes(index)) return [];
      const got = readFileSync(output(index), 'utf8');
      return isShown(answer, got)
        ? []
        : [`${page}:${line}: ${text}\nthe page shows:\n${answer}\nit answers:\n${got}`];
    });
    const broken = code !== 0 && failed.length === 0 ? [`the shell ended with ${code}: ${said}`] : [];
    return [...wrong, ...different, ...broken];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isShown(answer: string, got: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(answer), JSON.parse(got));
  } catch {
    const lines = got.split('\n').map(alike);
    return answer.split('\n').every((line) => lines.includes(alike(line)));
  }
}

/** Without the width of columns, and without ages and times. */
const alike = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b\d+[smhd](\d+[smhd])?\b/g, 'AGE')
    .replaceAll(/\s+/g, ' ')
    .trim();
