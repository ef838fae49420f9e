import { Agent, request as undiciRequest } from 'undici';

const longestForeignBytes = 64 * 1024;

/** A GET over a connection of its own: a kept one would go on speaking to a pod that is about to stop. */
export async function getJson(
  url: string,
  timeoutMs: number,
  { ca, serverName }: Trust = {},
  signal?: AbortSignal,
): Promise<JsonAnswer> {
  const connect = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const dispatcher = new Agent({ connect: { ...connect, ...(serverName && { servername: serverName }) } });
  try {
    const response = await undiciRequest(url, {
      reset: true,
      dispatcher,
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
      headers: { accept: 'application/json' },
    });
    return { status: response.statusCode, body: await readForeign(response.body) };
  } finally {
    await dispatcher.destroy();
  }
}

export interface JsonAnswer {
  readonly status: number;
  /** What the answer holds; undefined where it is no JSON. */
  readonly body: unknown;
}

/**
 * What somebody else's program sends, which need not end by itself.
 * @throws Error where it is longer than an answer can be
 */
export async function readForeign(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > longestForeignBytes)
      throw new Error(`the answer is longer than ${longestForeignBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Whose answer counts. A question without a secret may be put to whoever answers. */
export interface Trust {
  /** The certificates to trust, in PEM; undefined: whoever answers is trusted. */
  readonly ca?: string;
  /** The name in its certificate, where the URL has an address. */
  readonly serverName?: string;
}
