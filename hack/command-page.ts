import { variables } from '../registry-server/cli/connection.ts';
import { globalOptions } from '../registry-server/cli/global-options.ts';
import { verbs } from '../registry-server/cli/table.ts';
import type { Verb, VerbOption } from '../registry-server/cli/verb.ts';

/** docs/reference/registry-command.md: every verb, as the table of verbs has it. */
export function commandPage(): string {
  return `# The registry command

Written by \`npm run generate\` from the verbs themselves; \`registry VERB --help\` says the same. How they are used: [the command](../cli.md).

${verbs.map(describe).join('\n')}
## Flags of every verb

${options(globalOptions)}
## Environment

${rows(
  ['Variable', 'What it is'],
  Object.entries(variables).map(([name, what]) => [`\`${name}\``, what]),
)}`;
}

function describe({
  name,
  summary,
  details,
  arguments: args = [],
  options: own = [],
  examples = [],
}: Verb): string {
  const words = [name, ...args.map((each) => each.name), ...(own.length > 0 ? ['[flags]'] : [])].join(' ');
  const sentences = [`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, details]
    .filter(Boolean)
    .join(' ');
  const width = Math.max(0, ...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `${line.padEnd(width)}  # ${what}`);
  return [
    `## ${name}\n\n\`\`\`text\nregistry ${words}\n\`\`\`\n\n${sentences}\n`,
    args.length === 0
      ? ''
      : `${rows(
          ['Argument', 'What it is'],
          args.map((each) => [`\`${each.name}\``, each.description]),
        )}`,
    own.length === 0 ? '' : options(own),
    lines.length === 0 ? '' : `\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const options = (all: readonly VerbOption[]): string =>
  rows(
    ['Flag', 'What it does'],
    all.map(({ flags, description, choices, default: usual }) => [
      `\`${flags}\``,
      [
        description,
        choices && `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`,
        usual && `without it \`${usual}\``,
      ]
        .filter(Boolean)
        .join('; '),
    ]),
  );

/** A table; "|" is escaped, because it would end its cell. */
const rows = (headings: readonly string[], all: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => '---'), ...all]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
