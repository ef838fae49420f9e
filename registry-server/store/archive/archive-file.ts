import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createGzip } from 'node:zlib';
import type { Bucket } from '../bucket.ts';
import type { ArchiveObject } from './export-archive.ts';
import { FORMAT } from './layout.ts';
import { CannotRebuild } from './rebuild.ts';

/**
 * A registry in one file: gzip over lines of JSON. The first says what it is, each further one has an object of the
 * archive with its key, and the last one how many there are and the SHA-256 of all lines before it, so that what was cut
 * off or changed is noticed.
 */
interface Head {
  readonly archive: typeof KIND;
  readonly format: number;
  /** Of the server that wrote it. */
  readonly version: string;
}

interface End {
  readonly end: { readonly objects: number; readonly sha256: string };
}

const KIND = 'llm-schema-registry';

/** The file is none, is damaged, or was cut off. */
export class CannotImport extends CannotRebuild {
  override readonly name = 'CannotImport';
}

/** @returns how many objects were written */
export async function writeArchiveFile(
  objects: AsyncIterable<ArchiveObject>,
  version: string,
  to: Writable,
): Promise<number> {
  let count = 0;
  const digest = createHash('sha256');
  async function* lines(): AsyncGenerator<string> {
    const noted = (line: string) => {
      digest.update(line);
      return line;
    };
    yield noted(`${JSON.stringify({ archive: KIND, format: FORMAT, version } satisfies Head)}\n`);
    for await (const { key, text } of objects) {
      count += 1;
      // As it stands: its digest is over its very text, which ends with the end of a line.
      yield noted(`{"key":${JSON.stringify(key)},"object":${text.trimEnd()}}\n`);
    }
    const end: End = { end: { objects: count, sha256: digest.digest('hex') } };
    yield `${JSON.stringify(end)}\n`;
  }
  await pipeline(Readable.from(lines()), createGzip(), to);
  return count;
}

/**
 * Reads the file to its end before anything is believed, into a temporary file that the bucket reads from.
 * @param name of the file, for messages
 * @throws CannotImport with what is wrong, and where
 */
export async function openArchiveFile(from: Readable, name: string): Promise<Bucket> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-import-'));
  const file = openSync(join(folder, 'objects'), 'w+', 0o600);
  const close = () => {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const places = await readLines(from, name, file);
    return bucketOf(places, name, file, close);
  } catch (error) {
    close();
    throw error;
  }
}

interface Place {
  readonly position: number;
  readonly length: number;
}

async function readLines(from: Readable, name: string, file: number): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  const digest = createHash('sha256');
  let position = 0;
  let number = 0;
  let end: End['end'] | undefined;
  const wrong = (what: string) => new CannotImport(`${name}, line ${number}: ${what}`);
  const take = (line: string) => {
    number += 1;
    if (end) throw wrong('there is more after the end');
    if (number === 1) ensureHead(line, name);
    else end = readEnd(line);
    if (end) return;
    digest.update(`${line}\n`);
    if (number === 1) return;
    const found = /^\{"key":("(?:[^"\\]|\\.)*"),"object":(.*)\}$/s.exec(line);
    if (!found) throw wrong('damaged');
    const key = JSON.parse(found[1] ?? '""') as string;
    if (places.has(key)) throw wrong(`${key} is there twice`);
    const text = Buffer.from(`${found[2]}\n`);
    writeSync(file, text, 0, text.length, position);
    places.set(key, { position, length: text.length });
    position += text.length;
  };
  try {
    await pipeline(from, createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
      for await (const line of linesOf(chunks, () => wrong('longer than a line of an export'))) take(line);
    });
  } catch (error) {
    if (error instanceof CannotImport) throw error;
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw new CannotImport(`${name} cannot be read: ${message}`, { cause: error });
    if (code !== 'Z_BUF_ERROR')
      throw number === 0
        ? new CannotImport(`${name} is no export of a registry: it is no gzip`, { cause: error })
        : new CannotImport(`${name} is damaged after line ${number}: ${message}`, { cause: error });
    // It was cut off, as is said below.
  }
  if (!end)
    throw new CannotImport(
      number === 0
        ? `${name} is no export of a registry: it is empty`
        : `${name} was cut off after line ${number}: its end is missing`,
    );
  if (end.objects !== places.size)
    throw new CannotImport(`${name} has ${places.size} objects, and its end says ${end.objects}`);
  if (end.sha256 !== digest.digest('hex'))
    throw new CannotImport(`${name} was changed: it has not the digest that stands at its end`);
  return places;
}

// A schema of the largest size, with the escapes of JSON, and a subject of a hundred thousand versions have room.
const LONGEST_LINE = 256 * 1024 * 1024;

async function* linesOf(chunks: AsyncIterable<Buffer>, tooLong: () => Error): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [first = '', ...more] = decoder.write(chunk).split('\n');
    rest.push(first);
    length += first.length;
    if (length > LONGEST_LINE) throw tooLong();
    for (const part of more) {
      yield rest.join('');
      rest = [part];
      length = part.length;
    }
  }
  if (length > 0) yield rest.join('');
}

function ensureHead(line: string, name: string): void {
  let head: Partial<Head> | undefined;
  try {
    head = JSON.parse(line) as Partial<Head>;
  } catch {
    // Said below.
  }
  if (head?.archive !== KIND || !Number.isInteger(head.format))
    throw new CannotImport(`${name} is no export of a registry: its first line is not that of one`);
  if ((head.format as number) > FORMAT)
    throw new CannotImport(
      `${name} was written by a newer version of the server (${head.version}): format ${head.format}, and this one reads up to ${FORMAT}`,
    );
}

function readEnd(line: string): End['end'] | undefined {
  const found = /^\{"end":\{"objects":(\d{1,12}),"sha256":"([0-9a-f]{64})"\}\}$/.exec(line);
  return found ? { objects: Number(found[1]), sha256: found[2] ?? '' } : undefined;
}

function bucketOf(places: Map<string, Place>, address: string, file: number, close: () => void): Bucket {
  return {
    address,
    find: async (key) => read(key)?.toString('utf8'),
    findBytes: async (key) => read(key),
    async list(below) {
      return { keys: [...places.keys()].filter((key) => key.startsWith(below)), next: undefined };
    },
    async put() {
      throw new Error('an export is not written to');
    },
    async remove() {
      throw new Error('an export is not written to');
    },
    close,
  };

  function read(key: string): Buffer | undefined {
    const place = places.get(key);
    if (!place) return undefined;
    const text = Buffer.alloc(place.length);
    readSync(file, text, 0, place.length, place.position);
    return text;
  }
}
