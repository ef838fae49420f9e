import { openLog } from '../../registry-server/log.ts';
import { migrate } from '../../registry-server/store/migrate.ts';
import { databases } from '../../registry-server/store/table.ts';

const STEP = 50_000;

export const nameOf = (n: number) => `topic-${String(n).padStart(7, '0')}-value`;
export const textOf = (label: string) =>
  `{"type":"record","name":"Event","namespace":"bench","doc":"${label}","fields":[{"name":"id","type":"string"},{"name":"at","type":"long"},{"name":"text","type":["null","string"],"default":null}]}`;

// The same text, digests and rows as registrations of textOf(nameOf(n)) make, and of further versions of it.
/** Of subjects $1 to $2, each with $3 versions. */
export const fill = `
with texts as (
  select (n - 1) * $3::integer + version as id, version, format('topic-%s-value', lpad(n::text, 7, '0')) as subject
  from generate_series($1::integer, $2::integer) n, generate_series(1, $3::integer) version
), contents as (
  select id, version, subject, replace('${textOf('LABEL')}', 'LABEL',
    subject || case when version = 1 then '' else ' ' || version end) as schema from texts
), digested as (
  select *, '["AVRO",' || to_json(schema)::text || ',[],null,null]' as content from contents
), s as (
  insert into schemas (context, id, fingerprint, guid, schema_type, schema)
    select '.', id, sha256(convert_to(content, 'UTF8')), md5(schema)::uuid, 'AVRO', schema from digested
), u as (
  insert into subjects (context, subject, revision, last_version)
    select '.', subject, nextval('revisions'), $3 from texts where version = 1
)
insert into versions (context, subject, version, id) select '.', subject, version, id from texts`;

/** Writes schemas straight into the tables of an empty database, as registrations would have. */
export async function fillDatabase(
  url: string,
  { subjects, versions = 1 }: { readonly subjects: number; readonly versions?: number },
): Promise<void> {
  const settings = {
    url,
    minConnections: 1,
    maxConnections: 2,
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 600_000,
  };
  const database = databases.postgres(settings, openLog({ level: 'silent', format: 'json' }));
  try {
    await migrate(database);
    await database.runScript(`insert into contexts values ('.', ${subjects * versions})`);
    for (let from = 1; from <= subjects; from += STEP) {
      const to = Math.min(subjects, from + STEP - 1);
      await database.query({ name: 'fill', text: fill }, [from, to, versions]);
    }
    await database.runScript('analyze');
  } finally {
    await database.close();
  }
}
