import { hash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import type { Log } from '../log.ts';
import { followFile } from './followed-file.ts';
import { type Principal, type Role, roles } from './principal.ts';

export interface ApiKeys {
  find(key: string): Principal | undefined;
  close(): void;
}

/** Shorter ones could be guessed, or found from a digest that leaks. */
const LEAST_KEY_LENGTH = 24;

/** @throws where the file cannot be read, or is no list of keys */
export function openApiKeys(file: string, log: Log): ApiKeys {
  let principals: ReadonlyMap<string, Principal> = new Map();
  const close = followFile(
    file,
    (content) => {
      principals = readKeyList(content.toString('utf8'));
    },
    log,
  );
  return {
    // How long it takes to compare digests says nothing about the keys.
    find: (key) => principals.get(digestOf(key)),
    close,
  };
}

/**
 * Principals by the SHA-256 of their keys.
 * @throws with what is wrong and where; never with a key, or a part of one
 */
export function readKeyList(text: string): ReadonlyMap<string, Principal> {
  const entries = parseYaml(text);
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new Error('is not a list of keys; write - {name: team-a, role: writer, key: …} for each');
  }
  const principals = new Map<string, Principal>();
  for (const [at, entry] of entries.entries()) {
    const { digest, principal } = readEntry(entry, `entry ${at + 1}`);
    const other = principals.get(digest);
    if (other) throw new Error(`entry ${at + 1}: "${principal.name}" has the same key as "${other.name}"`);
    principals.set(digest, principal);
  }
  return principals;
}

const fields = ['name', 'role', 'key', 'sha256'] as const;

function readEntry(entry: unknown, where: string): { digest: string; principal: Principal } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new Error(`${where}: is not {name, role, key}`);
  }
  const { name, role, key, sha256 } = entry as Record<string, unknown>;
  const isOther = Object.keys(entry).some((field) => !fields.some((known) => known === field));
  if (isOther) throw new Error(`${where}: has a field that is none of ${fields.join(', ')}`);
  if (typeof name !== 'string' || !/^[\w.@:/ -]{1,128}$/.test(name)) {
    throw new Error(`${where}: name is not 1 to 128 letters, digits, spaces or . _ - @ : /`);
  }
  if (!roles.some((known) => known === role)) {
    throw new Error(`${where} (${name}): role is none of ${roles.join(', ')}`);
  }
  const principal: Principal = { name, role: role as Role };
  if ((key === undefined) === (sha256 === undefined)) {
    throw new Error(`${where} (${name}): write either key or sha256`);
  }
  if (key === undefined) {
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) {
      throw new Error(`${where} (${name}): sha256 is not 64 hexadecimal digits`);
    }
    return { digest: sha256.toLowerCase(), principal };
  }
  // What a header cannot carry could never be sent.
  if (typeof key !== 'string' || key.length < LEAST_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key)) {
    throw new Error(
      `${where} (${name}): key is not ${LEAST_KEY_LENGTH} or more letters, digits and signs without spaces; openssl rand -hex 32 makes one`,
    );
  }
  return { digest: digestOf(key), principal };
}

function digestOf(key: string): string {
  return hash('sha256', key, 'hex');
}

/** JSON is YAML too. Every scalar is text: a key of digits alone is no number. */
function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  // The parser's own words may quote the line, and a key with it.
  if (error) throw new Error(`line ${lines.linePos(error.pos[0]).line}: is not YAML (${error.code})`);
  return document.toJS();
}
