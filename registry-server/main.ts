// First, so that whatever follows can be ended.
import './waiting/until-signalled.ts';

import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { rebuildFromArchive, tendArchive } from './archive-verbs.ts';
import { runDrill } from './drill-verb.ts';
import { giveMemoryBackWhenIdle } from './idle-memory.ts';
import { CannotListen } from './listening/listen.ts';
import { type Log, openLog } from './log.ts';
import { openDatabase } from './open-database.ts';
import { type RunningServer, serve } from './serve.ts';
import { BadSettings, readSettings, type ServerSettings, settingsTable } from './settings.ts';
import { ForeignArchive } from './store/archive/archive-health.ts';
import { CannotRebuild } from './store/archive/rebuild.ts';
import { BucketUnavailable } from './store/bucket.ts';
import { StoreUnavailable } from './store/database.ts';
import { DatabaseTooNew, migrate } from './store/migrate.ts';
import { statementFailure } from './store/statement-failure.ts';
import { BadArguments } from './verb-arguments.ts';
import { version } from './version.ts';
import { aborted, untilSignalled } from './waiting/until-signalled.ts';
import { openWorkerLink } from './workers/worker-link.ts';

// For a start under way to become a server that can be stopped.
const START_MS = 3_000;
/** As a shell has it for what a signal ended. */
const INTERRUPTED = 143;

/** Answers the exit code, or undefined to go on running. */
type Verb = (settings: ServerSettings, args: readonly string[]) => Promise<number | undefined>;

const verbs = new Map<string, { readonly run: Verb; readonly description: string; readonly takes?: string }>([
  ['serve', { run: runServer, description: 'serve the REST and gRPC APIs (default)' }],
  ['migrate', { run: runMigrations, description: 'bring the tables of the database up to date, and end' }],
  [
    'rebuild',
    {
      run: rebuildFromArchive,
      takes: '--from s3://bucket/prefix [--at SNAPSHOT] [--dry-run] [--partial]',
      description:
        'fill an empty database from the archive, as it was at a snapshot or a time; --dry-run only checks it',
    },
  ],
  [
    'archive',
    {
      run: tendArchive,
      takes:
        '[--all | --off | export FILE | import FILE [--dry-run] | snapshots [take NAME | remove NAME] | restore --at SNAPSHOT [--subject PATTERN]… [--dry-run] [--partial]]',
      description:
        'say how the archive stands; --all: ship everything again; --off: note no more changes; export, import: a registry as one file; snapshots: list, take and remove them; restore: bring back what was removed since, while servers run',
    },
  ],
  [
    'drill',
    {
      run: runDrill,
      takes: '[--at SNAPSHOT] [--reads N]',
      description:
        'restore a snapshot, the newest unless told otherwise, into a database that is thrown away, and compare it with the registry; where there is none, the archive as it is',
    },
  ],
  ['health', { run: askHealth, description: 'exit 0 when the server on this machine is alive, else 1' }],
]);

/** What is wrong around the server, not in it: a message, and no stack. */
const expected = [
  BadSettings,
  BadArguments,
  BucketUnavailable,
  CannotListen,
  CannotRebuild,
  DatabaseTooNew,
  ForeignArchive,
  StoreUnavailable,
] as const;

const code = await main(process.argv.slice(2));
// What is still open, such as a file that is watched, must not keep a process that has said why it ends.
if (code !== undefined) process.exit(code);

async function main([name = 'serve', ...rest]: readonly string[]): Promise<number | undefined> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return undefined;
  }
  const verb = verbs.get(name);
  if (!verb || (rest.length > 0 && verb.takes === undefined)) {
    process.stderr.write(
      `"${[name, ...rest].join(' ')}" is not a command of the registry server\n\n${help()}`,
    );
    return 2;
  }
  if (verb.run !== runServer) void aborted(untilSignalled).then(() => process.exit(INTERRUPTED));
  try {
    return await verb.run(readSettings(process.env), rest);
  } catch (error) {
    // It was told to end before it had begun.
    if (untilSignalled.aborted && error === untilSignalled.reason) return 0;
    const failure = statementFailure(error);
    const isExpected = expected.some((kind) => error instanceof kind);
    if (!isExpected && !failure) throw error;
    // What else such an error holds repeats what was in the rows.
    const reason = failure && `${failure.message} (${failure.sqlState})`;
    const words = isExpected ? (error as Error).message : 'the database refuses a statement';
    process.stderr.write(`${reason === undefined ? words : `${words}: ${reason}`}\n`);
    return 1;
  }
}

async function runServer(settings: ServerSettings): Promise<undefined> {
  const { logLevel, logFormat, workers } = settings;
  const link = openWorkerLink(workers);
  const log = openLog({ level: logLevel, format: logFormat, worker: link?.worker });
  const starting =
    workers > 1 && !link
      ? startWorkers(settings, log)
      : serve(settings, log, link, untilSignalled, endInOrder);
  void endWhenSignalled(starting, log);
  const server = await starting;
  giveMemoryBackWhenIdle();
  await server.ready;
  return undefined;
}

/** Whoever watches over the process starts another one. */
function endInOrder(): void {
  process.kill(process.pid, 'SIGTERM');
}

async function endWhenSignalled(starting: Promise<RunningServer>, log: Log): Promise<void> {
  await aborted(untilSignalled);
  try {
    // What has not begun by then has nothing to lose.
    const server = await Promise.race([starting.catch(() => undefined), delay(START_MS, undefined)]);
    await server?.stop();
    // Connections of clients that keep them open must not hold the process.
    process.exit(0);
  } catch (error) {
    log.error('cannot end in order', { error: (error as Error).stack });
    process.exit(1);
  }
}

async function startWorkers(settings: ServerSettings, log: Log): Promise<RunningServer> {
  // Only now: most servers are one process.
  const { superviseWorkers } = await import('./workers/supervise-workers.ts');
  return superviseWorkers(settings, log);
}

async function runMigrations(settings: ServerSettings): Promise<number> {
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const database = openDatabase(settings, log);
  try {
    log.info('database is up to date', { ...(await migrate(database)) });
    return 0;
  } finally {
    await database.close();
  }
}

async function askHealth({ port, tlsCertFile }: ServerSettings): Promise<number> {
  try {
    const status = await askLoopback(port, tlsCertFile !== undefined);
    if (status === 200) return 0;
    process.stderr.write(`/health answers ${status}\n`);
  } catch (error) {
    process.stderr.write(`/health does not answer: ${(error as Error).message}\n`);
  }
  return 1;
}

/** The status of /health. On loopback it is this machine that answers, whatever name its certificate has. */
function askLoopback(port: number, isSecure: boolean): Promise<number | undefined> {
  const options = { host: '127.0.0.1', port, path: '/health', timeout: 2_500, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsGet : httpGet)(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 2.5 s')));
    request.on('error', reject);
  });
}

function help(): string {
  const commands = [...verbs].map(
    ([name, { takes, description }]) =>
      `  ${name.padEnd(28)}${description}\n${takes === undefined ? '' : `${' '.repeat(30)}${takes}\n`}`,
  );
  const variables = settingsTable.map(
    ({ name, default: value, description }) =>
      `  ${name.padEnd(28)}${description}${value === undefined ? '' : ` (${value})`}\n`,
  );
  return `LLM Schema Registry ${version}\n\nnode registry-server/main.ts [command]\n${commands.join('')}\nEnvironment:\n${variables.join('')}`;
}
