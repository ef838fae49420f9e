import type { Metadata } from '../data-contracts/metadata.ts';
import type { FoundVersion } from '../services/find-version.ts';
import type { SchemaContent } from '../store/store.ts';
import { writeVersion as writeVersionBody } from '../writing/write-schema.ts';

export function writeSchema({ schemaType, schema, references, metadata, ruleSet }: SchemaContent) {
  return { schemaType, schema, references, metadata: writeMetadata(metadata), ruleSet };
}

export function writeVersion(found: FoundVersion) {
  const { subject, version, id, guid, deleted } = writeVersionBody(found);
  const { content, createdAtMs } = found;
  return {
    subject,
    version,
    id,
    guid,
    schema: writeSchema(content),
    createTimeMs: createdAtMs,
    deleted,
  };
}

/** A list in a map needs a message of its own. */
export function writeMetadata(metadata: Metadata | undefined) {
  if (metadata === undefined) return undefined;
  const { tags = {}, ...rest } = metadata;
  return {
    ...rest,
    tags: Object.fromEntries(Object.entries(tags).map(([path, values]) => [path, { values }])),
  };
}
