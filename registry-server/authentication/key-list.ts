import { hash } from 'node:crypto';

/**
 * What a list of API keys may be. The server reads one, and the operator refuses a Secret that the server would not start
 * with: both judge it here. It is the one module that both programs import, so it is pure and imports no package.
 */
export interface KeyEntry {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly digest: string;
}

/** From the least to the most: each may do what those before it may. */
export const roles = ['reader', 'writer', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Says of the list, or of one entry, what is wrong with "it". Never a key, or a part of one. */
export class WrongKeyList extends Error {
  override readonly name = 'WrongKeyList';
  /** Counted from 1; undefined: it is the list. */
  readonly entry: number | undefined;
  /** The entry's name, where that can be one. */
  readonly holder: string | undefined;
  /** Whose key it is as well. */
  readonly sameAs: string | undefined;

  constructor(message: string, entry?: number, holder?: string, sameAs?: string) {
    super(message);
    this.entry = entry;
    this.holder = holder;
    this.sameAs = sameAs;
  }
}

/** Shorter ones could be guessed, or found from a digest that leaks. */
const leastKeyLength = 24;

const fields = ['name', 'role', 'key', 'sha256'];

/**
 * @param list what the YAML says, in which every scalar is text
 * @throws WrongKeyList
 */
export function judgeKeyList(list: unknown): readonly KeyEntry[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new WrongKeyList('it is not a list of keys; write - {name: team-a, role: writer, key: …} for each');
  const byDigest = new Map<string, KeyEntry>();
  for (const [at, item] of list.entries()) {
    const entry = judgeEntry(item, at + 1);
    const other = byDigest.get(entry.digest);
    if (other !== undefined)
      throw new WrongKeyList('it has the same key as one before it', at + 1, entry.name, other.name);
    byDigest.set(entry.digest, entry);
  }
  return [...byDigest.values()];
}

function judgeEntry(item: unknown, at: number): KeyEntry {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new WrongKeyList('it is not {name, role, key}', at);
  const { name, role, key, sha256 } = item as Readonly<Record<string, unknown>>;
  if (Object.keys(item).some((field) => !fields.includes(field)))
    throw new WrongKeyList(`it has a field that is none of ${fields.join(', ')}`, at);
  if (typeof name !== 'string' || !/^[\w.@:/ -]{1,128}$/.test(name))
    throw new WrongKeyList('name is not 1 to 128 letters, digits, spaces or . _ - @ : /', at);
  if (!roles.some((each) => each === role))
    throw new WrongKeyList(`role is none of ${roles.join(', ')}`, at, name);
  const entry = { name, role: role as Role };
  if ((key === undefined) === (sha256 === undefined))
    throw new WrongKeyList('write either key or sha256', at, name);
  if (key === undefined) {
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
      throw new WrongKeyList('sha256 is not 64 hexadecimal digits', at, name);
    return { ...entry, digest: sha256.toLowerCase() };
  }
  // What a header cannot carry could never be sent.
  if (typeof key !== 'string' || key.length < leastKeyLength || !/^[\x21-\x7e]+$/.test(key))
    throw new WrongKeyList(
      `key is not ${leastKeyLength} or more letters, digits and signs without spaces; openssl rand -hex 32 makes one`,
      at,
      name,
    );
  return { ...entry, digest: digestOf(key) };
}

export function digestOf(key: string): string {
  return hash('sha256', key, 'hex');
}
