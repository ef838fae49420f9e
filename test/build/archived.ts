import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openLog } from '../../registry-server/log.ts';
import type { Database } from '../../registry-server/store/database.ts';
import { databases } from '../../registry-server/store/table.ts';
import { eventually } from './eventually.ts';
import type { TestPostgres } from './postgres.ts';
import { anAvroRecord } from './schema.ts';
import type { TestServer } from './server.ts';

export type Kind = keyof typeof databases;

/** A database of either kind, for a server or to look into. */
export interface TestDatabase {
  readonly environment: Record<string, string>;
  /** While no server of this process has it: an embedded one has one user. */
  open(): Database;
  remove(): void;
}

const silent = openLog({ level: 'silent', format: 'json' });

export async function aDatabase(kind: Kind, postgres: TestPostgres | undefined): Promise<TestDatabase> {
  if (kind === 'embedded') {
    const folder = mkdtempSync(join(tmpdir(), 'registry-archived-'));
    return {
      environment: { DATA_FOLDER: folder },
      open: () => databases.embedded(folder),
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const url = await (postgres as TestPostgres).createDatabase(`archived_${randomBytes(6).toString('hex')}`);
  return {
    environment: { DATABASE_URL: url },
    open: () =>
      databases.postgres(
        { url, minConnections: 1, maxConnections: 5, acquireTimeoutMs: 5_000, statementTimeoutMs: 30_000 },
        silent,
      ),
    remove: () => {},
  };
}

export async function ask<T = Record<string, unknown>>(
  database: Database,
  text: string,
): Promise<readonly T[]> {
  return database.query<T>({ name: createHash('md5').update(text).digest('hex'), text });
}

/** Every row and column that a rebuild has to bring back; a column that somebody adds is in it by itself. */
export async function dump(database: Database): Promise<Record<string, readonly unknown[]>> {
  const tables: Record<string, { readonly order: string; readonly where?: string }> = {
    contexts: { order: 'context' },
    schemas: { order: 'context, id' },
    schema_references: { order: 'context, id, position' },
    subjects: { order: 'context, subject' },
    versions: { order: 'context, subject, version' },
    // Those that were emptied say nothing.
    settings: { order: 'context, subject', where: 'config is not null or mode is not null' },
  };
  const dumped: Record<string, readonly unknown[]> = {};
  for (const [table, { order, where = 'true' }] of Object.entries(tables)) {
    const rows = await ask<{ row: Record<string, unknown> }>(
      database,
      `select to_jsonb(t) - 'revision' as row from (select * from ${table} where ${where} order by ${order}) t`,
    );
    dumped[table] = rows.map(({ row }) => row);
  }
  const [registry] = await ask(database, 'select registry_id from registry');
  return { ...dumped, registry: [registry] };
}

/** A dump as it is once it was rebuilt: of each context 1,000 ids are passed over. */
export function passedOver(dumped: Record<string, readonly unknown[]>): Record<string, readonly unknown[]> {
  const contexts = (dumped.contexts as { readonly last_id: number }[]).map((context) => ({
    ...context,
    last_id: context.last_id + 1_000,
  }));
  return { ...dumped, contexts };
}

/** Until everything is in the bucket. */
export async function shipped(database: Database, deadlineMs = 20_000): Promise<void> {
  await eventually(async () => {
    const [state] = await ask(
      database,
      `select is_on, walk is null as is_walked, (select count(*)::integer from outbox) as pending from archive`,
    );
    expect(state).to.deep.equal({ is_on: true, is_walked: true, pending: 0 });
  }, deadlineMs);
}

/** Registers a record with these fields, and answers its id. */
export async function register(server: TestServer, subject: string, ...fields: string[]): Promise<number> {
  const { body, status } = await server.ask('POST', `/subjects/${subject}/versions`, {
    schema: anAvroRecord('R', fields),
  });
  expect(status).to.equal(200);
  return body.id;
}

/** Until the server says that all of it is in the bucket. */
export function isShipped(server: TestServer): Promise<void> {
  return eventually(async () => {
    const { archive } = (await server.getReadiness()).body.checks;
    expect(archive).to.include({ status: 'up', pending: 0, isComplete: true });
  });
}
