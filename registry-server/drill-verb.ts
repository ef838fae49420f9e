import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from './log.ts';
import { openBucket } from './open-bucket.ts';
import { openDatabase } from './open-database.ts';
import { BadSettings, hasDatabase, type ServerSettings } from './settings.ts';
import { drill } from './store/archive/drill.ts';
import { DRILL_KEY, type DrillRecord, seal } from './store/archive/layout.ts';
import { migrate } from './store/migrate.ts';
import { databases } from './store/table.ts';
import { BadArguments, readOptions } from './verb-arguments.ts';

const REQUEST_DEADLINE_MS = 30_000;
const MAX_READS = 100_000;

/** `drill [--at SNAPSHOT] [--reads N]`: exits with 0 where the archive is what the registry is, else with 1. */
export async function runDrill(settings: ServerSettings, args: readonly string[]): Promise<number> {
  const { at, reads } = readWhat(args);
  const bucket = await openBucket(settings);
  if (!bucket)
    throw new BadSettings('S3_BUCKET: is not set; a drill restores from the archive that is there');
  if (!hasDatabase(settings)) {
    throw new BadSettings(
      'DATABASE_URL: is not set; a drill compares with the registry that lives, and the PostgreSQL in its process has one user at a time',
    );
  }
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  const folder = mkdtempSync(join(tmpdir(), 'registry-drill-'));
  const live = openDatabase({ ...settings, minConnections: 0, maxConnections: 2 }, log);
  const scratch = databases.embedded(folder);
  try {
    await migrate(scratch);
    const record = await drill({
      live,
      scratch,
      bucket,
      at,
      reads,
      tell: (words) => log.debug(words, {}),
    });
    await bucket.put(DRILL_KEY, seal(record), AbortSignal.timeout(REQUEST_DEADLINE_MS));
    for (const difference of record.differences) process.stderr.write(`${difference}\n`);
    process.stdout.write(`${inWords(record)}\n`);
    return record.differing === 0 ? 0 : 1;
  } finally {
    await Promise.all([live.close(), scratch.close()]);
    bucket.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function inWords({
  snapshot,
  subjects,
  versions,
  schemas,
  gone,
  reads,
  differing,
  seconds,
}: DrillRecord): string {
  const of = snapshot === undefined ? '' : `snapshot ${snapshot}: `;
  const restored = `${of}${subjects} subjects, ${versions} versions and ${schemas} schemas restored in ${seconds} s, ${reads} of them read in both`;
  const removed = gone === 0 ? '' : `; ${gone} were removed since`;
  return differing === 0
    ? `${restored}: all the same${removed}`
    : `${restored}: ${differing} differ${removed}`;
}

function readWhat(args: readonly string[]): { readonly at: string | undefined; readonly reads: number } {
  const { at, reads: given = '100' } = readOptions(args, { at: 'string', reads: 'string' });
  const reads = Number(given);
  if (!Number.isInteger(reads) || reads < 0 || reads > MAX_READS) {
    throw new BadArguments(`--reads: "${given}" is not a whole number from 0 to ${MAX_READS}`);
  }
  return { at, reads };
}
