import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Problem } from './problem.ts';

/** The three streams of the command, and what may be written to them. */
export interface Terminal {
  /** The result; programs read it. */
  write(text: string): void;
  /** One line to a person, on stderr. */
  say(line: string): void;
  /** How far it is, on one line that is overwritten; only where a person looks on, and only for what takes long. */
  progress(done: number, total: number, what: string): void;
  /** Whether a person looks on. */
  readonly showsProgress: boolean;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  readonly hasColour: boolean;
  ask(question: string): Promise<string>;
  /** Does not show what is typed. */
  askSecret(question: string): Promise<string>;
  /** All of stdin, without the end of its last line. */
  readInput(): Promise<string>;
}

const shownAfterMs = 500;
const maxInputBytes = 64 * 1024;

export function openTerminal(environment: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = process;
  const canAsk = stdin.isTTY === true && stderr.isTTY === true;
  const started = performance.now();
  let hasProgress = false;
  const clearProgress = () => {
    if (hasProgress) stderr.write('\r\u001b[K');
    hasProgress = false;
  };
  const question = async (text: string, isSecret: boolean): Promise<string> => {
    // What is typed is echoed to here.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const reader = createInterface({
      input: stdin,
      output: isSecret ? nowhere : stderr,
      terminal: isSecret,
    });
    // Only now: until then what is typed would be shown.
    stderr.write(text);
    const ended = new Promise<never>((_, reject) => {
      reader.once('SIGINT', () => reject(new Problem('Nothing was done.')));
      reader.once('close', () => reject(new Problem('Nothing was typed, and nothing was done.')));
    });
    ended.catch(() => {});
    try {
      return await Promise.race([reader.question(''), ended]);
    } finally {
      reader.close();
      if (isSecret) stderr.write('\n');
    }
  };
  return {
    write(text) {
      clearProgress();
      stdout.write(text);
    },
    say(line) {
      clearProgress();
      stderr.write(`${line}\n`);
    },
    progress(done, total, what) {
      if (!stderr.isTTY) return;
      if (done >= total) return clearProgress();
      if (performance.now() - started < shownAfterMs) return;
      hasProgress = true;
      stderr.write(`\r${done} of ${total} ${what}\u001b[K`);
    },
    showsProgress: stderr.isTTY === true,
    canAsk,
    hasColour: stdout.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb',
    ask: (text) => question(text, false),
    askSecret: (text) => question(text, true),
    async readInput() {
      let text = '';
      stdin.setEncoding('utf8');
      for await (const chunk of stdin) {
        text += chunk;
        if (text.length > maxInputBytes) throw new Problem('What came on stdin is too long for a password.');
      }
      return text.replace(/\r?\n$/, '');
    },
  };
}
