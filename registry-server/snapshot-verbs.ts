import { setTimeout as delay } from 'node:timers/promises';
import { openLog } from './log.ts';
import { openBucket } from './open-bucket.ts';
import { openDatabase } from './open-database.ts';
import { BadSettings, type ServerSettings } from './settings.ts';
import { openArchive } from './store/archive/archive.ts';
import { readState } from './store/archive/archive-state.ts';
import { type BroughtBack, bringBack } from './store/archive/snapshots/bring-back.ts';
import {
  findManifest,
  getSnapshot,
  listManifests,
  listNames,
} from './store/archive/snapshots/find-snapshot.ts';
import {
  BadSnapshot,
  GIVEN_NAME,
  isGivenName,
  type Manifest,
  timeIn,
} from './store/archive/snapshots/manifest.ts';
import { snapshotStatement } from './store/archive/snapshots/sql.ts';
import type { Bucket } from './store/bucket.ts';
import type { Database } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { formatSubjectName, type SubjectName } from './subject-name.ts';
import { BadArguments, readOptions } from './verb-arguments.ts';

const ANSWER_MS = 10 * 60_000;
const LOOK_MS = 250;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** `archive snapshots [take NAME | remove NAME]` */
export async function tendSnapshots(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const [verb, name, ...more] = args;
  const isRight =
    verb === undefined || ((verb === 'take' || verb === 'remove') && name !== undefined && more.length === 0);
  if (!isRight) throw new BadArguments('archive snapshots wants nothing, take NAME, or remove NAME');
  const bucket = await openBucket(settings);
  if (!bucket) throw new BadSettings('S3_BUCKET is not set');
  try {
    if (verb === undefined || name === undefined) return await list(bucket);
    return await (verb === 'take' ? take(settings, bucket, name) : remove(settings, bucket, name));
  } finally {
    bucket.close();
  }
}

async function list(bucket: Bucket): Promise<number> {
  const names = await listNames(bucket);
  let damaged = 0;
  const manifests: Manifest[] = [];
  for (const name of names) {
    try {
      manifests.push(...(await listManifests(bucket, [name])));
    } catch (error) {
      if (!(error instanceof BadSnapshot)) throw error;
      damaged += 1;
      process.stderr.write(`${error.message}\n`);
    }
  }
  if (names.length === 0) say(`there are no snapshots at ${bucket.address}`);
  else if (manifests.length > 0) for (const line of linesOf(manifests)) say(line);
  return damaged === 0 ? 0 : 1;
}

function linesOf(manifests: readonly Manifest[]): readonly string[] {
  const rows = manifests
    .toSorted((one, other) => Date.parse(one.created) - Date.parse(other.created))
    .map(({ name, created, counts }) => [
      name,
      `${created.slice(0, 19)}Z`,
      ...[counts.subjects, counts.versions, counts.schemas].map(String),
    ]);
  const table = [['NAME', 'TIME', 'SUBJECTS', 'VERSIONS', 'SCHEMAS'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => row.map((word, column) => word.padEnd(widths[column] ?? 0)).join('  '));
}

async function take(settings: ServerSettings, bucket: Bucket, name: string): Promise<number> {
  if (!isGivenName(name)) throw new BadArguments(`"${name}" is no name of a snapshot: ${GIVEN_NAME}`);
  await ask(settings, bucket, name, false);
  const manifest = await findManifest(bucket, name);
  if (!manifest) throw new BadSnapshot(`the snapshot ${name} is gone already`);
  const { subjects, versions, schemas } = manifest.counts;
  say(`${name}: ${subjects} subjects, ${versions} versions, ${schemas} schemas, as of ${manifest.created}`);
  return 0;
}

async function remove(settings: ServerSettings, bucket: Bucket, name: string): Promise<number> {
  if (!isGivenName(name) && timeIn(name) === undefined) {
    throw new BadArguments(`"${name}" is no name of a snapshot: archive snapshots lists them`);
  }
  await ask(settings, bucket, name, true);
  say(`${name} is removed`);
  return 0;
}

/** `archive restore --at SNAPSHOT [--subject PATTERN]… [--dry-run] [--partial]` */
export async function restoreRemoved(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const kinds = { at: 'string', subject: 'strings', 'dry-run': 'boolean', partial: 'boolean' } as const;
  const { at, subject: patterns, ...options } = readOptions(args, kinds);
  if (at === undefined) {
    throw new BadArguments(
      'archive restore wants --at with the name of a snapshot, or a time such as 2026-11-26T22:00:00Z',
    );
  }
  const [isDryRun, isPartial] = [options['dry-run'] === true, options.partial === true];
  const bucket = await openBucket(settings);
  if (!bucket) throw new BadSettings('S3_BUCKET is not set');
  const log = openLog({ level: settings.logLevel, format: settings.logFormat }, (line) =>
    process.stderr.write(line),
  );
  const database = openDatabase(settings, log);
  try {
    await migrate(database);
    const manifest = await getSnapshot(bucket, at);
    say(`as of ${manifest.created}, by the snapshot ${manifest.name}`);
    const wanted = patterns && new Map(patterns.map((pattern) => [pattern, matching(pattern)]));
    const found = new Set<string>();
    const isWanted = (name: SubjectName) => {
      const matched = [...(wanted ?? [])].filter(([, matches]) => matches(formatSubjectName(name)));
      for (const [pattern] of matched) found.add(pattern);
      return matched.length > 0;
    };
    const { problems, isWritten, ...counts } = await bringBack({
      database,
      bucket,
      manifest,
      isWanted: wanted && isWanted,
      missing: () =>
        (patterns ?? []).flatMap((pattern) =>
          found.has(pattern) ? [] : `--subject "${pattern}" is no subject of the snapshot`,
        ),
      isDryRun,
      isPartial,
      tell: (name, versions) => say(`${formatSubjectName(name)}: ${versions.join(', ')}`),
      problem: (problem) => process.stderr.write(`${problem}\n`),
    });
    return outcome({ ...counts, problems, isWritten }, isDryRun);
  } finally {
    await database.close();
    bucket.close();
  }
}

function outcome(
  { subjects, versions, schemas, problems, isWritten }: BroughtBack,
  isDryRun: boolean,
): number {
  const what = `${versions} versions of ${subjects} subjects, ${schemas} schemas`;
  if (problems > 0 && !isWritten) {
    process.stderr.write(
      `${problems} ${problems === 1 ? 'problem' : 'problems'}: nothing was written${isDryRun ? '' : '; --subject names what is to come back, --partial does without those subjects'}\n`,
    );
    return 1;
  }
  if (versions === 0 && schemas === 0)
    say('nothing is to be brought back: all that the snapshot has is there');
  else say(isDryRun ? `${what} would be brought back` : `${what} are brought back`);
  return 0;
}

/** With `*` for any characters. */
function matching(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`, 's');
  return (name) => expression.test(name);
}

/**
 * Whoever ships to the archive does it, for that knows what must not go meanwhile; where no server runs, that is this
 * process.
 * @throws BadSnapshot where it cannot be done
 */
async function ask(
  settings: ServerSettings,
  bucket: Bucket,
  name: string,
  isRemoval: boolean,
): Promise<void> {
  const log = openLog({ level: settings.logLevel, format: settings.logFormat }, (line) =>
    process.stderr.write(line),
  );
  const database = openDatabase(settings, log);
  try {
    await migrate(database);
    const { is_on, destination } = await readState(database);
    if (!is_on || destination !== bucket.address) {
      const where = is_on
        ? `the archive of this database is at ${destination}`
        : 'this database has no archive yet';
      throw new BadSnapshot(`${where}, and the settings name ${bucket.address}`);
    }
    await database.query(snapshotStatement('snapshotAsk'), [name, isRemoval]);
    await database.query(snapshotStatement('snapshotWake'));
    const counts = { shipped() {}, failed() {} };
    const archive = openArchive(database, { ...bucket, close() {} }, log, counts, {
      name: settings.registryName,
    });
    archive.start();
    try {
      await answered(database, name);
    } finally {
      await archive.close();
    }
  } finally {
    await database.close();
  }
}

async function answered(database: Database, name: string): Promise<void> {
  for (const startedMs = performance.now(); performance.now() - startedMs < ANSWER_MS; ) {
    const [request] = await database.query<{ failure: string | null }>(snapshotStatement('snapshotOutcome'), [
      name,
    ]);
    if (!request) return;
    if (request.failure !== null) {
      await database.query(snapshotStatement('snapshotAnswered'), [name]);
      throw new BadSnapshot(request.failure);
    }
    await delay(LOOK_MS);
  }
  throw new BadSnapshot(
    `nobody has done it in ${ANSWER_MS / 60_000} minutes, and it is still to be done: the log of the servers says why`,
  );
}
