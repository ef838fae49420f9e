import { spawn } from 'node:child_process';
import { Problem } from './problem.ts';

type Options = {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Each line of the error output as it comes. */
  readonly onLine?: (line: string) => void;
};

/** The standard output of a command that succeeded. A failure carries the last lines of what it said. */
export const run = (command: string, args: readonly string[], options: Options = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const { cwd, env, signal } = options;
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, signal });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
      if (options.onLine) for (const line of text.split('\n')) if (line !== '') options.onLine(line);
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve(output);
      const lastLines = (errors || output).trim().split('\n').slice(-8).join('\n  ');
      reject(
        new Problem(
          `${command} ${args.slice(0, 2).join(' ')} ended with ${killedBy ?? code}:\n  ${lastLines}`,
        ),
      );
    });
    // A command that ends before it has read its input says why in its own words.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
  });
