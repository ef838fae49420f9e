import { openLog } from './log.ts';
import { CannotListen, openDatabase, serve } from './serve.ts';
import { BadSettings, readSettings, type ServerSettings, settingsTable } from './settings.ts';
import { StoreUnavailable } from './store/database.ts';
import { DatabaseTooNew, migrate } from './store/migrate.ts';
import { version } from './version.ts';

/** Answers the exit code, or undefined to go on running. */
type Verb = (settings: ServerSettings) => Promise<number | undefined>;

const verbs = new Map<string, { readonly run: Verb; readonly description: string }>([
  ['serve', { run: runServer, description: 'serve the REST API (default)' }],
  ['migrate', { run: runMigrations, description: 'bring the tables of the database up to date, and end' }],
  ['health', { run: askHealth, description: 'exit 0 when the server on this machine is alive, else 1' }],
]);

/** What is wrong around the server, not in it: a message, and no stack. */
const expected = [BadSettings, CannotListen, StoreUnavailable, DatabaseTooNew] as const;

process.exitCode = await main(process.argv.slice(2));

async function main([name = 'serve', ...rest]: readonly string[]): Promise<number | undefined> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return 0;
  }
  const verb = verbs.get(name);
  if (!verb || rest.length > 0) {
    process.stderr.write(
      `"${[name, ...rest].join(' ')}" is not a command of the registry server\n\n${help()}`,
    );
    return 2;
  }
  try {
    return await verb.run(readSettings(process.env));
  } catch (error) {
    if (!expected.some((kind) => error instanceof kind)) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

async function runServer(settings: ServerSettings): Promise<undefined> {
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const server = await serve(settings, log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      // Connections of clients that keep them open must not hold the process.
      void server.stop().then(() => process.exit(0));
    });
  }
  await server.ready;
  return undefined;
}

async function runMigrations(settings: ServerSettings): Promise<number> {
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const database = openDatabase(settings, log);
  try {
    log.info('database is up to date', { migration: await migrate(database) });
    return 0;
  } finally {
    await database.close();
  }
}

async function askHealth({ port }: ServerSettings): Promise<number> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_500) });
    if (status === 200) return 0;
    process.stderr.write(`/health answers ${status}\n`);
  } catch (error) {
    process.stderr.write(`/health does not answer: ${(error as Error).message}\n`);
  }
  return 1;
}

function help(): string {
  const commands = [...verbs].map(([name, { description }]) => `  ${name.padEnd(28)}${description}\n`);
  const variables = settingsTable.map(
    ({ name, default: value, description }) =>
      `  ${name.padEnd(28)}${description}${value === undefined ? '' : ` (${value})`}\n`,
  );
  return `LLM Schema Registry ${version}\n\nnode registry-server/main.ts [command]\n${commands.join('')}\nEnvironment:\n${variables.join('')}`;
}
