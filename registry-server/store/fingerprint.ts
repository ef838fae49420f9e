import { createHash } from 'node:crypto';
import type { SchemaContent } from './store.ts';

function contentText({ schemaType, schema, references }: SchemaContent): string {
  const pointers = references.map(({ name, subject, version }) => [name, subject, version]);
  // The nulls are the places of metadata and rules.
  return JSON.stringify([schemaType, schema, pointers, null, null]);
}

/** The address of a content. SHA-256, because nobody may be able to make two contents meet. */
export function fingerprint(content: SchemaContent): Buffer {
  return createHash('sha256').update(contentText(content)).digest();
}

/** The same in every context and registry; shown, never relied upon. MD5, as in the reference. */
export function guid(content: SchemaContent): string {
  const hex = createHash('md5').update(contentText(content)).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
