import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import type { CountedBody } from '../before-koa/counted-body.ts';
import { recordOf } from '../before-koa/http-record.ts';
import { RegistryError } from '../errors.ts';
import type { JsonObject } from '../reading/json-object.ts';
import { decodeJson } from './decode-json.ts';

// Requests are flat; a schema is a string in them, and its depth is for its type to judge.
const MAX_DEPTH = 100;

/** @throws RegistryError when there is none, it is too large, or it is not a JSON object */
export async function readBody(ctx: Pick<Context, 'req' | 'request'>, maxBytes: number): Promise<JsonObject> {
  const text = await readBodyText(ctx, maxBytes);
  const value = parse(text);
  if (value === null) throw new RegistryError('NO_BODY');
  if (isDeeperThan(value, MAX_DEPTH)) {
    throw new RegistryError('BAD_REQUEST', { detail: `The body is nested deeper than ${MAX_DEPTH} levels` });
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new RegistryError('BAD_REQUEST', { detail: 'The body is not a JSON object' });
  }
  return value as JsonObject;
}

/**
 * The body as it was sent, for whoever minds the order of its members, and bounds its depth.
 * @throws RegistryError when there is none, or it is too large
 */
export async function readBodyText(ctx: Pick<Context, 'req' | 'request'>, maxBytes: number): Promise<string> {
  const text = await readText(ctx, maxBytes);
  if (text.trim() === '') throw new RegistryError('NO_BODY');
  return text;
}

async function readText(
  { req, request }: Pick<Context, 'req' | 'request'>,
  maxBytes: number,
): Promise<string> {
  const { rawBody, countedBody } = recordOf({ req });
  if (rawBody && rawBody.length <= maxBytes) return decodeJson(rawBody);
  if (rawBody) throw new RegistryError('BODY_TOO_LARGE', { detail: String(maxBytes) });
  let bytes: Buffer;
  try {
    bytes = await readBytes(req, countedBody, maxBytes, request.length ?? null);
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    const { type } = error as { type?: string };
    if (type === 'entity.too.large') {
      throw new RegistryError('BODY_TOO_LARGE', { detail: String(maxBytes) }, { cause: error });
    }
    if (type === undefined) throw error;
    throw new RegistryError('BAD_REQUEST', { detail: 'The body did not arrive whole' }, { cause: error });
  }
  return decodeJson(bytes);
}

async function readBytes(
  request: IncomingMessage,
  counted: CountedBody | undefined,
  limit: number,
  length: number | null,
): Promise<Buffer> {
  if (counted === undefined) return getRawBody(request, { limit, length });
  if (counted.hasGivenWay()) throw new RegistryError('OVERLOADED');
  const { promise: gaveWay, reject } = Promise.withResolvers<never>();
  counted.onGivingWay(() => {
    request.removeAllListeners('data').pause();
    reject(new RegistryError('OVERLOADED'));
  });
  const count = (chunk: Buffer) => counted.add(chunk.length);
  request.on('data', count);
  try {
    return await Promise.race([getRawBody(request, { limit, length }), gaveWay]);
  } catch (error) {
    // Node takes what somebody has listened to for read; the next request of the connection waits behind the rest.
    if (!counted.hasGivenWay()) request.off('data', count).resume();
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RegistryError(
      'BAD_REQUEST',
      { detail: `The body is not JSON: ${(error as Error).message}` },
      { cause: error },
    );
  }
}

/** Parsing takes any depth; what walks over the value afterwards recurses. */
function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (most === 0) return true;
  return Object.values(value).some((part) => isDeeperThan(part, most - 1));
}
