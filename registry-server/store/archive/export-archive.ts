import type { Connection, Statement } from '../database.ts';
import { readState } from './archive-state.ts';
import { readContents } from './batch.ts';
import { FORMAT, keys, REGISTRY_KEY, type RegistryRecord, seal, writeContent } from './layout.ts';
import { contextRecords, looseRecords, subjectRecords } from './records.ts';

/** What the archive in S3 would have under a key. */
export interface ArchiveObject {
  readonly key: string;
  readonly text: string;
}

// Each schema may be as large as a schema can be.
const CONTENTS_AT_ONCE = 100;
const NAMES_AT_ONCE = 2_000;

const exportSchemas: Statement = {
  name: 'exportSchemas',
  text: `select context, id, encode(fingerprint, 'hex') as digest from schemas
    where (context, id) > ($1, $2::integer) order by context, id limit $3`,
};

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
  for await (const one of contextRecords(connection))
    yield { key: keys.context(one.context), text: seal(one) };
  for await (const one of subjectRecords(connection)) yield { key: keys.subject(one), text: seal(one) };
  for await (const one of looseRecords(connection))
    yield { key: keys.loose(one.context, one.id), text: seal(one) };
  yield* contents(connection);
}

/** Each once. */
async function* contents(connection: Connection): AsyncGenerator<ArchiveObject> {
  const written = new Set<string>();
  let last = { context: '', id: 0 };
  for (;;) {
    const page = await connection.query<typeof last & { digest: string }>(exportSchemas, [
      last.context,
      last.id,
      NAMES_AT_ONCE,
    ]);
    const end = page.at(-1);
    if (!end) return;
    last = { context: end.context, id: end.id };
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
