/** A media type or a range of them, as a header names it. */
export interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  /** The range as it was written, without its quality. */
  readonly text: string;
  /** A number from 0 to 1. */
  readonly quality: number;
}

const token = String.raw`[^\s\x00-\x1f\x7f-\uffff()<>@,;:\\"/[\]?={}]+`;
const quotedText = String.raw`"(?:[^"\\]|\\.)*"`;
const parameter = String.raw`\s*(?:;\s*)+(${token})\s*=\s*(${token}|${quotedText})`;
// A type alone is taken for all its subtypes in Accept, since some clients write * for */*.
const range = new RegExp(String.raw`\s*(${token})(/${token})?((?:${parameter})*)\s*(?:;\s*)*(?:,|$)`, 'y');
const parameters = new RegExp(parameter, 'g');
// A quality has at most five characters, and is at most 1 (RFC 9110, 12.4.2; a leading dot as java.net writes it).
const qualityForm = /^(?=.{1,5}$)(?:0|1|0\.\d*|1\.0*|\.\d+)$/;

/**
 * The ranges of an Accept header; undefined where it is malformed. What is taken is what Jersey takes, which the
 * reference answers with.
 */
export function readAccept(header: string): readonly MediaRange[] | undefined {
  const found: MediaRange[] = [];
  for (let at = 0; at < header.length; at = range.lastIndex) {
    range.lastIndex = at;
    const match = range.exec(header);
    if (match === null) return undefined;
    const [, type = '', subtype = '/*', rest = ''] = match;
    const read = readParameters(rest);
    if (read === undefined) return undefined;
    found.push({
      type: type.toLowerCase(),
      subtype: subtype.slice(1).toLowerCase(),
      text: type + subtype + read.others,
      quality: read.quality,
    });
  }
  return found;
}

/** The one type of a Content-Type header; undefined where it is malformed. */
export function readContentType(header: string): MediaRange | undefined {
  if (!header.includes('/')) return undefined;
  const [found, ...more] = readAccept(header) ?? [];
  return more.length === 0 ? found : undefined;
}

function readParameters(text: string): { quality: number; others: string } | undefined {
  let quality = 1;
  let others = '';
  for (const [, name = '', value = ''] of text.matchAll(parameters)) {
    if (name.toLowerCase() !== 'q') {
      others += `;${name}=${value}`;
      continue;
    }
    const written = value.startsWith('"') ? value.slice(1, -1) : value;
    if (!qualityForm.test(written)) return undefined;
    quality = Number(written.replace(/\.$/, ''));
  }
  return { quality, others };
}

/** Either may be a range. Any subtype of every type is meant where the type is `*` (JAX-RS, MediaType.isCompatible). */
export function isCompatible(
  a: Pick<MediaRange, 'type' | 'subtype'>,
  b: Pick<MediaRange, 'type' | 'subtype'>,
): boolean {
  if (a.type === '*' || b.type === '*') return true;
  return a.type === b.type && (a.subtype === '*' || b.subtype === '*' || a.subtype === b.subtype);
}
