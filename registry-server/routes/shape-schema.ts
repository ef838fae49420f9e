import type { Registry } from '../registry.ts';
import type { SchemaTags } from '../schema-types/tags.ts';
import { parseStored } from '../services/read-schema-text.ts';
import { shapeSchema } from '../services/shape-schema.ts';
import type { StoredSchema } from '../store/store.ts';
import { queries, query } from './read-request.ts';
import type { RouteContext } from './route.ts';

/** As the client asked to see it: `format`, `referenceFormat=qualified`. */
export function shape(ctx: RouteContext, registry: Registry, stored: StoredSchema): Promise<StoredSchema> {
  const isQualified = query(ctx, 'referenceFormat')?.toLowerCase() === 'qualified';
  return shapeSchema(registry, stored, query(ctx, 'format'), isQualified);
}

/** The tagged records and fields that `findTags` asks for; `*` is all. */
export async function findTags(
  ctx: RouteContext,
  registry: Registry,
  stored: StoredSchema,
): Promise<{ schemaTags?: readonly SchemaTags[] }> {
  const wanted = queries(ctx, 'findTags');
  if (wanted.length === 0) return {};
  const parsed = await parseStored(registry, stored);
  const tagged = await parsed.tags();
  const found = tagged.filter(({ tags }) => wanted.includes('*') || tags.some((tag) => wanted.includes(tag)));
  return found.length > 0 ? { schemaTags: found } : {};
}
