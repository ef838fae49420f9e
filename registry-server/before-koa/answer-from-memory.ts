import type { Lifecycle } from '../lifecycle.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { canRead, chooseMediaType } from '../reading/media-types.ts';
import type { Answering } from './answer.ts';
import type { HttpRecord } from './http-record.ts';
import type { ReadyAnswer } from './known-posts.ts';
import type { ReadyAnswers } from './ready-answers.ts';
import type { Handler, Station } from './station.ts';

export interface AnswerFromMemoryParts {
  readonly answers: Pick<ReadyAnswers, 'findRead' | 'findPost'>;
  readonly metrics: Pick<Metrics, 'cacheRead' | 'registration'>;
  readonly lifecycle: Lifecycle;
  readonly answer: Answering;
}

// Longer bodies take so long to parse that a ready answer would save little.
const MAX_POST_BYTES = 128 * 1024;

/**
 * Answers what memory has ready, as the routes would, from its bytes and before Koa, which costs more than the answer
 * does. Only what memory holds at this moment: the rest, and all that is not found, goes on.
 */
export function answerFromMemory(parts: AnswerFromMemoryParts): Station {
  const { answers, metrics, lifecycle, answer } = parts;
  return (next) => (record) => {
    const { method, url } = record;
    if (lifecycle.phase.is === 'starting') next(record);
    else if (method === 'GET') answerOr(next, record, answers.findRead(url));
    else if (method === 'POST' && isShortPost(record)) readPost(record, next);
    else next(record);
  };

  function answerOr(next: Handler, record: HttpRecord, found: ReadyAnswer | undefined): void {
    const mediaType = found && chooseMediaType(record.request.headers.accept ?? '');
    if (found === undefined || mediaType === undefined) {
      next(record);
      return;
    }
    record.route = found.route;
    answer(record, { status: 200, mediaType, body: found.body });
    metrics.cacheRead('memory', true);
    if (found.revisions !== undefined) metrics.cacheRead('memory', true);
    if (record.method === 'POST' && found.route.endsWith('/versions')) metrics.registration('existing');
  }

  function readPost(record: HttpRecord, next: Handler): void {
    const { request, countedBody } = record;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      countedBody?.add(chunk.length);
    });
    countedBody?.onGivingWay(() => {
      if (record.rawBody !== undefined) return;
      chunks.length = 0;
      request.removeAllListeners('data').removeAllListeners('end').pause();
      // The next one finds out that the body gave way, and has the words for it.
      next(record);
    });
    request.on('end', () => {
      const sent = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      record.rawBody = sent;
      answerOr(next, record, answers.findPost(record.url, sent));
    });
  }
}

function isShortPost({ url, request: { headers } }: HttpRecord): boolean {
  const length = Number(headers['content-length']);
  return length <= MAX_POST_BYTES && url.startsWith('/subjects/') && canRead(headers);
}
