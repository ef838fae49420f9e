import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';

/** What is answered, the preferred one first. */
export const mediaTypes = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;

const readable: ReadonlySet<string> = new Set([...mediaTypes, 'application/octet-stream']);

/** Chooses the media type of the answer, and refuses what can be neither read nor written. */
export const negotiate: Middleware = async (ctx, next) => {
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD' && !canRead(ctx.req.headers)) {
    throw new RegistryError('UNSUPPORTED_MEDIA_TYPE');
  }
  const accepted = chooseMediaType(ctx.get('Accept'));
  if (accepted === undefined) throw new RegistryError('NOT_ACCEPTABLE');
  ctx.set('Content-Type', accepted);
  await next();
};

/** A body of this type, in this encoding. */
export function canRead(headers: IncomingHttpHeaders): boolean {
  const sent = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const encoding = headers['content-encoding']?.toLowerCase() ?? '';
  return (!sent || readable.has(sent)) && (encoding === '' || encoding === 'identity');
}

/**
 * The client's q decides, then our own order. Koa's `accepts` would take the client's order before ours, and
 * clients that list application/json first would not get the type that the reference gives them.
 */
export function chooseMediaType(accept: string): string | undefined {
  if (accept === '' || accept === '*/*') return mediaTypes[0];
  const known = chosen.get(accept);
  if (known !== undefined) return known;
  const type = choose(accept);
  const isRemembered = accept.length <= MAX_ACCEPT_LENGTH && chosen.size < MAX_ACCEPTS;
  if (type !== undefined && isRemembered) chosen.set(accept, type);
  return type;
}

// A client sends the same one with every request, and reading it takes longer than looking it up.
const chosen = new Map<string, string>();
const MAX_ACCEPTS = 64;
const MAX_ACCEPT_LENGTH = 256;

function choose(accept: string): string | undefined {
  const ranges = accept.split(',').map(readRange);
  let best: { type: string; q: number } | undefined;
  for (const type of mediaTypes) {
    const matching = ranges.filter(
      ({ range }) => range === type || range === 'application/*' || range === '*/*',
    );
    // The most specific range says how much the client likes a type.
    const closest = matching.toSorted((a, b) => b.specificity - a.specificity)[0];
    if (closest && closest.q > (best?.q ?? 0)) best = { type, q: closest.q };
  }
  return best?.type;
}

function readRange(text: string): { range: string; q: number; specificity: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  const specificity = range === '*/*' ? 0 : range.endsWith('/*') ? 1 : 2;
  return { range, q: Number.isNaN(q) ? 1 : q, specificity };
}
