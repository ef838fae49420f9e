import { createHash } from 'node:crypto';
import type { SchemaContent } from './store.ts';

function contentText({ schemaType, schema, references }: SchemaContent): string {
  const pointers = references.map(({ name, subject, version }) => [name, subject, version]);
  // The nulls are the places of metadata and rules.
  return JSON.stringify([schemaType, schema, pointers, null, null]);
}

// A registration asks for each of them several times.
const fingerprints = new WeakMap<SchemaContent, Buffer>();
const guids = new WeakMap<SchemaContent, string>();

/** The address of a content. SHA-256, because nobody may be able to make two contents meet. */
export function fingerprint(content: SchemaContent): Buffer {
  const known = fingerprints.get(content);
  if (known) return known;
  const made = createHash('sha256').update(contentText(content)).digest();
  fingerprints.set(content, made);
  return made;
}

/** The same in every context and registry; shown, never relied upon. MD5, as in the reference. */
export function guid(content: SchemaContent): string {
  const known = guids.get(content);
  if (known) return known;
  const hex = createHash('md5').update(contentText(content)).digest('hex');
  const made = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  guids.set(content, made);
  return made;
}
