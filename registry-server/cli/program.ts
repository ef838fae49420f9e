import { Argument, Command, CommanderError, Option } from 'commander';
import { type ConnectionFlags, variables } from './connection.ts';
import { globalOptions } from './global-options.ts';
import type { Output } from './print.ts';
import { exitCodes } from './problem.ts';
import { groups, verbs } from './table.ts';
import type { Given, Verb, VerbOption, World } from './verb.ts';

const description = `Registers, checks and fetches schemas, at this or any other registry that speaks Confluent's REST API.`;

const listed = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}\n`).join('');
};

const afterHelp = `
Environment, before what a profile says and after the flags:
${listed(Object.entries(variables))}
Ends with 0 when it is done, 1 where the answer is no (incompatible, invalid, changed), 2 where there is no answer.

Examples:
  registry login --url https://registry.example.com --user ada
  registry check orders-value=schemas/order.avsc
  registry pull orders-value
`;

/**
 * Reads the arguments and runs what they ask for.
 * @param openWorld is told of the flags that every verb has
 * @returns the exit code
 */
export async function runProgram(
  args: readonly string[],
  openWorld: (flags: ConnectionFlags) => World,
): Promise<number> {
  let code: number = exitCodes.done;
  const program = new Command('registry')
    .description(description)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .addHelpText('after', afterHelp)
    .helpCommand(false)
    .exitOverride();
  for (const option of globalOptions) program.addOption(optionOf(option));
  const parents = new Map<string, Command>();
  for (const verb of verbs) {
    const [first = '', second] = verb.name.split(' ');
    const command = childOf(
      second === undefined ? program : parentOf(program, parents, first),
      second ?? first,
    );
    describe(command, verb);
    command.action(async () => {
      const options = command.optsWithGlobals();
      const flags = connectionFlags(options);
      code = (await verb.run(openWorld(flags), givenOf(command, flags, options))) ?? code;
    });
  }
  try {
    await program.parseAsync(isVersionFlag(args) ? ['version', '--client'] : args, { from: 'user' });
    return code;
  } catch (error) {
    // It has said what is wrong, or shown its help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.failed;
    throw error;
  }
}

/** As most programs have it; --version of a verb is another thing. */
const isVersionFlag = ([first, ...rest]: readonly string[]): boolean =>
  rest.length === 0 && (first === '--version' || first === '-V');

/** Settings of the parent, such as how it ends, hold for the child. */
const childOf = (parent: Command, name: string): Command => parent.command(name);

function parentOf(program: Command, parents: Map<string, Command>, name: string): Command {
  const known = parents.get(name);
  if (known) return known;
  const made = childOf(program, name)
    .description(groups[name] ?? '')
    .helpCommand(false);
  parents.set(name, made);
  return made;
}

function describe(command: Command, verb: Verb): void {
  command.summary(verb.summary);
  command.description(
    `${verb.summary.charAt(0).toUpperCase()}${verb.summary.slice(1)}.${verb.details === undefined ? '' : `\n\n${verb.details}`}`,
  );
  for (const { name, description } of verb.arguments ?? [])
    command.addArgument(new Argument(name, description));
  for (const option of verb.options ?? []) command.addOption(optionOf(option));
  if (verb.examples) command.addHelpText('after', `\nExamples:\n${listed(verb.examples)}`.trimEnd());
}

function optionOf({ flags, description, choices, default: usual }: VerbOption): Option {
  const option = new Option(flags, description);
  if (choices) option.choices([...choices]);
  if (usual !== undefined) option.default(usual);
  return option;
}

const connectionFlags = ({
  url,
  context,
  profile,
  caFile,
  certFile,
  keyFile,
  timeout,
}: ConnectionFlags): ConnectionFlags => ({
  url,
  context,
  profile,
  caFile,
  certFile,
  keyFile,
  timeout,
});

function givenOf(command: Command, connection: ConnectionFlags, options: Record<string, unknown>): Given {
  const typed = (flag: string) =>
    // `--no-check` is read as check: false.
    flag.startsWith('no-') ? options[camelCase(flag.slice(3))] === false : options[camelCase(flag)];
  return {
    words: command.args,
    connection,
    output: options.output as Output,
    isSet: (flag) => typed(flag) === true,
    text: (flag) => typed(flag) as string | undefined,
  };
}

const camelCase = (flag: string): string =>
  flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
