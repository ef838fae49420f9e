import { isUtf8 } from 'node:buffer';
import { RegistryError } from '../errors.ts';

type Encoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'UTF-32LE' | 'UTF-32BE';

/** The marks of the byte order; a longer one that begins with a shorter one comes first. */
const marks: readonly (readonly [Encoding, readonly number[]])[] = [
  ['UTF-32LE', [0xff, 0xfe, 0, 0]],
  ['UTF-32BE', [0, 0, 0xfe, 0xff]],
  ['UTF-16LE', [0xff, 0xfe]],
  ['UTF-16BE', [0xfe, 0xff]],
  ['UTF-8', [0xef, 0xbb, 0xbf]],
];

/**
 * JSON in whichever encoding it is, with a mark of the byte order or without: it begins with a character of ASCII, so
 * the zeros in its first four bytes tell (RFC 4627, 3). The reference's library ignores the charset of the header, too.
 * @throws RegistryError 400 when the bytes are none of that encoding: read as something else, it would be another
 * schema than the client's
 */
export function decodeJson(bytes: Buffer): string {
  for (const [encoding, mark] of marks) {
    if (mark.every((byte, i) => bytes[i] === byte)) return decoders[encoding](bytes.subarray(mark.length));
  }
  return decoders[withoutMark(bytes)](bytes);
}

function withoutMark(bytes: Buffer): Encoding {
  if (bytes.length < 2 || (bytes[0] !== 0 && bytes[1] !== 0)) return 'UTF-8';
  if (bytes[0] === 0) return bytes[1] === 0 ? 'UTF-32BE' : 'UTF-16BE';
  return bytes.length >= 4 && bytes[2] === 0 && bytes[3] === 0 ? 'UTF-32LE' : 'UTF-16LE';
}

const decoders: Readonly<Record<Encoding, (bytes: Buffer) => string>> = {
  'UTF-8': (bytes) => {
    if (!isUtf8(bytes)) throw broken('UTF-8');
    return bytes.toString('utf8');
  },
  'UTF-16LE': (bytes) => decodeUtf16(bytes, 'UTF-16LE'),
  'UTF-16BE': (bytes) => decodeUtf16(bytes, 'UTF-16BE'),
  'UTF-32LE': (bytes) => decodeUtf32(bytes, 'UTF-32LE', (at) => bytes.readUInt32LE(at)),
  'UTF-32BE': (bytes) => decodeUtf32(bytes, 'UTF-32BE', (at) => bytes.readUInt32BE(at)),
};

function broken(encoding: Encoding): RegistryError {
  return new RegistryError('BAD_REQUEST', { detail: `The body is not ${encoding}` });
}

function decodeUtf16(bytes: Buffer, encoding: 'UTF-16LE' | 'UTF-16BE'): string {
  if (bytes.length % 2 !== 0) throw broken(encoding);
  const text = (encoding === 'UTF-16LE' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
  if (!text.isWellFormed()) throw broken(encoding);
  return text;
}

function decodeUtf32(
  bytes: Buffer,
  encoding: 'UTF-32LE' | 'UTF-32BE',
  codePointAt: (at: number) => number,
): string {
  if (bytes.length % 4 !== 0) throw broken(encoding);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const codePoint = codePointAt(at);
    if (codePoint > 0x10ffff) throw broken(encoding);
    parts.push(String.fromCodePoint(codePoint));
  }
  const text = parts.join('');
  if (!text.isWellFormed()) throw broken(encoding);
  return text;
}
