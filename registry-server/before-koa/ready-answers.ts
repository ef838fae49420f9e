import { LRUCache } from 'lru-cache';
import { pickVersion } from '../services/find-version.ts';
import { aliasOf } from '../services/read-subject.ts';
import { type CachedStore, type CacheUsage, usageOf } from '../store/cached.ts';
import { DEFAULT_CONTEXT, parseSubjectName } from '../subject-name.ts';
import { writeSchema, writeVersion } from '../writing/write-schema.ts';
import { keptBytes } from './kept-bytes.ts';
import {
  type KeptBasis,
  type KnownPosts,
  MAX_KNOWN_URL,
  OVERHEAD_BYTES,
  type ReadyAnswer,
  revisionsOf,
} from './known-posts.ts';

const MAX_BYTES = 32 * 1024 * 1024;

const byId = /^\/schemas\/ids\/([1-9]\d{0,8})$/;
// Anything unusual in a path is for the router to judge.
const byVersion = /^\/subjects\/([\w.~:%@!$&'()*+,=-]+)\/versions\/(latest|[1-9]\d{0,8})$/;

/**
 * The answers that memory has ready: of a schema under its id, a version of a subject, and a lookup or registration that
 * came before. An answer holds as long as the caches hold the very objects it was written from, so it is gone with them.
 */
export class ReadyAnswers {
  readonly #store: Pick<CachedStore, 'peekSubject' | 'peekSchema'>;
  readonly #knownPosts: KnownPosts;
  /** Answers by their path. */
  readonly #reads: LRUCache<string, ReadyAnswer>;

  constructor(
    store: Pick<CachedStore, 'peekSubject' | 'peekSchema'>,
    knownPosts: KnownPosts,
    maxEntries: number,
  ) {
    this.#store = store;
    this.#knownPosts = knownPosts;
    this.#reads = new LRUCache({
      max: maxEntries,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ body }, url) => body.length + url.length + OVERHEAD_BYTES,
    });
  }

  usage(): CacheUsage {
    return usageOf('answers', this.#reads);
  }

  findRead(url: string): ReadyAnswer | undefined {
    const found = this.#reads.get(url);
    return found && this.#isCurrent(found) ? found : this.#prepare(url);
  }

  findPost(url: string, sent: Buffer): ReadyAnswer | undefined {
    const found = this.#knownPosts.find(url, sent);
    return found && this.#isCurrent(found) ? found : undefined;
  }

  #isCurrent({ name, revisions, schema }: KeptBasis): boolean {
    if (this.#store.peekSchema(schema.context, schema.id) !== schema) return false;
    if (revisions === undefined) return true;
    const state = this.#store.peekSubject(name);
    return state !== undefined && revisionsOf(state) === revisions;
  }

  #prepare(url: string): ReadyAnswer | undefined {
    if (url.length > MAX_KNOWN_URL) return undefined;
    const ready = this.#prepareSchema(url) ?? this.#prepareVersion(url);
    if (ready !== undefined) this.#reads.set(url, ready);
    return ready;
  }

  #prepareSchema(url: string): ReadyAnswer | undefined {
    const id = byId.exec(url)?.[1];
    const schema = id === undefined ? undefined : this.#store.peekSchema(DEFAULT_CONTEXT, Number(id));
    if (schema === undefined) return undefined;
    const name = { context: DEFAULT_CONTEXT, subject: '' };
    const body = keptBytes(writeSchema(schema));
    return { name, revisions: undefined, schema, route: '/schemas/ids/:id', body };
  }

  #prepareVersion(url: string): ReadyAnswer | undefined {
    const [, subject, wanted] = byVersion.exec(url) ?? [];
    const text = subject && decode(subject);
    if (text === undefined) return undefined;
    const name = parseSubjectName(text);
    const state = this.#store.peekSubject(name);
    if (state === undefined || aliasOf(state) !== undefined) return undefined;
    const version = pickVersion(state, wanted === 'latest' ? 'latest' : Number(wanted), false);
    if (version === undefined) return undefined;
    const schema = this.#store.peekSchema(name.context, version.id);
    if (schema === undefined) return undefined;
    const body = keptBytes(writeVersion({ ...version, name, content: schema }));
    const route = '/subjects/:subject/versions/:version';
    return { name, revisions: revisionsOf(state), schema, route, body };
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
