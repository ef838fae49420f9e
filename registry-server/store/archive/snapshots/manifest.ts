import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  type ContextRecord,
  folders,
  type LooseRecord,
  type SubjectRecord,
  seal,
  unseal,
} from '../layout.ts';
import { CannotRebuild } from '../rebuild.ts';

/** A change of manifests or parts that older servers cannot read moves it. */
export const SNAPSHOT_FORMAT = 1;

/**
 * A registry at one moment: which parts say what was there. A part holds records one after the other, and is called by
 * its digest, so that one which did not change is shared with the snapshot before; schemas are where they are anyway,
 * under their own digests.
 */
export interface Manifest extends SnapshotSummary {
  readonly format: number;
  readonly registryId: string;
  /** What the registry was called; absent where it had no name. */
  readonly registryName?: string;
  /** Where the ids of a new context began. */
  readonly firstId: number;
  readonly parts: readonly Part[];
}

export interface SnapshotSummary {
  readonly name: string;
  /** By the database's clock, in UTC as ISO 8601 has it. */
  readonly created: string;
  readonly counts: SnapshotCounts;
}

export interface SnapshotCounts {
  readonly contexts: number;
  readonly subjects: number;
  readonly versions: number;
  readonly schemas: number;
}

export interface Part {
  readonly kind: RecordKind;
  readonly digest: string;
  readonly records: number;
  /** Of what is in the bucket, which is compressed. */
  readonly bytes: number;
}

export type SnapshotRecord =
  | { readonly kind: 'context'; readonly record: ContextRecord }
  | { readonly kind: 'subject'; readonly record: SubjectRecord }
  | { readonly kind: 'loose'; readonly record: LooseRecord };
export type RecordKind = SnapshotRecord['kind'];
export type RecordOf<K extends RecordKind> = Extract<SnapshotRecord, { kind: K }>['record'];

/** The snapshot that was asked for is not there, or cannot be used. */
export class BadSnapshot extends CannotRebuild {
  override readonly name = 'BadSnapshot';
}

export const manifestKey = (name: string) => `${folders.snapshots}${name}.json`;
export const partKey = (digest: string) => `${folders.parts}${digest}.json.gz`;

/** Undefined for what somebody else put there. */
export function nameIn(key: string): string | undefined {
  const name = /^snapshots\/(.*)\.json$/s.exec(key)?.[1];
  return name !== undefined && (isGivenName(name) || timeIn(name) !== undefined) ? name : undefined;
}

export function digestIn(key: string): string | undefined {
  return /^snapshot-parts\/([0-9a-f]{64})\.json\.gz$/.exec(key)?.[1];
}

export const GIVEN_NAME = 'lower-case letters, digits, dots and hyphens, 63 at most, a letter first';

/** What a person may call a snapshot: never like a time. */
export function isGivenName(name: string): boolean {
  return /^[a-z]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name);
}

/** `2026-11-26T22-00-00Z`: a time in a key, where colons are no good. */
export function nameOfTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}

/** When a snapshot was taken by schedule, by its name; undefined for one that a person named. */
export function timeIn(name: string): Date | undefined {
  const [, day, hours, minutes, seconds] = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z$/.exec(name) ?? [];
  const time = new Date(`${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

export function writeManifest(manifest: Manifest): string {
  return seal(manifest);
}

/** @throws BadSnapshot where it is damaged, or a newer server's */
export function readManifest(key: string, text: string): Manifest {
  const manifest = unseal<Manifest>(text);
  if (!manifest) throw new BadSnapshot(`${key}: damaged`);
  if (manifest.format > SNAPSHOT_FORMAT) {
    throw new BadSnapshot(
      `${key}: written by a newer version of the server: format ${manifest.format}, and this one reads up to ${SNAPSHOT_FORMAT}`,
    );
  }
  return manifest;
}

/** A line of the text of a part, whose digest is over all of it. */
export function writeRecord(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function compressPart(text: string): Promise<Uint8Array> {
  return promisify(gzip)(text);
}

// What is longer has not the size of a part that was ever written.
const LONGEST_PART = 512 * 1024 * 1024;

/** Undefined when it is not what was written. */
export async function readPart<K extends RecordKind>(
  { digest }: Part & { readonly kind: K },
  bytes: Uint8Array,
): Promise<readonly RecordOf<K>[] | undefined> {
  const text = await promisify(gunzip)(bytes, { maxOutputLength: LONGEST_PART }).then(
    (raw) => raw.toString('utf8'),
    // Whatever makes it no gzip, it is not what was written.
    () => undefined,
  );
  if (text === undefined || sha256(text) !== digest) return undefined;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordOf<K>);
}
