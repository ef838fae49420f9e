import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLog } from './log.ts';
import { openBucket } from './open-bucket.ts';
import { openDatabase } from './open-database.ts';
import { prefix } from './setting-values.ts';
import { BadSettings, type ServerSettings } from './settings.ts';
import { rebuild } from './store/archive/rebuild.ts';
import { archiveStatement } from './store/archive/sql.ts';
import type { Walk } from './store/archive/walk.ts';
import type { Bucket } from './store/bucket.ts';
import type { Database } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { databases } from './store/table.ts';

/** What stands behind the command is wrong. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** `rebuild --from s3://bucket/prefix [--dry-run] [--partial]` */
export async function rebuildFromArchive(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const options = read(args, { from: 'string', 'dry-run': 'boolean', partial: 'boolean' });
  const bucket = await openFrom(settings, options.from as string | undefined);
  const isDryRun = options['dry-run'] === true;
  // Nothing is kept, so it need not be the database that is there: whoever tests an archive has one that is in use.
  const folder = isDryRun ? mkdtempSync(join(tmpdir(), 'registry-rebuild-')) : undefined;
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const database = folder === undefined ? openDatabase(settings, log) : databases.embedded(folder);
  try {
    await migrate(database);
    let lastReported = 0;
    const result = await rebuild(database, bucket, {
      isDryRun,
      isPartial: options.partial === true,
      problem: (problem) => process.stderr.write(`${problem}\n`),
      progress(subjects) {
        if (subjects < lastReported + 10_000) return;
        lastReported = subjects;
        say(`${subjects} subjects`);
      },
    });
    const { contexts, subjects, versions, schemas, problems, isWritten } = result;
    say(
      `${subjects} subjects, ${versions} versions, ${schemas} schemas, ${contexts} contexts at ${bucket.address}`,
    );
    if (problems > 0) {
      const outcome = isWritten ? 'what is whole was written' : 'nothing was written';
      process.stderr.write(
        `${problems} ${problems === 1 ? 'problem' : 'problems'}: ${outcome}${isWritten || isDryRun ? '' : '; --partial leaves out what is missing or damaged'}\n`,
      );
    } else say(isWritten ? 'rebuilt' : 'whole: every object is what it was when it was written');
    return problems > 0 && !isWritten ? 1 : 0;
  } finally {
    await database.close();
    bucket.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** `archive [--all | --off]` */
export async function tendArchive(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const options = read(args, { all: 'boolean', off: 'boolean' });
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const database = openDatabase(settings, log);
  try {
    await migrate(database);
    if (options.all) return await shipAll(database);
    if (options.off) return await switchOff(database);
    return await showStatus(database);
  } finally {
    await database.close();
  }
}

async function shipAll(database: Database): Promise<number> {
  const [row] = await database.query<{ destination: string }>(archiveStatement('archiveWalkAgain'));
  if (!row) {
    process.stderr.write('the archive is off: it begins with the first server that has S3_BUCKET\n');
    return 1;
  }
  say(`everything is shipped again to ${row.destination}, by the servers that run`);
  return 0;
}

async function switchOff(database: Database): Promise<number> {
  const { is_held } = await readState(database);
  if (is_held) {
    process.stderr.write(
      'a server ships to the archive: first take S3_BUCKET from the settings of all servers\n',
    );
    return 1;
  }
  await database.unlimited((session) =>
    session.transaction(async (connection) => {
      await connection.query(archiveStatement('archiveSwitchOff'));
      await connection.query(archiveStatement('archiveClear'));
    }),
  );
  say('the archive is off: changes are no longer noted');
  return 0;
}

async function showStatus(database: Database): Promise<number> {
  const { is_on, destination, walk, is_held } = await readState(database);
  if (!is_on) {
    say('off');
    return 0;
  }
  const [backlog] = await database.query<{ pending: number; lag_seconds: number }>(
    archiveStatement('archiveBacklog'),
  );
  const { pending = 0, lag_seconds = 0 } = backlog ?? {};
  say(`to ${destination}, ${is_held ? 'a server ships' : 'no server ships'}`);
  say(`${pending} changes wait, the oldest for ${Math.round(lag_seconds)} s`);
  say(
    walk ? `what was there before is being shipped: ${walk.phase}` : 'all that was there before is shipped',
  );
  return 0;
}

async function readState(database: Database) {
  const [state] = await database.query<{
    is_on: boolean;
    destination: string | null;
    walk: Walk | null;
    is_held: boolean | null;
  }>(archiveStatement('archiveState'));
  if (!state) throw new Error('the table archive has no row');
  return state;
}

async function openFrom(settings: ServerSettings, from: string | undefined): Promise<Bucket> {
  const url = URL.parse(from ?? '');
  if (url?.protocol !== 's3:' || url.hostname === '') {
    throw new BadArguments(`--from: "${from ?? ''}" is not like s3://bucket/prefix`);
  }
  const at = { s3Bucket: url.hostname, s3Prefix: prefix(decodeURIComponent(url.pathname)) };
  const bucket = await openBucket({ ...settings, ...at });
  if (!bucket) throw new BadSettings('S3_BUCKET is not set');
  return bucket;
}

function read<T extends Record<string, 'string' | 'boolean'>>(
  args: readonly string[],
  types: T,
): { readonly [key in keyof T]?: string | boolean | undefined } {
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
  try {
    return parseArgs({ args: [...args], options }).values as ReturnType<typeof read<T>>;
  } catch (error) {
    throw new BadArguments((error as Error).message, { cause: error });
  }
}
