import { createReadStream, createWriteStream, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from './log.ts';
import { openBucket } from './open-bucket.ts';
import { openDatabase } from './open-database.ts';
import { prefix } from './setting-values.ts';
import { BadSettings, type ServerSettings } from './settings.ts';
import { restoreRemoved, tendSnapshots } from './snapshot-verbs.ts';
import { openArchiveFile, writeArchiveFile } from './store/archive/archive-file.ts';
import { readState } from './store/archive/archive-state.ts';
import { exportArchive } from './store/archive/export-archive.ts';
import { type Rebuilding, rebuild } from './store/archive/rebuild.ts';
import { bucketAt } from './store/archive/snapshots/bucket-at.ts';
import { getSnapshot } from './store/archive/snapshots/find-snapshot.ts';
import { archiveStatement } from './store/archive/sql.ts';
import type { Walk } from './store/archive/walk.ts';
import type { Bucket } from './store/bucket.ts';
import type { Database } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { databases } from './store/table.ts';
import { BadArguments, readOptions } from './verb-arguments.ts';
import { version } from './version.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** `rebuild --from s3://bucket/prefix [--at SNAPSHOT] [--dry-run] [--partial]` */
export async function rebuildFromArchive(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const options = readOptions(args, {
    from: 'string',
    at: 'string',
    'dry-run': 'boolean',
    partial: 'boolean',
  });
  const bucket = await openFrom(settings, options.from);
  const how = { isDryRun: options['dry-run'] === true, isPartial: options.partial === true };
  if (options.at === undefined) return rebuildFrom(settings, bucket, how);
  const manifest = await getSnapshot(bucket, options.at);
  say(`as of ${manifest.created}, by the snapshot ${manifest.name}`);
  return rebuildFrom(settings, bucketAt(bucket, manifest), { ...how, isOlder: true });
}

/** `archive import FILE [--dry-run]` */
async function importFile(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const { file, options } = readWithFile(args, { 'dry-run': 'boolean' });
  const from = file === '-' ? process.stdin : createReadStream(file);
  const bucket = await openArchiveFile(from, file);
  return rebuildFrom(settings, bucket, {
    isDryRun: options['dry-run'] === true,
    isPartial: false,
    isExport: true,
  });
}

async function rebuildFrom(
  settings: ServerSettings,
  bucket: Bucket,
  {
    isDryRun,
    isPartial,
    isExport = false,
    isOlder = false,
  }: Pick<Rebuilding, 'isDryRun' | 'isPartial' | 'isExport' | 'isOlder'>,
): Promise<number> {
  // Nothing is kept, so it need not be the database that is there: whoever tests an archive has one that is in use.
  const folder = isDryRun ? mkdtempSync(join(tmpdir(), 'registry-rebuild-')) : undefined;
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const database = folder === undefined ? openDatabase(settings, log) : databases.embedded(folder);
  try {
    await migrate(database);
    let lastReported = 0;
    const result = await rebuild(database, bucket, {
      isDryRun,
      isPartial,
      isExport,
      isOlder,
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
        `${problems} ${problems === 1 ? 'problem' : 'problems'}: ${outcome}${isWritten || isDryRun || isExport ? '' : '; --partial leaves out what is missing or damaged'}\n`,
      );
    } else say(isWritten ? 'rebuilt' : 'whole: every object is what it was when it was written');
    return problems > 0 && !isWritten ? 1 : 0;
  } finally {
    await database.close();
    bucket.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** `archive [--all | --off | export FILE | import FILE [--dry-run] | snapshots [take NAME | remove NAME] | restore --at SNAPSHOT …]` */
export async function tendArchive(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === 'export') return exportFile(settings, rest);
  if (verb === 'import') return importFile(settings, rest);
  if (verb === 'snapshots') return tendSnapshots(settings, rest);
  if (verb === 'restore') return restoreRemoved(settings, rest);
  const options = readOptions(args, { all: 'boolean', off: 'boolean' });
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

/** `archive export FILE`: servers go on meanwhile. */
async function exportFile(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const { file } = readWithFile(args, {});
  if (file !== '-' && existsSync(file))
    throw new BadArguments(`${file} is there already, and is not written over`);
  const { logLevel: level, logFormat: format } = settings;
  // What is written to stdout may be the file.
  const log = openLog({ level, format }, (line) => process.stderr.write(line));
  const database = openDatabase(settings, log);
  const part = `${file}.part`;
  try {
    await migrate(database);
    const objects = await database.unlimited((session) =>
      session.transaction(async (connection) => {
        await connection.runScript('set transaction isolation level repeatable read read only');
        const to = file === '-' ? process.stdout : createWriteStream(part, { mode: 0o600, flush: true });
        return writeArchiveFile(exportArchive(connection), version, to);
      }),
    );
    if (file !== '-') renameSync(part, file);
    process.stderr.write(`${objects} objects are in ${file === '-' ? 'the export' : file}\n`);
    return 0;
  } finally {
    rmSync(part, { force: true });
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
    walk
      ? `what was there before is being shipped: ${(walk as Walk).phase}`
      : 'all that was there before is shipped',
  );
  return 0;
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

function readWithFile<T extends Record<string, 'string' | 'boolean'>>(args: readonly string[], kinds: T) {
  const isFile = (word: string) => word === '-' || !word.startsWith('-');
  const [file, ...others] = args.filter(isFile);
  if (file === undefined || others.length > 0)
    throw new BadArguments('archive export and archive import want one FILE; - is stdout or stdin');
  const flags = args.filter((word) => !isFile(word));
  return { file, options: readOptions(flags, kinds) };
}
