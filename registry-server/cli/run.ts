import { connectionFrom } from './connection.ts';
import { exitCodes, Problem } from './problem.ts';
import { profilesFile, readProfiles } from './profiles.ts';
import { runProgram } from './program.ts';
import { openRegistry, type RegistryClient } from './registry-client.ts';
import { shown } from './shown.ts';
import { verbs } from './table.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import type { World } from './verb.ts';

/** The command, from its arguments to its exit code. */
export async function run(): Promise<void> {
  const environment = process.env;
  const terminal = openTerminal(environment);
  // Whoever reads may stop reading, such as `head`: that is no fault, and there is nobody to tell.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done);
      throw error;
    });
  const endAtOnce = () => process.exit(exitCodes.interrupted);
  process.once('SIGINT', endAtOnce);
  const holdInterrupts = () => {
    const interrupted = new AbortController();
    process.off('SIGINT', endAtOnce);
    for (const name of ['SIGINT', 'SIGTERM'] as const)
      process.once(name, () => {
        interrupted.abort();
        // Whoever says it twice does not want to wait.
        process.once(name, endAtOnce);
      });
    return interrupted.signal;
  };
  process.exitCode = await answer(process.argv.slice(2), environment, terminal, holdInterrupts);
}

/** Says what went wrong in a sentence. @returns the exit code */
export async function answer(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
  holdInterrupts: World['holdInterrupts'] = () => new AbortController().signal,
): Promise<number> {
  const trace = args.includes('--verbose') ? (line: string) => terminal.say(line) : undefined;
  try {
    return await runProgram(args, (flags) => {
      let opened: RegistryClient | undefined;
      const open: World['open'] = (which, from = environment, effort = undefined) =>
        openRegistry(connectionFrom(which, from, readProfiles(profilesFile(environment))), trace, effort);
      const registry = () => {
        opened ??= open(flags);
        return opened;
      };
      return { terminal, environment, verbs, registry, open, holdInterrupts };
    });
  } catch (error) {
    if (error instanceof Problem) terminal.say(error.message);
    else {
      trace?.(`${(error as Error).stack}`);
      terminal.say(
        `The command cannot go on: ${shown((error as Error).message, 300)}. Either the registry answers what no registry does, or this is a fault of the command; --verbose shows more.`,
      );
    }
    return exitCodes.failed;
  }
}
