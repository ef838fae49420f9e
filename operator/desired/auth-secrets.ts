import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';

/** As registry-server/authentication has them; test/contract/auth-secrets.test.ts holds the two in step. */
const roles = ['reader', 'writer', 'admin'];
const fields = ['name', 'role', 'key', 'sha256'];
const leastKeyLength = 24;
const leastSecretBytes = 32;

/**
 * What the server would say against a list of API keys: where, and what would be right; undefined where it takes it.
 * Never a key, or a part of one.
 */
export function findWrongKeys(content: Buffer): string | undefined {
  const lines = new LineCounter();
  const document = parseDocument(content.toString('utf8'), {
    schema: 'failsafe',
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = document.errors;
  // The parser's own words may quote the line, and a key with it.
  if (error) return `line ${lines.linePos(error.pos[0]).line} is not YAML (${error.code})`;
  const entries = document.toJS();
  if (!Array.isArray(entries) || entries.length === 0)
    return 'it is not a list of keys; write - {name: team-a, role: writer, key: …} for each';
  const digests = new Set<string>();
  for (const [at, entry] of entries.entries()) {
    const wrong = wrongIn(entry);
    if (wrong !== undefined) return `entry ${at + 1}: ${wrong}`;
    const { key, sha256 } = entry;
    const digest = sha256?.toLowerCase() ?? createHash('sha256').update(key).digest('hex');
    if (digests.has(digest)) return `entry ${at + 1}: it has the same key as one before it`;
    digests.add(digest);
  }
  return undefined;
}

function wrongIn(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return 'it is not {name, role, key}';
  const { name, role, key, sha256 } = entry as Readonly<Record<string, unknown>>;
  if (Object.keys(entry).some((field) => !fields.includes(field)))
    return `it has a field that is none of ${fields.join(', ')}`;
  if (typeof name !== 'string' || !/^[\w.@:/ -]{1,128}$/.test(name))
    return 'name is not 1 to 128 letters, digits, spaces or . _ - @ : /';
  if (!roles.includes(role as string)) return `role is none of ${roles.join(', ')}`;
  if ((key === undefined) === (sha256 === undefined)) return 'write either key or sha256';
  if (sha256 !== undefined)
    return typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)
      ? undefined
      : 'sha256 is not 64 hexadecimal digits';
  return typeof key === 'string' && key.length >= leastKeyLength && /^[\x21-\x7e]+$/.test(key)
    ? undefined
    : `key is not ${leastKeyLength} or more letters, digits and signs without spaces; openssl rand -hex 32 makes one`;
}

/** The same of the secret of tokens. */
export function findWrongSecret(content: Buffer): string | undefined {
  // A character for each byte; what an editor puts at the end is not the secret's.
  const { length } = content.toString('latin1').replace(/\r?\n$/, '');
  return length >= leastSecretBytes
    ? undefined
    : `it has ${length} bytes, and ${leastSecretBytes} are the least; openssl rand -base64 48 makes enough`;
}
