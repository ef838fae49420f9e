import type { Lifecycle } from '../lifecycle.ts';
import { type HttpRecord, pathOf } from './http-record.ts';
import { type NoteParts, noteRequest } from './note-request.ts';

export interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly body: Buffer;
  /** More headers, as names and values in turn. */
  readonly headers?: readonly string[];
}

/** The one way to answer the API before Koa. */
export type Answering = (record: HttpRecord, answer: Answer) => void;

export function openAnswering(lifecycle: Lifecycle, parts: NoteParts): Answering {
  return (record, { status, mediaType, body, headers }) => {
    // Koa gives headers these names and this order.
    const head = ['X-Request-Id', record.id, 'Content-Type', mediaType];
    if (headers !== undefined) head.push(...headers);
    if (lifecycle.phase.is === 'draining') head.push('Connection', 'close');
    head.push('Content-Length', String(body.length));
    record.response.writeHead(status, head);
    record.response.end(body);
    noteRequest(parts, record, status, pathOf(record));
  };
}
