import { LineCounter, parseDocument } from 'yaml';
import type { Log } from '../log.ts';
import { followFile } from './followed-file.ts';
import { digestOf, judgeKeyList, WrongKeyList } from './key-list.ts';
import type { Principal } from './principal.ts';

export interface ApiKeys {
  find(key: string): Principal | undefined;
  close(): void;
}

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
  try {
    const entries = judgeKeyList(parseYaml(text));
    return new Map(entries.map(({ name, role, digest }) => [digest, { name, role }]));
  } catch (error) {
    throw error instanceof WrongKeyList ? new Error(inWords(error)) : error;
  }
}

/** What the file is called goes before it. */
function inWords({ message, entry, holder, sameAs }: WrongKeyList): string {
  const words = message.replace(/^it /, '');
  if (entry === undefined) return words;
  if (sameAs !== undefined) return `entry ${entry}: "${holder}" has the same key as "${sameAs}"`;
  return `entry ${entry}${holder === undefined ? '' : ` (${holder})`}: ${words}`;
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
