import type { Registry } from '../registry.ts';
import type { SchemaContent } from '../store/store.ts';
import { parseStored } from './read-schema-text.ts';

/**
 * A stored schema with its text in another format of its type: `resolved`, `serialized`, `ignore_extensions`.
 * @param context the one it is stored in
 * @param format one that the type does not know changes nothing, as do `undefined` and the empty one
 */
export async function formatSchema<Content extends SchemaContent>(
  registry: Registry,
  context: string,
  content: Content,
  format: string | undefined,
): Promise<Content> {
  if (!format) return content;
  const parsed = await parseStored(registry, { ...content, context });
  const formatted = await parsed.formatted(format);
  // What is stored may have been normalized, which the canonical text of its parse undoes in part.
  return formatted === parsed.canonical() ? content : { ...content, schema: formatted };
}
