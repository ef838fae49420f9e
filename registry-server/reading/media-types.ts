import type { IncomingHttpHeaders } from 'node:http';
import { isCompatible, type MediaRange, readAccept, readContentType } from './media-range.ts';

/** The media types of answers, the preferred one first. */
export const mediaTypes = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;

const written = mediaTypes.map(typeOf);
const readable = [...written, typeOf('application/octet-stream')];

function typeOf(text: string): { text: string; type: string; subtype: string } {
  const [type = '', subtype = ''] = text.split('/');
  return { text, type, subtype };
}

/** Says whether a body of this type and encoding can be read. */
export function canRead(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding']?.toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') return false;
  const header = headers['content-type'];
  if (!header || readableTexts.has(header)) return true;
  const sent = readContentType(header);
  return sent !== undefined && readable.some((type) => isCompatible(sent, type));
}

// Nearly every request has one of these.
const readableTexts: ReadonlySet<string> = new Set(readable.map(({ text }) => text));

/**
 * Of the types that any range matches the one with the highest quality, then our own order, as JAX-RS 2.1, 3.8 has it.
 * A type that is named is answered as it was written, with its parameters. Undefined: none, or the header is malformed.
 */
export function chooseMediaType(accept: string): string | undefined {
  if (accept === '' || accept === '*/*') return mediaTypes[0];
  const known = chosen.get(accept);
  if (known !== undefined) return known;
  const type = choose(readAccept(accept) ?? []);
  const isRemembered = accept.length <= MAX_ACCEPT_LENGTH && chosen.size < MAX_ACCEPTS;
  if (type !== undefined && isRemembered) chosen.set(accept, type);
  return type;
}

// A client sends the same one with every request, and reading it takes longer than looking it up.
const chosen = new Map<string, string>();
const MAX_ACCEPTS = 64;
const MAX_ACCEPT_LENGTH = 256;

function choose(ranges: readonly MediaRange[]): string | undefined {
  let best: { readonly text: string; readonly quality: number } | undefined;
  for (const type of written) {
    const matching = ranges.filter((range) => isCompatible(range, type));
    if (matching.length === 0) continue;
    const quality = Math.max(...matching.map((range) => range.quality));
    if (best !== undefined && quality <= best.quality) continue;
    const named = matching.find(
      (range) => range.quality === quality && range.type !== '*' && range.subtype !== '*',
    );
    best = { text: named?.text ?? type.text, quality };
  }
  return best?.text;
}
