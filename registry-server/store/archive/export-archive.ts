import type { Connection, Statement } from '../database.ts';
import { readState } from './archive-state.ts';
import { readContents, readContexts, readLoose, readSubjects } from './batch.ts';
import { FORMAT, keys, REGISTRY_KEY, type RegistryRecord, seal, writeContent } from './layout.ts';

/** What the archive in S3 would have under a key. */
export interface ArchiveObject {
  readonly key: string;
  readonly text: string;
}

// Each schema may be as large as a schema can be.
const CONTENTS_AT_ONCE = 100;
const SUBJECTS_AT_ONCE = 200;
const NAMES_AT_ONCE = 2_000;

const sql = {
  exportContexts: `select context from contexts union select context from settings where subject = ''`,
  exportSubjects: `select context, subject from (
      (select context, subject from subjects where (context, subject) > ($1, $2) order by context, subject limit $3)
      union
      (select context, subject from settings where (context, subject) > ($1, $2) and subject <> ''
        order by context, subject limit $3)
    ) both_of order by context, subject limit $3`,
  exportSchemas: `select s.context, s.id, encode(s.fingerprint, 'hex') as digest,
      not exists (select from versions v where v.context = s.context and v.id = s.id) as is_loose
    from schemas s where (s.context, s.id) > ($1, $2::integer) order by s.context, s.id limit $3`,
} as const satisfies Record<string, string>;

const statement = (name: keyof typeof sql): Statement => ({ name, text: sql[name] });

/**
 * Everything that an archive of the registry holds, each once, as it is at one moment.
 * @param connection in a transaction that sees one moment (repeatable read)
 */
export async function* exportArchive(connection: Connection): AsyncGenerator<ArchiveObject> {
  const owner = await readState(connection);
  const record: RegistryRecord = {
    format: FORMAT,
    registryId: owner.registry_id,
    isComplete: true,
    firstId: owner.first_id,
  };
  yield { key: REGISTRY_KEY, text: seal(record) };
  const contexts = await connection.query<{ context: string }>(statement('exportContexts'));
  const found = await readContexts(
    connection,
    contexts.map(({ context }) => context),
  );
  for (const { key, record } of found) if (record) yield { key: keys.context(key), text: seal(record) };
  yield* subjects(connection);
  yield* schemas(connection);
}

async function* subjects(connection: Connection): AsyncGenerator<ArchiveObject> {
  let last = { context: '', subject: '' };
  for (;;) {
    const page = await connection.query<typeof last>(statement('exportSubjects'), [
      last.context,
      last.subject,
      SUBJECTS_AT_ONCE,
    ]);
    const end = page.at(-1);
    if (!end) return;
    last = end;
    const named = page.map(({ context, subject }) => ({ context, key: subject }));
    for (const { key, record } of await readSubjects(connection, named))
      if (record) yield { key: keys.subject(key), text: seal(record) };
  }
}

/** Contents, each once, and the schemas that no version holds any more. */
async function* schemas(connection: Connection): AsyncGenerator<ArchiveObject> {
  const written = new Set<string>();
  let last = { context: '', id: 0 };
  for (;;) {
    const page = await connection.query<typeof last & { digest: string; is_loose: boolean }>(
      statement('exportSchemas'),
      [last.context, last.id, NAMES_AT_ONCE],
    );
    const end = page.at(-1);
    if (!end) return;
    last = { context: end.context, id: end.id };
    const loose = page.filter(({ is_loose }) => is_loose);
    const named = loose.map(({ context, id }) => ({ context, key: `${id}` }));
    for (const { key, record } of await readLoose(connection, named))
      if (record) yield { key: keys.loose(key.context, key.id), text: seal(record) };
    const fresh = [...new Set(page.map(({ digest }) => digest))].filter((digest) => !written.has(digest));
    for (let from = 0; from < fresh.length; from += CONTENTS_AT_ONCE) {
      const group = fresh.slice(from, from + CONTENTS_AT_ONCE);
      for (const { digest, content } of await readContents(connection, group)) {
        written.add(digest);
        yield { key: keys.content(digest), text: writeContent(content) };
      }
    }
  }
}
