import { inParallel } from '../../../waiting/in-parallel.ts';
import type { Bucket } from '../../bucket.ts';
import { folders } from '../layout.ts';
import { tried } from '../tried.ts';
import { BadSnapshot, type Manifest, manifestKey, nameIn, readManifest, timeIn } from './manifest.ts';

const REQUESTS_AT_ONCE = 8;

type Requests = <T>(request: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Of all snapshots in the bucket, in no order. */
export async function listNames(bucket: Bucket, requests: Requests = tried): Promise<readonly string[]> {
  const names: string[] = [];
  let next: string | undefined;
  do {
    const page = await requests((signal) => bucket.list(folders.snapshots, next, signal));
    names.push(...page.keys.flatMap((key) => nameIn(key) ?? []));
    next = page.next;
  } while (next !== undefined);
  return names;
}

/**
 * @returns undefined where there is none of that name
 * @throws BadSnapshot where it is damaged, or a newer server's
 */
export async function findManifest(
  bucket: Bucket,
  name: string,
  requests: Requests = tried,
): Promise<Manifest | undefined> {
  const key = manifestKey(name);
  const text = await requests((signal) => bucket.find(key, signal));
  return text === undefined ? undefined : readManifest(key, text);
}

/** Oldest first. @throws BadSnapshot where one cannot be read */
export async function listManifests(
  bucket: Bucket,
  names: readonly string[],
  requests: Requests = tried,
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  await inParallel(names, REQUESTS_AT_ONCE, async (name) => {
    const manifest = await findManifest(bucket, name, requests);
    if (manifest) manifests.push(manifest);
  });
  return manifests.toSorted(byTime);
}

/**
 * @param at a name, or a time as ISO 8601 has it: then the newest snapshot that is not after it
 * @throws BadSnapshot with what there is
 */
export async function getSnapshot(bucket: Bucket, at: string): Promise<Manifest> {
  const names = await listNames(bucket);
  if (names.length === 0) throw new BadSnapshot(`there are no snapshots at ${bucket.address}`);
  if (names.includes(at)) {
    const manifest = await findManifest(bucket, at);
    if (manifest) return manifest;
  }
  const time = readTime(at);
  if (time === undefined) {
    throw new BadSnapshot(
      `there is no snapshot "${at}" at ${bucket.address}: write the name of one, such as ${newestOf(names)}, or a time such as 2026-11-26T22:00:00Z`,
    );
  }
  const found = await newestUntil(bucket, names, time);
  if (found) return found;
  const [first] = await listManifests(bucket, names);
  throw new BadSnapshot(
    `${at} is before the first snapshot at ${bucket.address}, which is ${first?.name ?? 'not there any more'}${first ? ` of ${first.created}` : ''}`,
  );
}

/** Those that persons named have their time inside, so they are all read; of the others one. */
async function newestUntil(
  bucket: Bucket,
  names: readonly string[],
  time: Date,
): Promise<Manifest | undefined> {
  const byName = names
    .filter((name) => (timeIn(name)?.getTime() ?? Number.POSITIVE_INFINITY) <= time.getTime())
    .toSorted()
    .slice(-1);
  const named = names.filter((name) => timeIn(name) === undefined);
  const candidates = await listManifests(bucket, [...byName, ...named]);
  return candidates.findLast(({ created }) => Date.parse(created) <= time.getTime());
}

/** Undefined where it is none; a time without a zone is in UTC. */
function readTime(text: string): Date | undefined {
  const [, day, hours, zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?(Z|[+-]\d{2}:\d{2})?$/i.exec(text) ??
    [];
  if (day === undefined) return undefined;
  const time = new Date(`${day}T${hours ?? '00:00:00'}${zone.toUpperCase()}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function newestOf(names: readonly string[]): string {
  return (
    names
      .filter((name) => timeIn(name) !== undefined)
      .toSorted()
      .at(-1) ?? (names[0] as string)
  );
}

function byTime(one: Manifest, other: Manifest): number {
  return Date.parse(one.created) - Date.parse(other.created) || (one.name < other.name ? -1 : 1);
}
