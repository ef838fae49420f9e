import { outputs } from './print.ts';
import type { VerbOption } from './verb.ts';

/** Of every verb. Where a flag has a variable, docs/cli.md says which comes first. */
export const globalOptions = [
  { flags: '--url <url>', description: 'of the registry; several with commas are tried one after the other' },
  { flags: '--context <name>', description: 'work in this context, such as .staging' },
  { flags: '--profile <name>', description: 'what `registry login` has kept under this name (default)' },
  {
    flags: '--ca-file <file>',
    description: 'certificates in PEM to trust, instead of those that Node.js knows',
  },
  { flags: '--cert-file <file>', description: 'client certificate in PEM' },
  { flags: '--key-file <file>', description: 'its key in PEM' },
  { flags: '--timeout <seconds>', description: 'for one request (30)' },
  {
    flags: '-o, --output <format>',
    description: 'for people, or for programs',
    choices: outputs,
    default: 'table',
  },
  { flags: '--verbose', description: 'say on stderr what is asked of the registry, without credentials' },
] as const satisfies readonly VerbOption[];

/** `--file`, `-f` of `-f, --file <file>`. */
export const flagNames = ({ flags }: VerbOption): string[] =>
  flags.split(/, /).map((each) => each.split(' ')[0] ?? '');

export const takesValue = ({ flags }: VerbOption): boolean => flags.includes('<');
