import { hash } from 'node:crypto';
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
  const text = contentText(content);
  const hex = hash('md5', text);
  const digests = {
    fingerprint: hash('sha256', text, 'buffer'),
    guid: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  };
  known.set(content, digests);
  return digests;
}

function contentText({ schemaType, schema, references, metadata, ruleSet }: SchemaContent): string {
  const pointers = references.map(({ name, subject, version }) => [name, subject, version]);
  return JSON.stringify([schemaType, schema, pointers, metadata ?? null, ruleSet ?? null]);
}

/** The address of a content. SHA-256, because nobody may be able to make two contents meet. */
export function fingerprint(content: SchemaContent): Buffer {
  return digestsOf(content).fingerprint;
}

/** That of the content without its metadata and rules. */
export function textFingerprint({ schemaType, schema, references }: SchemaContent): Buffer {
  return fingerprint({ schemaType, schema, references });
}

/** The same in every context and registry; shown, never relied upon. MD5, as in the reference. */
export function guid(content: SchemaContent): string {
  return digestsOf(content).guid;
}
