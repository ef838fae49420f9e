import type { Bucket } from '../../bucket.ts';
import type { Connection, Database, Statement } from '../../database.ts';
import { readState } from '../archive-state.ts';
import { readContents } from '../batch.ts';
import { folders, keys, type SubjectRecord, writeContent } from '../layout.ts';
import { contextRecords, looseRecords, subjectRecords } from '../records.ts';
import {
  BadSnapshot,
  compressPart,
  digestIn,
  type Manifest,
  manifestKey,
  nameOfTime,
  type Part,
  partKey,
  type RecordKind,
  SNAPSHOT_FORMAT,
  sha256,
  writeManifest,
  writeRecord,
} from './manifest.ts';

export interface Taking {
  readonly database: Database;
  readonly bucket: Bucket;
  /** What a person calls it; undefined: the time, of one that was due. */
  readonly name: string | undefined;
  /** What the registry is called. */
  readonly registryName: string | undefined;
  /** For one request; it ends with the lease. @throws Error where the lease has ended */
  readonly inLease: () => AbortSignal;
}

export interface Taken {
  readonly manifest: Manifest;
  readonly seconds: number;
  readonly requests: number;
  /** What was put into the bucket: what the snapshot shares with others is not. */
  readonly bytes: number;
}

const REQUESTS_AT_ONCE = 16;
const CONTENTS_AT_ONCE = 20;
/** What more than that waits to be shipped is shipped before. */
const MOST_WAITING = 2_000;
const LONGEST_PART_CHARACTERS = 4 * 1024 * 1024;

const sql = {
  snapshotView: `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created,
      (select count(*) from contexts where not is_removed)::integer as contexts,
      (select count(*) from subjects)::integer as subjects,
      (select count(*) from versions)::integer as versions,
      (select count(*) from schemas)::integer as schemas`,
  snapshotWaiting: `select distinct key from outbox where kind = 'content' limit $1`,
} as const satisfies Record<string, string>;

const statement = (name: keyof typeof sql): Statement => ({ name, text: sql[name] });

/**
 * Writes what the registry is at one moment: the parts that are not in the bucket yet, and last the manifest, so that
 * whenever it ends there is a whole snapshot or none. By whoever ships, who meanwhile removes nothing.
 * @throws BadSnapshot where there is one of that name, or too much waits to be shipped
 */
export async function takeSnapshot({
  database,
  bucket,
  name: givenName,
  registryName,
  inLease,
}: Taking): Promise<Taken> {
  const startedMs = performance.now();
  let requests = 0;
  let bytes = 0;
  const request = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    requests += 1;
    return work(inLease());
  };
  const put = (key: string, body: string | Uint8Array) => {
    bytes += Buffer.byteLength(body);
    return request((signal) => bucket.put(key, body, signal));
  };
  const uploads = openUploads(database.kind === 'embedded', put);

  if (givenName !== undefined) await ensureFree(givenName);
  const there = await listParts();
  const manifest = await database.unlimited((session) =>
    session.transaction(async (connection) => {
      await connection.runScript('set transaction isolation level repeatable read read only');
      const [view] = await connection.query<{ created: string } & Manifest['counts']>(
        statement('snapshotView'),
      );
      if (!view) throw new Error('the database answers nothing');
      const { created, ...counts } = view;
      const { registry_id: registryId, first_id: firstId } = await readState(connection);
      await shipContents(connection);
      const parts: Part[] = [];
      for await (const { kind, text, records } of textsOfParts(connection)) {
        const digest = sha256(text);
        const body = await compressPart(text);
        parts.push({ kind, digest, records, bytes: body.length });
        if (!there.has(digest)) await uploads.add(partKey(digest), body);
        there.add(digest);
      }
      const name = givenName ?? nameOfTime(new Date(created));
      const named = registryName === undefined ? {} : { registryName };
      return { format: SNAPSHOT_FORMAT, name, created, registryId, ...named, firstId, counts, parts };
    }),
  );
  await uploads.ended();
  await put(manifestKey(manifest.name), writeManifest(manifest));
  return { manifest, seconds: (performance.now() - startedMs) / 1000, requests, bytes };

  async function ensureFree(name: string): Promise<void> {
    const key = manifestKey(name);
    if ((await request((signal) => bucket.find(key, signal))) === undefined) return;
    throw new BadSnapshot(`there is a snapshot ${name} already: choose another name, or remove that one`);
  }

  async function listParts(): Promise<Set<string>> {
    const digests = new Set<string>();
    let next: string | undefined;
    do {
      const page = await request((signal) => bucket.list(folders.parts, next, signal));
      for (const key of page.keys) digests.add(digestIn(key) ?? '');
      next = page.next;
    } while (next !== undefined);
    return digests;
  }

  /** What was registered since the last batch is in this view, and not in the bucket yet. */
  async function shipContents(connection: Connection): Promise<void> {
    const waiting = await connection.query<{ key: string }>(statement('snapshotWaiting'), [MOST_WAITING + 1]);
    if (waiting.length > MOST_WAITING) throw new BadSnapshot('too much waits to be shipped');
    const digests = waiting.map(({ key }) => key);
    for (let from = 0; from < digests.length; from += CONTENTS_AT_ONCE) {
      const group = digests.slice(from, from + CONTENTS_AT_ONCE);
      for (const { digest, content } of await readContents(connection, group)) {
        await uploads.add(keys.content(digest), writeContent(content));
      }
    }
  }
}

interface PartText {
  readonly kind: RecordKind;
  readonly text: string;
  readonly records: number;
}

async function* textsOfParts(connection: Connection): AsyncGenerator<PartText> {
  yield* inParts('context', contextRecords(connection), ({ context }) => context);
  const nameOf = ({ context, subject }: SubjectRecord) => `${context}\n${subject}`;
  yield* inParts('subject', subjectRecords(connection), nameOf);
  yield* inParts('loose', looseRecords(connection), ({ context, id }) => `${context}\n${id}`);
}

/**
 * A part ends where a name says so, which is one in 256: what is registered or removed changes the part that it is in, and
 * no other. One that is too large ends before.
 */
async function* inParts<R extends object>(
  kind: RecordKind,
  records: AsyncIterable<R>,
  nameOf: (record: R) => string,
): AsyncGenerator<PartText> {
  let part: string[] = [];
  let characters = 0;
  const end = (): PartText => {
    const text = part.join('');
    const ended = { kind, text, records: part.length };
    part = [];
    characters = 0;
    return ended;
  };
  for await (const record of records) {
    const line = writeRecord(record);
    part.push(line);
    characters += line.length;
    if (isEnd(nameOf(record)) || characters > LONGEST_PART_CHARACTERS) yield end();
  }
  if (part.length > 0) yield end();
}

function isEnd(name: string): boolean {
  return sha256(name).startsWith('00');
}

/**
 * Sends some at once while others are read.
 * @param isLater where the database has one user, who must not wait for the bucket: everything is sent at the end
 */
function openUploads(isLater: boolean, put: (key: string, body: string | Uint8Array) => Promise<void>) {
  const underWay = new Set<Promise<void>>();
  const later: (readonly [string, string | Uint8Array])[] = [];
  let failure: { readonly error: unknown } | undefined;

  async function send(key: string, body: string | Uint8Array): Promise<void> {
    if (failure) throw failure.error;
    const sending: Promise<void> = put(key, body)
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
    if (underWay.size >= REQUESTS_AT_ONCE) await Promise.race(underWay);
  }

  return {
    async add(key: string, body: string | Uint8Array): Promise<void> {
      if (isLater) later.push([key, body]);
      else await send(key, body);
    },
    /** @throws what the first failure was */
    async ended(): Promise<void> {
      for (const [key, body] of later) await send(key, body);
      await Promise.all(underWay);
      if (failure) throw failure.error;
    },
  };
}
