import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { BytesUnderWay } from '../requests/bytes-under-way.ts';

/** The time for an answer to reach a client that is still sending, before it is told to stop. */
const ANSWER_TRAVEL_MS = 1_000;

/**
 * Counts what the calls of a connection send, until they are over. Of one that was answered before it was sent whole,
 * the rest is not read: its client would hold what came so far for as long as it likes.
 */
export function boundStreams(session: ServerHttp2Session, underWay: BytesUnderWay): void {
  session.on('stream', (stream: ServerHttp2Stream) => {
    let timer: NodeJS.Timeout | undefined;
    const sent = underWay.begin(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
    stream.on('data', (chunk: Buffer) => sent.add(chunk.length));
    stream.once('finish', () => {
      if (stream.readableEnded) return;
      stream.pause();
      timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), ANSWER_TRAVEL_MS);
    });
    stream.once('close', () => {
      sent.end();
      clearTimeout(timer);
    });
  });
}
