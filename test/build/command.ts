import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { answer } from '../../registry-server/cli/run.ts';
import type { Terminal } from '../../registry-server/cli/terminal.ts';

export const commandFile = fileURLToPath(new URL('../../registry-server/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Command {
  /** A folder of its own, where it runs. */
  readonly folder: string;
  /** Runs `registry` with these arguments, in an environment that has nothing but what is given. */
  run(
    args: readonly string[],
    more?: { readonly env?: NodeJS.ProcessEnv; readonly input?: string },
  ): Promise<Ended>;
  /** The same in this process, in which a hundred of them take a second; for one at a time. */
  runHere(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  remove(): void;
}

/** The `registry` command as a user has it, in a folder of its own. */
export function aCommand(environment: NodeJS.ProcessEnv = {}): Command {
  const folder = mkdtempSync(join(tmpdir(), 'registry-command-'));
  const home = mkdtempSync(join(tmpdir(), 'registry-home-'));
  return {
    folder,
    run: (args, { env, input = '' } = {}) =>
      runProcess(process.execPath, [commandFile, ...args], {
        folder,
        env: {
          PATH: process.env.PATH,
          XDG_CONFIG_HOME: home,
          XDG_CACHE_HOME: join(cacheFolder, 'command'),
          ...environment,
          ...env,
        },
        input,
      }),
    async runHere(args, env = {}) {
      let [out, err] = ['', ''];
      const terminal: Terminal = {
        write: (text) => {
          out += text;
        },
        say: (line) => {
          err += `${line}\n`;
        },
        progress: () => {},
        showsProgress: false,
        canAsk: false,
        hasColour: false,
        ask: async () => '',
        askSecret: async () => '',
        readInput: async () => '',
      };
      const before = process.cwd();
      process.chdir(folder);
      try {
        const code = await answer(args, { XDG_CONFIG_HOME: home, ...environment, ...env }, terminal);
        return { code, out, err };
      } finally {
        process.chdir(before);
      }
    },
    remove() {
      for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
    },
  };
}

export function runProcess(
  program: string,
  args: readonly string[],
  {
    folder,
    env,
    input = '',
  }: { readonly folder: string; readonly env: NodeJS.ProcessEnv; readonly input?: string },
): Promise<Ended> {
  const child = spawn(program, args, { cwd: folder, env });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  // It may have ended before it has read it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
