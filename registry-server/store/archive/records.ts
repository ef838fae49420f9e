import type { SubjectName } from '../../subject-name.ts';
import type { Connection, Statement } from '../database.ts';
import { readContexts, readLoose, readSubjects } from './batch.ts';
import type { ContextRecord, LooseRecord, SubjectRecord } from './layout.ts';

const SUBJECTS_AT_ONCE = 200;
const NAMES_AT_ONCE = 2_000;

const sql = {
  recordContexts: `select context from contexts union select context from settings where subject = '' order by context`,
  recordSubjects: `select context, subject from (
      (select context, subject from subjects where (context, subject) > ($1, $2) order by context, subject limit $3)
      union
      (select context, subject from settings where (context, subject) > ($1, $2) and subject <> ''
        order by context, subject limit $3)
    ) both_of order by context, subject limit $3`,
  recordLoose: `select s.context, s.id from schemas s
    where (s.context, s.id) > ($1, $2::integer)
      and not exists (select from versions v where v.context = s.context and v.id = s.id)
    order by s.context, s.id limit $3`,
} as const satisfies Record<string, string>;

const statement = (name: keyof typeof sql): Statement => ({ name, text: sql[name] });

/** All records of a kind, in the order of their names, as the connection sees them. */
export async function* contextRecords(connection: Connection): AsyncGenerator<ContextRecord> {
  const rows = await connection.query<{ context: string }>(statement('recordContexts'));
  const contexts = rows.map(({ context }) => context);
  const found = await readContexts(connection, contexts);
  yield* inOrderOf(contexts, new Map(found.map(({ key, record }) => [key, record])));
}

export async function* subjectRecords(connection: Connection): AsyncGenerator<SubjectRecord> {
  let last = { context: '', subject: '' };
  for (;;) {
    const page = await connection.query<typeof last>(statement('recordSubjects'), [
      last.context,
      last.subject,
      SUBJECTS_AT_ONCE,
    ]);
    const end = page.at(-1);
    if (!end) return;
    last = end;
    const found = await readSubjects(
      connection,
      page.map(({ context, subject }) => ({ context, key: subject })),
    );
    const nameOf = (name: SubjectName) => JSON.stringify([name.context, name.subject]);
    yield* inOrderOf(page.map(nameOf), new Map(found.map(({ key, record }) => [nameOf(key), record])));
  }
}

export async function* looseRecords(connection: Connection): AsyncGenerator<LooseRecord> {
  let last = { context: '', id: 0 };
  for (;;) {
    const page = await connection.query<typeof last>(statement('recordLoose'), [
      last.context,
      last.id,
      NAMES_AT_ONCE,
    ]);
    const end = page.at(-1);
    if (!end) return;
    last = end;
    const found = await readLoose(
      connection,
      page.map(({ context, id }) => ({ context, key: `${id}` })),
    );
    const nameOf = ({ context, id }: { context: string; id: number | string }) => `${context}\n${id}`;
    yield* inOrderOf(page.map(nameOf), new Map(found.map(({ key, record }) => [nameOf(key), record])));
  }
}

/** A join gives its rows in any order. */
function* inOrderOf<K, R>(names: readonly K[], found: ReadonlyMap<K, R | undefined>): Generator<R> {
  for (const name of names) {
    const record = found.get(name);
    if (record !== undefined) yield record;
  }
}
