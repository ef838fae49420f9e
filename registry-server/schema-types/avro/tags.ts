import { isArray, isObject, type Json, type JsonObject, readJson, writeJson } from '../json-text.ts';
import {
  applyTagChanges,
  keyOf,
  readTags,
  retagObject,
  type SchemaTags,
  type TagChanges,
  tagsKey,
} from '../tags.ts';
import type { AvroRecord, AvroSchema, Properties } from './model.ts';

/** Of records that the references define, too: by the full name of each, a field by that and its own. */
export function avroTags(schema: AvroSchema): readonly SchemaTags[] {
  const found: SchemaTags[] = [];
  const seen = new Set<AvroSchema>();
  visit(schema);
  return found;

  function visit(type: AvroSchema): void {
    if (type.type === 'union') for (const branch of type.branches) visit(branch);
    else if (type.type === 'array') visit(type.items);
    else if (type.type === 'map') visit(type.values);
    else if (type.type === 'record' && !seen.has(type)) visitRecord(type);
  }

  function visitRecord(record: AvroRecord): void {
    seen.add(record);
    add(record.fullName, 'sr_record', record.props);
    for (const field of record.fields) {
      add(`${record.fullName}.${field.name}`, 'sr_field', field.props);
      visit(field.type);
    }
  }

  function add(entityPath: string, entityType: 'sr_record' | 'sr_field', props: Properties): void {
    const tags = readTags(props.find(([key]) => key === tagsKey)?.[1]);
    if (tags.length > 0) found.push({ schemaEntity: { entityPath, entityType }, tags });
  }
}

export function retagAvro(canonical: string, changes: TagChanges): string {
  const root = readJson(canonical).value;
  const entities = entitiesOf(root);
  applyTagChanges(changes, (entity, change) => {
    const found = entities.get(keyOf(entity));
    if (found !== undefined) retagObject(found, change);
    return found !== undefined;
  });
  return writeJson(root);
}

/** Records and fields of the text, by full name and by name alone; the outermost of several equal ones. */
function entitiesOf(root: Json): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const queue: (readonly [schema: Json | undefined, namespace: string])[] = [[root, '']];
  for (const [schema, outer] of queue) {
    if (isArray(schema)) {
      for (const branch of schema) queue.push([branch, outer]);
      continue;
    }
    if (!isObject(schema)) continue;
    const { type, name, namespace } = schema;
    const own = typeof namespace === 'string' ? namespace : outer;
    if ((type !== 'record' && type !== 'error') || typeof name !== 'string') {
      for (const inner of [type, schema.items, schema.values]) queue.push([inner, own]);
      continue;
    }
    const names = own === '' ? [name] : [`${own}.${name}`, name];
    for (const one of names) add('sr_record', one, schema);
    for (const field of isArray(schema.fields) ? schema.fields : []) {
      if (!isObject(field)) continue;
      for (const one of names) add('sr_field', `${one}.${field.name}`, field);
      queue.push([field.type, own]);
    }
  }
  return found;

  function add(entityType: 'sr_record' | 'sr_field', entityPath: string, object: JsonObject): void {
    const key = keyOf({ entityType, entityPath });
    if (!found.has(key)) found.set(key, object);
  }
}
