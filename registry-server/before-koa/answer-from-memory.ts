import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { principalOf } from '../authentication/principal.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { levelOf } from '../middleware/access-log.ts';
import { keepRawBody, rawBodyOf } from '../middleware/read-body.ts';
import { canRead, chooseMediaType } from '../reading/media-types.ts';
import { requestIdOf } from '../requests/request-id.ts';
import { pickVersion } from '../services/find-version.ts';
import { aliasOf } from '../services/read-subject.ts';
import type { CachedStore } from '../store/cached.ts';
import { DEFAULT_CONTEXT, parseSubjectName } from '../subject-name.ts';
import { noteRoute, traceOf } from '../tracing/trace-requests.ts';
import { writeSchema, writeVersion } from '../writing/write-schema.ts';
import { withoutContextPrefix } from './context-prefix.ts';
import { countedBody } from './count-bodies.ts';
import { keptBytes } from './kept-bytes.ts';
import {
  type KeptBasis,
  type KnownPosts,
  MAX_KNOWN_URL,
  OVERHEAD_BYTES,
  revisionsOf,
} from './known-posts.ts';

export interface FrontSettings {
  readonly store: Pick<CachedStore, 'peekSubject' | 'peekSchema'>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly known: KnownPosts;
  readonly answers: ReadyAnswers;
}

/** Ready answers to reads, by their path. */
export type ReadyAnswers = LRUCache<string, Ready>;

/** An answer, and what it was written from. */
interface Ready extends KeptBasis {
  readonly method: 'GET' | 'POST';
  readonly route: string;
  readonly body: Buffer;
  readonly length: string;
}

const MAX_BYTES = 32 * 1024 * 1024;
// Longer ones take long to parse anyway.
const MAX_POST_BYTES = 128 * 1024;

const byId = /^\/schemas\/ids\/([1-9]\d{0,8})$/;
// Anything unusual in a path is for the router to judge.
const byVersion = /^\/subjects\/([\w.~:%@!$&'()*+,=-]+)\/versions\/(latest|[1-9]\d{0,8})$/;

export function openAnswers(maxEntries: number): ReadyAnswers {
  return new LRUCache({
    max: maxEntries,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }, url) => body.length + url.length + OVERHEAD_BYTES,
  });
}

/**
 * Answers a schema under its id, a version of a subject, and a lookup or registration that came before, as the routes
 * would, from ready bytes and before Koa, which costs more than the answer does. Only what memory holds at this moment: the rest, and all that is not found,
 * goes on. An answer holds as long as the caches hold the very objects it was written from, so it is gone with them.
 */
export function openFront(
  { store, metrics, log, lifecycle, known, answers }: FrontSettings,
  rest: RequestListener,
): RequestListener {
  return (request, response) => {
    const url = withoutContextPrefix(request.url ?? '');
    request.url = url;
    if (lifecycle.phase.is === 'starting') return rest(request, response);
    if (request.method === 'GET') return answer(request, response, findKnown(url) ?? prepare(url));
    if (request.method === 'POST' && isShortPost(request)) return readPost(request, response);
    return rest(request, response);
  };

  function answer(request: IncomingMessage, response: ServerResponse, ready: Ready | undefined): void {
    const mediaType = ready && chooseMediaType(request.headers.accept ?? '');
    if (ready === undefined || mediaType === undefined) rest(request, response);
    else reply(request, response, ready, mediaType);
  }

  function readPost(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    const counted = countedBody(request);
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      counted?.add(chunk.length);
    });
    counted?.onGivingWay(() => {
      if (rawBodyOf(request) !== undefined) return;
      chunks.length = 0;
      request.removeAllListeners('data').removeAllListeners('end').pause();
      // It finds the same out, and has the words.
      rest(request, response);
    });
    request.on('end', () => {
      const sent = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      keepRawBody(request, sent);
      const found = known.find(request.url ?? '', sent);
      const isUsable = found !== undefined && isCurrent(found);
      answer(
        request,
        response,
        isUsable ? { ...found, method: 'POST', length: String(found.body.length) } : undefined,
      );
    });
  }

  function findKnown(url: string): Ready | undefined {
    const found = answers.get(url);
    return found && isCurrent(found) ? found : undefined;
  }

  function isCurrent({ name, revisions, schema }: KeptBasis): boolean {
    if (store.peekSchema(schema.context, schema.id) !== schema) return false;
    if (revisions === undefined) return true;
    const state = store.peekSubject(name);
    return state !== undefined && revisionsOf(state) === revisions;
  }

  function prepare(url: string): Ready | undefined {
    if (url.length > MAX_KNOWN_URL) return undefined;
    const ready = prepareSchema(url) ?? prepareVersion(url);
    if (ready !== undefined) answers.set(url, ready);
    return ready;
  }

  function prepareSchema(url: string): Ready | undefined {
    const id = byId.exec(url)?.[1];
    const schema = id === undefined ? undefined : store.peekSchema(DEFAULT_CONTEXT, Number(id));
    if (schema === undefined) return undefined;
    const name = { context: DEFAULT_CONTEXT, subject: '' };
    return {
      method: 'GET',
      route: '/schemas/ids/:id',
      name,
      revisions: undefined,
      schema,
      ...written(writeSchema(schema)),
    };
  }

  function prepareVersion(url: string): Ready | undefined {
    const [, subject, wanted] = byVersion.exec(url) ?? [];
    const text = subject && decode(subject);
    if (text === undefined) return undefined;
    const name = parseSubjectName(text);
    const state = store.peekSubject(name);
    if (state === undefined || aliasOf(state) !== undefined) return undefined;
    const version = pickVersion(state, wanted === 'latest' ? 'latest' : Number(wanted), false);
    if (version === undefined) return undefined;
    const schema = store.peekSchema(name.context, version.id);
    if (schema === undefined) return undefined;
    const body = writeVersion({ ...version, name, content: schema });
    const route = '/subjects/:subject/versions/:version';
    return { method: 'GET', route, name, revisions: revisionsOf(state), schema, ...written(body) };
  }

  function reply(request: IncomingMessage, response: ServerResponse, ready: Ready, mediaType: string): void {
    const started = performance.now();
    const requestId = requestIdOf(request.headers['x-request-id']);
    // The names and the order that Koa gives them.
    const head = ['X-Request-Id', requestId, 'Content-Type', mediaType];
    if (lifecycle.phase.is === 'draining') head.push('Connection', 'close');
    head.push('Content-Length', ready.length);
    response.writeHead(200, head);
    response.end(ready.body);

    metrics.cacheRead('memory', true);
    if (ready.revisions !== undefined) metrics.cacheRead('memory', true);
    if (ready.method === 'POST' && ready.route.endsWith('/versions')) metrics.registration('existing');
    const durationMs = performance.now() - started;
    metrics.request(ready.route, ready.method, 200, durationMs / 1000);
    noteRoute(request, ready.route);
    log[levelOf(ready.method)]('request', {
      requestId,
      traceId: traceOf(request)?.traceId,
      principal: principalOf(request)?.name,
      method: ready.method,
      path: request.url?.split('?')[0],
      status: 200,
      durationMs: Math.round(durationMs * 100) / 100,
    });
  }
}

function isShortPost({ url = '', headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length']);
  return length <= MAX_POST_BYTES && url.startsWith('/subjects/') && canRead(headers);
}

function written(value: object): Pick<Ready, 'body' | 'length'> {
  const body = keptBytes(value);
  return { body, length: String(body.length) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
