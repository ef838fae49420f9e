import type { FoundVersion } from '../services/find-version.ts';
import type { SchemaContent, StoredSchema } from '../store/store.ts';
import { formatSubjectName } from '../subject-name.ts';

/** Empty lists are left out, as everywhere in the API. */
export function writeContent({ schemaType, schema, references, metadata, ruleSet }: SchemaContent) {
  return {
    schemaType,
    schema,
    references: references.length > 0 ? references : undefined,
    metadata,
    ruleSet,
  };
}

export function writeSchema(stored: StoredSchema) {
  return { guid: stored.guid, ...writeContent(stored) };
}

export function writeVersion({ name, version, id, isDeleted, createdAtMs, content }: FoundVersion) {
  return {
    subject: formatSubjectName(name),
    version,
    id,
    guid: content.guid,
    ...writeContent(content),
    ts: createdAtMs,
    deleted: isDeleted ? true : undefined,
  };
}
