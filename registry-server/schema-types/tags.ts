import { InvalidSchema } from './invalid-schema.ts';
import type { JsonObject } from './json-text.ts';
import { isArray, type Json } from './json-text.ts';

/** A record or field of a schema, as Confluent's API addresses it. */
export interface SchemaEntity {
  /** `com.example.Order.id`, `object.id.object.part`, `Order.id`: the form depends on the schema type. */
  readonly entityPath: string;
  readonly entityType: 'sr_record' | 'sr_field';
}

export interface SchemaTags {
  readonly schemaEntity: SchemaEntity;
  readonly tags: readonly string[];
}

export interface TagChanges {
  readonly add: readonly SchemaTags[];
  readonly remove: readonly SchemaTags[];
}

/** The attribute that holds tags where the schema is JSON. */
export const tagsKey = 'confluent:tags';

interface EntityChange {
  readonly entity: SchemaEntity;
  readonly added: Set<string>;
  readonly removed: Set<string>;
}

/**
 * Calls `retag` once for each entity. What is both added and removed is removed, as in the reference.
 * @param retag false when the schema has no such entity
 * @throws InvalidSchema
 */
export function applyTagChanges(
  { add, remove }: TagChanges,
  retag: (entity: SchemaEntity, change: (tags: readonly string[]) => readonly string[]) => boolean,
): void {
  const changes = new Map<string, EntityChange>();
  for (const { schemaEntity, tags } of add) for (const tag of tags) changeOf(schemaEntity).added.add(tag);
  for (const { schemaEntity, tags } of remove)
    for (const tag of tags) changeOf(schemaEntity).removed.add(tag);
  for (const { entity, added, removed } of changes.values()) {
    const isFound = retag(entity, (tags) =>
      [...new Set([...tags, ...added])].filter((tag) => !removed.has(tag)),
    );
    if (!isFound) throw new InvalidSchema(`No matching path '${entity.entityPath}' found in the schema`);
  }

  function changeOf({ entityPath, entityType }: SchemaEntity): EntityChange {
    // Protobuf paths are also written with a dot before them.
    const entity = { entityType, entityPath: entityPath.replace(/^\./, '') };
    const key = keyOf(entity);
    const known = changes.get(key) ?? { entity, added: new Set(), removed: new Set() };
    changes.set(key, known);
    return known;
  }
}

export const keyOf = ({ entityType, entityPath }: SchemaEntity): string => `${entityType} ${entityPath}`;

/** The tags of a JSON object; what is no string in the list is shown as text. */
export function readTags(value: Json | undefined): readonly string[] {
  return isArray(value)
    ? [...new Set(value.map((tag) => (typeof tag === 'string' ? tag : String(tag))))]
    : [];
}

/** Changes the object itself: for a tree that was parsed to be written again. */
export function retagObject(
  object: JsonObject,
  change: (tags: readonly string[]) => readonly string[],
): void {
  const tags = change(readTags(Object.hasOwn(object, tagsKey) ? object[tagsKey] : undefined));
  const writable = object as Record<string, Json>;
  if (tags.length > 0) writable[tagsKey] = tags;
  else delete writable[tagsKey];
}
