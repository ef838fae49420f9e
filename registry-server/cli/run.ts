import { connectionFrom } from './connection.ts';
import { exitCodes, Problem } from './problem.ts';
import { profilesFile, readProfiles } from './profiles.ts';
import { runProgram } from './program.ts';
import { openRegistry, type RegistryClient } from './registry-client.ts';
import { verbs } from './table.ts';
import { openTerminal } from './terminal.ts';

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
  process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  try {
    process.exitCode = await runProgram(process.argv.slice(2), (flags, isVerbose) => {
      let opened: RegistryClient | undefined;
      const registry = () => {
        const trace = isVerbose ? (line: string) => terminal.say(line) : undefined;
        opened ??= openRegistry(
          connectionFrom(flags, environment, readProfiles(profilesFile(environment))),
          trace,
        );
        return opened;
      };
      return { terminal, environment, verbs, registry };
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    terminal.say(error.message);
    process.exitCode = exitCodes.failed;
  }
}
