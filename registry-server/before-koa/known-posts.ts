import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type CacheUsage, usageOf } from '../store/cached.ts';
import type { StoredSchema, SubjectState } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';

/** What an answer follows from: as long as the store's cache holds it, it is the answer. */
export interface Basis {
  readonly name: SubjectName;
  readonly state: SubjectState;
  readonly schema: StoredSchema;
}

/** A basis without the state itself, which may be large, and would be kept for as long as the answer. */
export interface KeptBasis {
  readonly name: SubjectName;
  /** `revisionsOf` the state; undefined where the path names no subject. */
  readonly revisions: string | undefined;
  readonly schema: StoredSchema;
}

/** Neither revision ever comes again, so a state that has both is the same. */
export const revisionsOf = ({ revision, settingsRevision }: SubjectState): string =>
  `${revision} ${settingsRevision}`;

/** An answer, and what it was written from. */
export interface ReadyAnswer extends KeptBasis {
  readonly route: string;
  readonly body: Buffer;
}

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_PATH_BYTES = 4 * 1024 * 1024;
/** What a digest, its place in the map and the objects around an answer take. */
export const OVERHEAD_BYTES = 512;
/**
 * For the longest name, escaped, and the parameters that there are. What is longer has something else in it, and is
 * answered without being remembered.
 */
export const MAX_KNOWN_URL = 4_096;

/**
 * Clients look the same schema up, or register it, each time they start. Answers to bodies that came before, byte by
 * byte, are found by a digest of them, without parsing anything.
 */
export class KnownPosts {
  readonly #answers: LRUCache<string, ReadyAnswer>;
  /** The paths that have answers; for the others no digest is needed. */
  readonly #paths: LRUCache<string, true>;

  constructor(maxEntries: number) {
    this.#answers = new LRUCache({
      max: maxEntries,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ body, name }, key) =>
        body.length + key.length + name.context.length + name.subject.length + OVERHEAD_BYTES,
    });
    this.#paths = new LRUCache({
      max: maxEntries,
      maxSize: MAX_PATH_BYTES,
      sizeCalculation: (_, path) => path.length + OVERHEAD_BYTES,
    });
  }

  usage(): CacheUsage {
    return usageOf('posts', this.#answers);
  }

  find(url: string, sent: Buffer): ReadyAnswer | undefined {
    return this.#paths.get(url) ? this.#answers.get(keyOf(url, sent)) : undefined;
  }

  keep(url: string, sent: Buffer, answer: ReadyAnswer): void {
    if (url.length > MAX_KNOWN_URL) return;
    this.#paths.set(url, true);
    this.#answers.set(keyOf(url, sent), answer);
  }
}

function keyOf(url: string, sent: Buffer): string {
  return hash('sha256', `${url} ${hash('sha256', sent, 'base64')}`, 'base64');
}
