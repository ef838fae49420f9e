import type { Metadata } from '../data-contracts/metadata.ts';
import type { FoundVersion } from '../services/find-version.ts';
import type { SchemaContent } from '../store/store.ts';
import { formatSubjectName } from '../subject-name.ts';
import type { Metadata as MetadataMessage, Schema, SchemaVersion } from './generated/registry.ts';

export function writeSchema({ schemaType, schema, references, metadata, ruleSet }: SchemaContent): Schema {
  return { schemaType, schema, references, metadata: writeMetadata(metadata), ruleSet };
}

export function writeVersion(found: FoundVersion): SchemaVersion {
  const { name, version, id, isDeleted, createdAtMs, content } = found;
  return {
    subject: formatSubjectName(name),
    version,
    id,
    guid: content.guid,
    schema: writeSchema(content),
    createTimeMs: createdAtMs,
    deleted: isDeleted,
  };
}

/** A list in a map needs a message of its own. */
export function writeMetadata(metadata: Metadata | undefined): MetadataMessage | undefined {
  if (metadata === undefined) return undefined;
  const { tags = {}, ...rest } = metadata;
  return {
    ...rest,
    tags: Object.fromEntries(Object.entries(tags).map(([path, values]) => [path, { values }])),
  };
}
