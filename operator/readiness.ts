import type { Checks, LastDrill, Snapshot } from './observed.ts';

type ArchiveCheck = NonNullable<Checks['archive']>;

/** What an answer to `/ready` says. */
export interface Readiness {
  readonly status: 'up' | 'degraded' | 'down';
  /** Why it is down. */
  readonly cause: string | undefined;
  /** The same in one word, where there is one. */
  readonly reason: string | undefined;
  readonly version: string | undefined;
  readonly checks: Checks;
}

/** What a server says, and what earlier versions said. */
const statuses: Readonly<Record<string, Readiness['status']>> = {
  up: 'up',
  ready: 'up',
  degraded: 'degraded',
  down: 'down',
  unready: 'down',
};

const longestWords = 300;
/** Of snapshots, and of differences that a drill has found. */
const mostNamed = 5;

/**
 * Whoever can name an image can answer anything: each part is taken for what it has to be or not at all, and words are
 * cut, because they go on into a status, an Event and a log.
 * @returns undefined where it is no answer of a registry
 */
export function readReadiness(body: unknown): Readiness | undefined {
  const { status, cause, reason, version, checks } = fieldsOf(body);
  const state = typeof status === 'string' && Object.hasOwn(statuses, status) ? statuses[status] : undefined;
  if (state === undefined) return undefined;
  const { database, cache, writes, archive } = fieldsOf(checks);
  return {
    status: state,
    cause: words(cause),
    reason: word(reason),
    version: versionNumber(version),
    checks: {
      ...(database === undefined ? {} : { database: readCheck(database) }),
      ...(writes === undefined ? {} : { writes: readCheck(writes) }),
      ...(cache === undefined ? {} : { cache: readCheck(cache) }),
      ...(archive === undefined ? {} : { archive: { ...readCheck(archive), ...readArchive(archive) } }),
    },
  };
}

function readCheck(check: unknown) {
  const fields = fieldsOf(check);
  const { status, cause, reason, version, migration, oldestServer, pending, lagSeconds } = fields;
  return withoutMissing({
    status: status === 'up' || status === 'down' ? status : undefined,
    cause: words(cause),
    reason: word(reason),
    version: versionNumber(version),
    migration: count(migration),
    oldestServer: versionNumber(oldestServer),
    registryId: uuid(fields.registryId),
    lastId: count(fields.lastId),
    revision: count(fields.revision),
    volume: volume(fields.volume),
    pending: count(pending),
    lagSeconds: count(lagSeconds),
  });
}

/** What only an archive has. */
function readArchive(check: unknown): Pick<ArchiveCheck, 'lastDrill' | 'snapshots' | 'snapshotFailure'> {
  const { lastDrill, snapshots, snapshotFailure } = fieldsOf(check);
  return withoutMissing({
    lastDrill: readDrill(lastDrill),
    snapshots: Array.isArray(snapshots) ? snapshots.slice(0, mostNamed).flatMap(readSnapshot) : undefined,
    snapshotFailure: words(snapshotFailure),
  });
}

/** Undefined where a part of it is missing: half a drill must not look like one that found all well. */
function readDrill(drill: unknown): LastDrill | undefined {
  const fields = fieldsOf(drill);
  const endedAt = time(fields.endedAt);
  const snapshot = snapshotName(fields.snapshot);
  const [seconds, subjects, versions, schemas, differing] = [
    fields.seconds,
    fields.subjects,
    fields.versions,
    fields.schemas,
    fields.differing,
  ].map(count);
  if (endedAt === undefined || seconds === undefined || differing === undefined) return undefined;
  if (subjects === undefined || versions === undefined || schemas === undefined) return undefined;
  const named = Array.isArray(fields.differences) ? fields.differences.slice(0, mostNamed) : [];
  return {
    endedAt,
    seconds,
    ...(snapshot === undefined ? {} : { snapshot }),
    subjects,
    versions,
    schemas,
    differing,
    differences: named.flatMap((one) => words(one) ?? []),
  };
}

function readSnapshot(snapshot: unknown): readonly Snapshot[] {
  const { name, created, counts } = fieldsOf(snapshot);
  const { subjects, versions, schemas } = fieldsOf(counts);
  const of = time(created);
  const named = snapshotName(name);
  if (of === undefined || named === undefined) return [];
  return [
    {
      name: named,
      // As Kubernetes writes times.
      time: `${of.slice(0, 19)}Z`,
      subjects: count(subjects) ?? 0,
      versions: count(versions) ?? 0,
      schemas: count(schemas) ?? 0,
    },
  ];
}

function snapshotName(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,63}$/.test(value) ? value : undefined;
}

function time(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/.test(value)
    ? value
    : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Words in one line, and cut; undefined where there are none. */
export function words(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value
    .slice(0, 4 * longestWords)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+/g, ' ')
    .trim()
    .toWellFormed();
  if (line === '') return undefined;
  return line.length > longestWords ? `${line.slice(0, longestWords).toWellFormed()}…` : line;
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w{1,64}$/.test(value) ? value : undefined;
}

function volume(value: unknown) {
  const { sizeBytes, freeBytes } = fieldsOf(value);
  const [size, free] = [count(sizeBytes), count(freeBytes)];
  return size === undefined || free === undefined ? undefined : { sizeBytes: size, freeBytes: free };
}

function uuid(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
    ? value
    : undefined;
}

function versionNumber(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.+-]{1,64}$/.test(value) ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function withoutMissing<T extends object>(object: T) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
