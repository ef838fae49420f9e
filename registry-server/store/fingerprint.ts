import { createHash, type Hash, hash } from 'node:crypto';
import type { Metadata } from '../data-contracts/metadata.ts';
import { type Rule, ruleListNames } from '../data-contracts/rule-set.ts';
import type { SchemaContent } from './store.ts';

interface Digests {
  readonly fingerprint: Buffer;
  readonly guid: string;
}

// A registration asks for each of them several times.
const known = new WeakMap<SchemaContent, Digests>();

function digestsOf(content: SchemaContent): Digests {
  const before = known.get(content);
  if (before) return before;
  const hex = guidDigest(content);
  const digests = {
    fingerprint: hash('sha256', contentText(content), 'buffer'),
    guid: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  };
  known.set(content, digests);
  return digests;
}

function contentText({ schemaType, schema, references, metadata, ruleSet }: SchemaContent): string {
  const pointers = references.map(({ name, subject, version }) => [name, subject, version]);
  return JSON.stringify([schemaType, schema, pointers, metadata ?? null, ruleSet ?? null]);
}

/**
 * The reference's digest: MD5 over the text, then each reference, metadata and rules, without anything between. Guids
 * stand in the headers of messages, so they have to be the same in every registry. Migrations repeat it in SQL.
 */
function guidDigest({ schema, references, metadata, ruleSet }: SchemaContent): string {
  if (references.length === 0 && !metadata && !ruleSet) return hash('md5', schema);
  const digest = createHash('md5').update(schema);
  for (const { name, subject, version } of references) {
    const number = Buffer.alloc(4);
    number.writeInt32BE(version);
    digest.update(name).update(subject).update(number);
  }
  if (metadata) addMetadata(digest.update(present), metadata);
  if (ruleSet) {
    digest.update(present);
    for (const rule of ruleListNames.flatMap((list) => ruleSet[list] ?? [])) addRule(digest, rule);
    digest.update(ruleSet.enableAt ?? '');
  }
  return digest.digest('hex');
}

const present = Uint8Array.of(1);

function addMetadata(digest: Hash, { tags = {}, properties = {}, sensitive = [] }: Metadata): void {
  for (const path of keysOf(tags)) {
    digest.update(path);
    for (const tag of tags[path] ?? []) digest.update(tag);
  }
  addMap(digest, properties);
  for (const name of sensitive) digest.update(name);
}

function addRule(digest: Hash, rule: Rule): void {
  const { name, doc = '', kind, mode, type, tags = [], params = {} } = rule;
  for (const text of [name, doc, kind, mode, type, ...tags]) digest.update(text);
  addMap(digest, params);
  for (const text of [rule.expr, rule.onSuccess, rule.onFailure]) digest.update(text ?? '');
  if (rule.disabled) digest.update(present);
}

function addMap(digest: Hash, map: Readonly<Record<string, string>>): void {
  for (const key of keysOf(map)) digest.update(key).update(map[key] ?? '');
}

/** In the order of Java's strings. Objects put keys that look like numbers before the others. */
const keysOf = (map: object): readonly string[] => Object.keys(map).sort();

/** The address of a content. SHA-256, because nobody may be able to make two contents meet. */
export function fingerprint(content: SchemaContent): Buffer {
  return digestsOf(content).fingerprint;
}

/** That of the content without its metadata and rules. */
export function textFingerprint({ schemaType, schema, references }: SchemaContent): Buffer {
  return fingerprint({ schemaType, schema, references });
}

/** The same in every context, and in every registry that speaks this API; nothing of our own relies on it. */
export function guid(content: SchemaContent): string {
  return digestsOf(content).guid;
}
