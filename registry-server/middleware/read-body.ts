import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { RegistryError } from '../errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

// Requests are flat; a schema is a string in them, and its depth is for its type to judge.
const MAX_DEPTH = 100;

/** @throws RegistryError when there is none, it is too large, or it is not a JSON object */
export async function readBody(ctx: Pick<Context, 'req' | 'request'>, maxBytes: number): Promise<JsonObject> {
  const text = await readText(ctx, maxBytes);
  if (text.trim() === '') throw new RegistryError('NO_BODY');
  if (isDeeperThan(text, MAX_DEPTH)) {
    throw new RegistryError('BAD_REQUEST', { detail: `The body is nested deeper than ${MAX_DEPTH} levels` });
  }
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RegistryError('BAD_REQUEST', { detail: 'The body is not a JSON object' });
  }
  return value as JsonObject;
}

async function readText(
  { req, request }: Pick<Context, 'req' | 'request'>,
  maxBytes: number,
): Promise<string> {
  try {
    return await getRawBody(req, { limit: maxBytes, length: request.length ?? null, encoding: 'utf-8' });
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === 'entity.too.large') {
      throw new RegistryError('BODY_TOO_LARGE', { detail: String(maxBytes) }, { cause: error });
    }
    if (type === undefined) throw error;
    throw new RegistryError('BAD_REQUEST', { detail: 'The body did not arrive whole' }, { cause: error });
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

function isDeeperThan(text: string, most: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (isInString) {
      if (char === '\\') at++;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '{' || char === '[') {
      if (++depth > most) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}
