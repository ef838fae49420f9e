import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectionFrom } from '../../registry-server/cli/connection.ts';
import { openRegistry, type RegistryClient } from '../../registry-server/cli/registry-client.ts';
import { aCommand, type Command, commandFile } from './command.ts';
import { suiteServer } from './suite-server.ts';

export const order = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'id', type: 'string' }],
};
export const withField = (name: string, rest: object = {}) => ({
  ...order,
  fields: [...order.fields, { name, type: 'int', ...rest }],
});
export const customer = {
  type: 'record',
  name: 'Customer',
  namespace: 'shop',
  fields: [{ name: 'name', type: 'string' }],
};
export const sale = {
  type: 'record',
  name: 'Sale',
  namespace: 'shop',
  fields: [{ name: 'by', type: 'Customer' }],
};

/** The `registry` command and a registry for the describe block that calls it: each test has a folder, and finds no subject. */
export function commandSuite() {
  const server = suiteServer();
  /** By the command's own client: that of the platform takes ".." for a step up. */
  let registry: RegistryClient;
  let command: Command;
  const run: Command['run'] = (args, more) => command.run(args, more);
  const runHere: Command['runHere'] = (args, env) => command.runHere(args, env);
  const path = (...names: string[]) => join(command.folder, ...names);
  const write = (name: string, content: unknown) => {
    mkdirSync(join(path(name), '..'), { recursive: true });
    writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const register = (subject: string, schema: unknown, more: object = {}) =>
    registry.ask<{ id: number; version: number; guid: string }>('POST', ['subjects', subject, 'versions'], {
      body: { schema: typeof schema === 'string' ? schema : JSON.stringify(schema), ...more },
    });

  before(() => {
    registry = openRegistry(connectionFrom({ url: server.url }, {}, new Map()));
  });
  beforeEach(() => {
    command = aCommand({ SCHEMA_REGISTRY_URL: server.url });
  });
  afterEach(async () => {
    command.remove();
    await removeAllSubjects(registry);
  });

  /** What is seen on a terminal where the answer is typed after the question. */
  async function onTerminal(words: string, question: RegExp, answer: string): Promise<string> {
    // Debian's own way to give a program a terminal.
    const child = spawn('script', ['-qec', `'${process.execPath}' '${commandFile}' ${words}`, '/dev/null'], {
      cwd: command.folder,
      env: {
        PATH: process.env.PATH,
        SCHEMA_REGISTRY_URL: server.url,
        XDG_CONFIG_HOME: command.folder,
        TERM: 'xterm',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let out = '';
    let isAnswered = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (isAnswered || !question.test(out)) return;
      isAnswered = true;
      child.stdin.write(`${answer}\r`);
    });
    await once(child, 'close');
    return out;
  }

  return { server, run, runHere, path, write, register, onTerminal };
}

async function removeAllSubjects(registry: RegistryClient): Promise<void> {
  // Those that others refer to are left the first time.
  for (const _ of [1, 2, 3]) {
    const subjects = await registry.ask<string[]>('GET', ['subjects'], { query: { deleted: true } });
    for (const subject of subjects)
      for (const permanent of [false, true])
        await registry.ask('DELETE', ['subjects', subject], { query: { permanent } }).catch(() => {});
  }
}
