import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { requestIdOf } from './middleware/identify-request.ts';
import { chooseMediaType } from './middleware/negotiate.ts';
import { writeSchema, writeVersion } from './routes/write-reply.ts';
import { pickVersion } from './services/find-version.ts';
import type { CachedStore } from './store/cached.ts';
import type { StoredSchema, SubjectState } from './store/store.ts';
import { DEFAULT_CONTEXT, parseSubjectName, type SubjectName } from './subject-name.ts';

export interface FrontSettings {
  readonly store: Pick<CachedStore, 'peekSubject' | 'peekSchema'>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly maxEntries: number;
}

/** An answer, and the objects of the store's cache that it was written from. */
interface Ready {
  readonly route: string;
  readonly name: SubjectName;
  /** Undefined where the path names no subject. */
  readonly state: SubjectState | undefined;
  readonly schema: StoredSchema;
  readonly body: Buffer;
  readonly length: string;
}

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_ACCEPTS = 64;
const MAX_ACCEPT_LENGTH = 256;

const byId = /^\/schemas\/ids\/([1-9]\d{0,8})$/;
// Anything unusual in a path is for the router to judge.
const byVersion = /^\/subjects\/([\w.~:%@!$&'()*+,=-]+)\/versions\/(latest|[1-9]\d{0,8})$/;

/**
 * Answers a schema under its id and a version of a subject as the routes would, from ready bytes and before Koa,
 * which costs more than the answer does. Only what memory holds at this moment: the rest, and all that is not found,
 * goes on. An answer holds as long as the caches hold the very objects it was written from, so it is gone with them.
 */
export function openFront(
  { store, metrics, log, lifecycle, maxEntries }: FrontSettings,
  rest: RequestListener,
): RequestListener {
  const answers = new LRUCache<string, Ready>({
    max: maxEntries,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => body.length + 1,
  });
  const mediaTypes = new Map<string, string>();

  return (request, response) => {
    const { url = '', method } = request;
    const isTaken = method === 'GET' && lifecycle.phase.is !== 'starting';
    const ready = isTaken ? (findKnown(url) ?? prepare(url)) : undefined;
    const mediaType = ready && mediaTypeFor(request.headers.accept ?? '');
    if (ready === undefined || mediaType === undefined) return rest(request, response);
    reply(request, response, ready, mediaType);
  };

  function findKnown(url: string): Ready | undefined {
    const known = answers.get(url);
    if (known === undefined) return undefined;
    const { name, state, schema } = known;
    const isCurrent =
      store.peekSchema(schema.context, schema.id) === schema &&
      (state === undefined || store.peekSubject(name) === state);
    return isCurrent ? known : undefined;
  }

  function prepare(url: string): Ready | undefined {
    const ready = prepareSchema(url) ?? prepareVersion(url);
    if (ready !== undefined) answers.set(url, ready);
    return ready;
  }

  function prepareSchema(url: string): Ready | undefined {
    const id = byId.exec(url)?.[1];
    const schema = id === undefined ? undefined : store.peekSchema(DEFAULT_CONTEXT, Number(id));
    if (schema === undefined) return undefined;
    const name = { context: DEFAULT_CONTEXT, subject: '' };
    return { route: '/schemas/ids/:id', name, state: undefined, schema, ...written(writeSchema(schema)) };
  }

  function prepareVersion(url: string): Ready | undefined {
    const [, subject, wanted] = byVersion.exec(url) ?? [];
    const text = subject && decode(subject);
    if (text === undefined) return undefined;
    const name = parseSubjectName(text);
    const state = store.peekSubject(name);
    const version = state && pickVersion(state, wanted === 'latest' ? 'latest' : Number(wanted), false);
    if (version === undefined) return undefined;
    const schema = store.peekSchema(name.context, version.id);
    if (schema === undefined) return undefined;
    const body = writeVersion({ ...version, name, content: schema });
    return { route: '/subjects/:subject/versions/:version', name, state, schema, ...written(body) };
  }

  /** Undefined when it is too rare to remember, or refused. */
  function mediaTypeFor(accept: string): string | undefined {
    const known = mediaTypes.get(accept);
    if (known !== undefined) return known;
    if (accept.length > MAX_ACCEPT_LENGTH || mediaTypes.size >= MAX_ACCEPTS) return undefined;
    const chosen = chooseMediaType(accept);
    if (chosen !== undefined) mediaTypes.set(accept, chosen);
    return chosen;
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
    if (ready.state !== undefined) metrics.cacheRead('memory', true);
    const durationMs = performance.now() - started;
    metrics.request(ready.route, 'GET', 200, durationMs / 1000);
    log.debug('request', {
      requestId,
      method: 'GET',
      path: request.url,
      status: 200,
      durationMs: Math.round(durationMs * 100) / 100,
    });
  }
}

function written(value: object): Pick<Ready, 'body' | 'length'> {
  const body = Buffer.from(JSON.stringify(value));
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
