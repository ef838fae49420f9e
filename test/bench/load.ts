import { once } from 'node:events';
import { connect } from 'node:net';

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
  /** Answers other than 200. */
  readonly failed: number;
  /** Length of the last body that was answered. */
  readonly bodyBytes: number;
}

export interface Loading {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests at most. */
  readonly count?: number;
  /** The n-th request, as the bytes on the wire. */
  readonly request: (n: number) => Buffer;
}

export function aGet(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n`);
}

export function aPost(path: string, body: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(body));
  const head = `POST ${path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), text]);
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Each connection sends its next request when the last one is answered. On bare sockets: a client must not be the limit. */
export async function load({
  url,
  connections,
  seconds,
  request,
  count = Number.POSITIVE_INFINITY,
}: Loading): Promise<Load> {
  const { hostname, port } = new URL(url);
  const times: number[] = [];
  let failed = 0;
  let sent = 0;
  let bodyBytes = 0;
  const started = performance.now();
  const end = started + seconds * 1000;

  async function run(): Promise<void> {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let received = Buffer.alloc(0);
    let missing = -1;
    let sentAt = 0;
    const closed = once(socket, 'close');
    const send = () => {
      sentAt = performance.now();
      if (sentAt >= end || sent >= count) socket.end();
      else socket.write(request(sent++));
    };
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (missing < 0) {
        const head = received.indexOf(END_OF_HEAD);
        if (head < 0) return;
        const text = received.toString('latin1', 0, head);
        if (!text.startsWith('HTTP/1.1 200')) failed += 1;
        const length = /content-length: (\d+)/i.exec(text)?.[1];
        if (length === undefined) throw new Error(`an answer without a length: ${text}`);
        bodyBytes = Number(length);
        missing = head + END_OF_HEAD.length + bodyBytes;
      }
      if (received.length < missing) return;
      times.push(performance.now() - sentAt);
      received = Buffer.alloc(0);
      missing = -1;
      send();
    });
    socket.once('connect', send);
    await closed;
  }

  await Promise.all(Array.from({ length: connections }, run));
  const perSecond = times.length / ((performance.now() - started) / 1000);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    perSecond,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    answered: times.length,
    failed,
    bodyBytes,
  };
}
