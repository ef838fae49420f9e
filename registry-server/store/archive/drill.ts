import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '../bucket.ts';
import type { Database } from '../database.ts';
import { sqlStore } from '../sql-store.ts';
import type { Store } from '../store.ts';
import { ForeignArchive } from './archive-health.ts';
import { readState } from './archive-state.ts';
import { type DrillRecord, REGISTRY_KEY, type RegistryRecord, unseal } from './layout.ts';
import { CannotRebuild, rebuild } from './rebuild.ts';
import { bucketAt } from './snapshots/bucket-at.ts';
import { getSnapshot, listNames } from './snapshots/find-snapshot.ts';
import type { Manifest } from './snapshots/manifest.ts';
import { drillStatement } from './sql.ts';

export interface Drilling {
  /** The registry that the archive is of; it is only read. */
  readonly live: Database;
  /** Empty, with its tables, and thrown away after it. */
  readonly scratch: Database;
  readonly bucket: Bucket;
  /** The snapshot that is restored, by name or time; undefined: the newest, or the archive as it is where there is none. */
  readonly at: string | undefined;
  /** How many versions are read in both. */
  readonly reads: number;
  /** How far it has come. */
  readonly tell: (words: string) => void;
}

const PAGE = 2_000;
const MAX_NAMED = 10;
const DAY_MS = 86_400_000;
const counted = ['subjects', 'versions', 'schemas'] as const;

interface SchemaRow {
  readonly context: string;
  readonly id: number;
  readonly digest: string;
}

interface VersionRow {
  readonly context: string;
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly created_at: string;
}

/**
 * Restores an archive into a database that is thrown away, and compares what comes of it with the registry that lives: every
 * id with its digest, every version with its id, and all that a client is told of some of them. What was removed for good since
 * is no difference.
 * @throws ForeignArchive where the archive is another registry's
 * @throws BadSnapshot where the one that is asked for is not there, or cannot be used
 */
export async function drill(drilling: Drilling): Promise<DrillRecord> {
  const { live, scratch, at, bucket, reads, tell } = drilling;
  const startedMs = performance.now();
  const differences: string[] = [];
  let differing = 0;
  let gone = 0;
  const differs = (words: string) => {
    differing += 1;
    if (differences.length < MAX_NAMED) differences.push(words);
  };
  await mustBeOf(live, bucket);
  const asked = at === undefined ? undefined : await getSnapshot(bucket, at);
  const restored = { subjects: 0, versions: 0, schemas: 0 };
  let snapshot: string | undefined;
  let read = 0;
  try {
    const manifest = asked ?? (await findNewest(bucket));
    snapshot = manifest?.name;
    const { subjects, versions, schemas } = await rebuild(
      scratch,
      manifest ? bucketAt(bucket, manifest) : bucket,
      {
        isPartial: true,
        isDryRun: false,
        isExport: true,
        problem: differs,
        progress: (done) => tell(`${done} subjects are restored`),
      },
    );
    Object.assign(restored, { subjects, versions, schemas });
    if (manifest) compareCounts(manifest);
    await compareSchemas();
    await compareVersions();
    read = await compareAnswers();
  } catch (error) {
    // That nothing can be restored is what a drill is to find out.
    if (!(error instanceof CannotRebuild)) throw error;
    differs(error.message);
  }
  return {
    endedAt: new Date().toISOString(),
    seconds: Math.round(performance.now() - startedMs) / 1000,
    snapshot,
    ...restored,
    gone,
    reads: read,
    differing,
    differences,
  };

  function compareCounts({ name, counts }: Manifest): void {
    for (const what of counted) {
      if (restored[what] !== counts[what]) {
        differs(
          `snapshot ${name}: ${restored[what]} ${what} were restored, and it was taken of ${counts[what]}`,
        );
      }
    }
  }

  async function compareSchemas(): Promise<void> {
    let last: Pick<SchemaRow, 'context' | 'id'> = { context: '', id: 0 };
    for (let page = await next(); page.length > 0; page = await next()) {
      const found = await live.query<SchemaRow>(drillStatement('drillSameSchemas'), [JSON.stringify(page)]);
      const digests = new Map(found.map(({ context, id, digest }) => [`${context}/${id}`, digest]));
      for (const { context, id, digest } of page) {
        const lives = digests.get(`${context}/${id}`);
        if (lives === undefined) gone += 1;
        else if (lives !== digest)
          differs(`id ${id} of context ${context} is another schema in the registry`);
      }
      last = page.at(-1) ?? last;
    }

    function next() {
      return scratch.query<SchemaRow>(drillStatement('drillSchemas'), [last.context, last.id, PAGE]);
    }
  }

  async function compareVersions(): Promise<void> {
    let last: Pick<VersionRow, 'context' | 'subject' | 'version'> = { context: '', subject: '', version: 0 };
    for (let page = await next(); page.length > 0; page = await next()) {
      const found = await live.query<VersionRow>(drillStatement('drillSameVersions'), [JSON.stringify(page)]);
      const nameOf = ({ context, subject, version }: VersionRow) =>
        JSON.stringify([context, subject, version]);
      const living = new Map(found.map((row) => [nameOf(row), row]));
      for (const row of page) {
        const lives = living.get(nameOf(row));
        // One that was registered anew under its number was gone before.
        if (lives?.created_at !== row.created_at) gone += 1;
        else if (lives.id !== row.id)
          differs(`${inWords(row)} has the id ${lives.id} in the registry, and ${row.id} in its archive`);
      }
      last = page.at(-1) ?? last;
    }

    function next() {
      const { context, subject, version } = last;
      return scratch.query<VersionRow>(drillStatement('drillVersions'), [context, subject, version, PAGE]);
    }
  }

  async function compareAnswers(): Promise<number> {
    const chosen = await scratch.query<VersionRow>(drillStatement('drillReads'), [reads]);
    const [restored, living] = [sqlStore(scratch), sqlStore(live)];
    let compared = 0;
    for (const row of chosen) {
      const [ours, theirs] = [await answerOf(restored, row), await answerOf(living, row)];
      if (theirs === undefined) continue;
      compared += 1;
      if (!isDeepStrictEqual(ours, theirs)) differs(`${inWords(row)} is not what it is in the registry`);
    }
    return compared;
  }
}

/** @throws ForeignArchive */
async function mustBeOf(live: Database, bucket: Bucket): Promise<void> {
  const text = await bucket.find(REGISTRY_KEY, AbortSignal.timeout(30_000));
  const record = text === undefined ? undefined : unseal<RegistryRecord>(text);
  const { registry_id } = await readState(live);
  if (record !== undefined && record.registryId !== registry_id) {
    throw new ForeignArchive(
      `${bucket.address} holds the archive of another registry: its identity is ${record.registryId}, and that of this one ${registry_id}`,
    );
  }
}

async function findNewest(bucket: Bucket): Promise<Manifest | undefined> {
  if ((await listNames(bucket)).length === 0) return undefined;
  // The clock of the database may be ahead of this one.
  return getSnapshot(bucket, new Date(Date.now() + DAY_MS).toISOString());
}

/** All that is told of a schema; undefined where it is there no longer. */
async function answerOf(store: Store, { context, subject, version, id }: VersionRow) {
  const schema = await store.findSchema(context, id);
  if (schema === undefined) return undefined;
  const { versions } = await store.readSubject({ context, subject }, 'now');
  const found = versions.find((one) => one.version === version);
  return found === undefined ? undefined : { ...schema, version, createdAtMs: found.createdAtMs };
}

function inWords({ context, subject, version }: Pick<VersionRow, 'context' | 'subject' | 'version'>): string {
  return `version ${version} of ${context === '.' ? '' : `:${context}:`}${subject}`;
}
