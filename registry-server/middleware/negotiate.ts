import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';
import { readAccept, readContentType } from '../reading/media-range.ts';
import { canRead, chooseMediaType, mediaTypes } from '../reading/media-types.ts';

/** Chooses the media type of the answer, and refuses what can be neither read nor written. */
export const negotiate: Middleware = async (ctx, next) => {
  const { headers } = ctx.req;
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD' && !canRead(headers)) {
    const sent = headers['content-type'];
    if (sent && readContentType(sent) === undefined) throw malformed('Content-Type', sent);
    throw new RegistryError('UNSUPPORTED_MEDIA_TYPE');
  }
  const accept = ctx.get('Accept');
  const accepted = chooseMediaType(accept);
  if (accepted === undefined) {
    if (readAccept(accept) === undefined) throw malformed('Accept', accept);
    throw new RegistryError('NOT_ACCEPTABLE');
  }
  ctx.set('Content-Type', accepted);
  await next();
};

const MAX_QUOTED = 100;

function malformed(header: string, value: string): RegistryError {
  const shown = value.length > MAX_QUOTED ? `${value.slice(0, MAX_QUOTED)}…` : value;
  const detail = `HTTP 400 Bad Request: the header ${header} is malformed: ${shown}; write ${mediaTypes[2]}`;
  return new RegistryError('BAD_REQUEST', { detail });
}
