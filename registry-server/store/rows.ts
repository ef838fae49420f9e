import type { Reference } from '../schema-types/schema-type.ts';
import type { SubjectName } from '../subject-name.ts';
import type { Row } from './database.ts';
import { guid } from './fingerprint.ts';
import type { ListedVersion, Referrer, SchemaContent, Settings, StoredSchema } from './store.ts';

export interface SettingsRow extends SubjectName {
  readonly config: Settings['config'] | null;
  readonly mode: Settings['mode'] | null;
}

export function readSettings({ config, mode }: Pick<SettingsRow, 'config' | 'mode'>): Settings {
  return { config: config ?? undefined, mode: mode ?? undefined };
}

export function readSchema(row: Row): StoredSchema {
  return {
    context: row.context as string,
    id: row.id as number,
    guid: row.guid as string,
    schemaType: row.schema_type as string,
    schema: row.schema as string,
    references: (row.refs as readonly Reference[] | null) ?? [],
    ...(row.metadata ? { metadata: row.metadata as SchemaContent['metadata'] } : {}),
    ...(row.rule_set ? { ruleSet: row.rule_set as SchemaContent['ruleSet'] } : {}),
  };
}

export function readListedVersion(row: Row): ListedVersion {
  const content = readSchema(row);
  return {
    name: { context: content.context, subject: row.subject as string },
    version: row.version as number,
    id: content.id,
    isDeleted: row.deleted as boolean,
    createdAtMs: Number(row.created_ms),
    content,
  };
}

export function readReferrer(row: Row): Referrer {
  return {
    version: row.version as number,
    context: row.context as string,
    id: row.id as number,
    isLive: row.is_live as boolean,
    isOwn: row.is_own as boolean,
  };
}

/** What a schema's row holds of its content, beside the fingerprints; what is undefined is null there. */
export function contentColumns(content: SchemaContent) {
  const { schemaType, schema, references, metadata, ruleSet } = content;
  return {
    guid: guid(content),
    schema_type: schemaType,
    schema,
    refs: references.length > 0 ? references : undefined,
    metadata,
    rule_set: ruleSet,
  };
}
