import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { StoredSchema, SubjectState } from './store/store.ts';
import type { SubjectName } from './subject-name.ts';

/** The objects of the store's cache that an answer follows from: as long as they are there, it is the answer. */
export interface Basis {
  readonly name: SubjectName;
  readonly state: SubjectState;
  readonly schema: StoredSchema;
}

export interface KnownPost extends Basis {
  readonly route: string;
  readonly body: Buffer;
}

const MAX_BYTES = 16 * 1024 * 1024;
// What a digest, its place in the map and the objects around an answer take.
const OVERHEAD_BYTES = 512;

/**
 * Clients look the same schema up, or register it, each time they start. Answers to bodies that came before, byte by
 * byte, are found by a digest of them, without parsing anything.
 */
export class KnownPosts {
  readonly #answers: LRUCache<string, KnownPost>;
  /** Paths that have answers: for the others no digest is needed. */
  readonly #paths: LRUCache<string, true>;

  constructor(maxEntries: number) {
    this.#answers = new LRUCache({
      max: maxEntries,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ body }) => body.length + OVERHEAD_BYTES,
    });
    this.#paths = new LRUCache({ max: maxEntries });
  }

  find(url: string, sent: Buffer): KnownPost | undefined {
    return this.#paths.get(url) ? this.#answers.get(keyOf(url, sent)) : undefined;
  }

  keep(url: string, sent: Buffer, answer: KnownPost): void {
    this.#paths.set(url, true);
    this.#answers.set(keyOf(url, sent), answer);
  }
}

function keyOf(url: string, sent: Buffer): string {
  return `${url} ${hash('sha256', sent, 'base64')}`;
}
