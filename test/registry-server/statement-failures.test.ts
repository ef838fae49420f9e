import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { openApp } from '../../registry-server/app.ts';
import { handOver } from '../../registry-server/before-koa/hand-over.ts';
import { beginRequest } from '../../registry-server/before-koa/http-record.ts';
import { KnownPosts } from '../../registry-server/before-koa/known-posts.ts';
import { Lifecycle } from '../../registry-server/lifecycle.ts';
import { closeServer, listen, urlOf } from '../../registry-server/listening/listen.ts';
import { openLog } from '../../registry-server/log.ts';
import { openMetrics } from '../../registry-server/metrics/metrics.ts';
import type { Registry } from '../../registry-server/registry.ts';
import type { Part, Store, SubjectFilter } from '../../registry-server/store/store.ts';
import type { SubjectName } from '../../registry-server/subject-name.ts';
import { eventually } from '../build/eventually.ts';
import { openGrpcClient } from '../build/grpc.ts';
import { idleSources } from '../build/metrics.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { startServer, type TestServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));
const secret = 'hunter2-and-more';

interface Fault {
  readonly title: string;
  readonly sqlState: string;
  readonly message: RegExp;
  readonly more?: Readonly<Record<string, string>>;
}

/** What the table of schemas says to a text that names the fault. */
const faults: Readonly<Record<string, Fault>> = {
  check: {
    title: 'a constraint',
    sqlState: '23514',
    message: /^new row for relation "schemas" violates check constraint "no_such_schema"$/,
    more: { table: 'schemas', constraint: 'no_such_schema' },
  },
  cast: {
    title: 'a value that is none',
    sqlState: '22P02',
    message: /^invalid input syntax for type integer: …$/,
  },
  raise: { title: "somebody's trigger", sqlState: 'P0001', message: /^not here: …$/ },
  denied: {
    title: 'a right that is missing',
    sqlState: '42501',
    message: /^permission denied for table secrets$/,
  },
  gone: {
    title: 'a table that is missing',
    sqlState: '42P01',
    message: /^relation "nowhere" does not exist$/,
  },
  full: { title: 'a full disk', sqlState: '53100', message: /^could not extend file$/ },
  standby: {
    title: 'a standby',
    sqlState: '25006',
    message: /^cannot execute INSERT in a read-only transaction$/,
  },
  clash: { title: 'what never succeeds', sqlState: '40001', message: /^could not serialize access$/ },
  slow: {
    title: 'its time limit',
    sqlState: '57014',
    message: /^canceling statement due to statement timeout$/,
  },
};

const trigger = `
  create table secrets (id integer);
  create role nobody_here;
  create function fail() returns trigger language plpgsql as $$
  begin
    case substring(new.schema from 'fault-([a-z]+)')
      when 'cast' then perform new.schema::integer;
      when 'raise' then raise exception 'not here: "%"', new.schema using hint = new.schema, detail = new.schema;
      when 'denied' then set local role nobody_here; perform from secrets;
      when 'gone' then perform from nowhere;
      when 'full' then raise exception 'could not extend file' using errcode = '53100', detail = new.schema;
      when 'standby' then raise exception 'cannot execute INSERT in a read-only transaction' using errcode = '25006';
      when 'clash' then raise exception 'could not serialize access' using errcode = '40001', detail = new.schema;
      when 'slow' then perform pg_sleep(30);
      else null;
    end case;
    return new;
  end $$;
  create trigger fail before insert on schemas for each row execute function fail();
  alter table schemas add constraint no_such_schema check (schema not like '%fault-check%');`;

describe(`what PostgreSQL says of a statement that fails${missingPostgres ? ` (skipped: ${missingPostgres})` : ''}`, () => {
  let postgres: TestPostgres;
  let server: TestServer;
  let url: string;
  const lines: string[] = [];

  before(async function () {
    if (missingPostgres) return this.skip();
    postgres = await startPostgres();
    url = await postgres.createDatabase('failing');
    server = await startServer({ DATABASE_URL: url, REQUEST_TIMEOUT: '1' }, (line) => lines.push(line));
    await server.ready;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(trigger);
    await client.end();
  });
  after(async () => {
    await server?.stop();
    await postgres?.stop();
  });

  const failing = (fault: string) =>
    JSON.stringify({ type: 'enum', name: 'E', doc: `fault-${fault} ${secret}`, symbols: ['A'] });
  const said = (requestId: string) =>
    lines
      .map((line) => JSON.parse(line))
      .filter((line) => line.requestId === requestId && line.event === 'statement failed');

  async function isLogged(requestId: string, { sqlState, message, more = {} }: Fault): Promise<void> {
    await eventually(() => expect(said(requestId)).to.have.length(1));
    const [line] = said(requestId);
    expect(line).to.include({ level: 'error', sqlState, ...more });
    expect(line.message).to.match(message);
    expect(lines.join('')).not.to.include(secret);
  }

  for (const [fault, expected] of Object.entries(faults)) {
    it(`is in the log, and no value of the client's: ${expected.title}, over REST`, async () => {
      const requestId = `rest-${fault}`;
      const reply = await server.ask(
        'POST',
        '/subjects/s/versions',
        { schema: failing(fault) },
        { 'X-Request-Id': requestId },
      );
      expect(reply.status).to.equal(500);
      expect(reply.text).not.to.match(/hunter2|constraint|relation/);
      await isLogged(requestId, expected);
    });

    it(`is in the log, and no value of the client's: ${expected.title}, over gRPC`, async () => {
      const requestId = `grpc-${fault}`;
      const client = openGrpcClient(server.grpcAddress ?? '');
      try {
        const { code } = await client.call(
          'SchemaService/RegisterSchema',
          { subject: 's', schema: { schema: failing(fault) } },
          { headers: { 'x-request-id': requestId } },
        );
        expect(code).to.be.oneOf(['INTERNAL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED']);
        await isLogged(requestId, expected);
      } finally {
        client.close();
      }
    });
  }

  it('is said by a command, without what was in the rows', async () => {
    const database = await postgres.createDatabase('half_there');
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    await client.query('create table registry (only_row boolean)');
    await client.end();
    const env = { PATH: process.env.PATH, DATABASE_URL: database };
    const refused = await promisify(execFile)(process.execPath, [main, 'migrate'], { env }).catch(
      (error) => error,
    );
    expect([refused.code, refused.stderr]).to.deep.equal([
      1,
      'the database refuses a statement: relation "registry" already exists (42P07)\n',
    ]);
  });
});

describe('a list that PostgreSQL ends', () => {
  it('is in the log with what was said', async () => {
    const lines: string[] = [];
    const log = openLog({ level: 'info', format: 'json' }, (line) => lines.push(line));
    const lifecycle = new Lifecycle();
    lifecycle.serve();
    const failing = {
      async listSubjects(_: SubjectFilter, { after, limit }: Part<SubjectName>) {
        if (after === undefined)
          return Array.from({ length: limit }, (_, n) => ({ context: '.', subject: `s${n}` }));
        throw Object.assign(new Error(`enough of "${secret}"`), { code: 'P0001', detail: secret });
      },
    };
    const store = failing as object as Store;
    const metrics = openMetrics(idleSources);
    const app = openApp({
      registry: { store, metrics } as Registry,
      log,
      knownPosts: new KnownPosts(1),
      requestTimeoutMs: 5_000,
      lifecycle,
      readiness: () => Promise.reject(new Error('is not asked')),
    });
    const koa = handOver(app);
    const server = createServer((request, response) => koa(beginRequest(request, response, () => undefined)));
    await listen(server, 0, '127.0.0.1');
    try {
      const answer = await fetch(`${urlOf(server)}/subjects`, { headers: { 'X-Request-Id': 'a-list' } });
      expect(answer.status).to.equal(200);
      expect(await answer.text().catch(() => 'broken off')).to.equal('broken off');
      const line = lines.map((one) => JSON.parse(one)).find(({ event }) => event === 'answer broken off');
      expect(line).to.include({ requestId: 'a-list', sqlState: 'P0001', message: 'enough of …' });
      expect(lines.join('')).not.to.include(secret);
    } finally {
      await closeServer(server, 0);
    }
  });
});
