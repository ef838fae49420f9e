import type { IncomingMessage, ServerResponse } from 'node:http';
import { unasked } from '../authentication/admit.ts';
import { requestIdOf } from '../requests/request-id.ts';
import type { RequestRecord } from '../requests/request-record.ts';
import { type FindSubjectPlace, withoutContextPrefix } from './context-prefix.ts';
import type { CountedBody } from './counted-body.ts';
import type { Basis } from './known-posts.ts';

/** A request to the REST API. What the stations and Koa's middleware find out about it stands here and nowhere else. */
export interface HttpRecord extends RequestRecord {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** The URL without the prefix of a context. */
  readonly url: string;
  /** The pattern of its path, once somebody knows it. */
  route: string | undefined;
  /** Undefined where the body is too short to be counted. */
  countedBody: CountedBody | undefined;
  /** The whole body, where it had to be read before Koa: a stream is read once. */
  rawBody: Buffer | undefined;
  /** Its query, once somebody has read it. */
  search: URLSearchParams | undefined;
  /** Aborted when nobody waits for the answer any more; undefined where its time is not limited. */
  signal: AbortSignal | undefined;
  /** What its answer follows from, where that may be remembered. */
  basis: Basis | undefined;
}

interface Recorded extends IncomingMessage {
  record?: HttpRecord;
}

/** The record of a request whose head has just been read. */
export function beginRequest(
  request: IncomingMessage,
  response: ServerResponse,
  findSubjectPlace: FindSubjectPlace,
): HttpRecord {
  const record: HttpRecord = {
    id: requestIdOf(request.headers['x-request-id']),
    startedMs: performance.now(),
    trace: undefined,
    admission: unasked,
    request,
    response,
    method: request.method ?? '',
    url: withoutContextPrefix(request.url ?? '', findSubjectPlace),
    route: undefined,
    countedBody: undefined,
    rawBody: undefined,
    search: undefined,
    signal: undefined,
    basis: undefined,
  };
  (request as Recorded).record = record;
  return record;
}

/** Koa makes a context of its own, and hands on the request. */
export function recordOf({ req }: { readonly req: IncomingMessage }): HttpRecord {
  const { record } = req as Recorded;
  if (record === undefined) throw new Error('a request has come to Koa past the stations before it');
  return record;
}

/** The path without its query, which is for clients to fill. */
export function pathOf({ url }: HttpRecord): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** The fields by which a line of the log names a request. */
export function namesOf({ id, method }: HttpRecord, path: string) {
  return { requestId: id, method, path };
}
