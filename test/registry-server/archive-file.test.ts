import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { aDatabase, dump, passedOver, type TestDatabase } from '../build/archived.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { quickStart } from '../build/quick-start.ts';
import { anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

async function send(server: TestServer, method: string, path: string, body?: object): Promise<void> {
  const { status, text } = await server.ask(method, path, body);
  expect(status, `${method} ${path} ${text}`).to.equal(200);
}

const register = (server: TestServer, subject: string, body: object) =>
  send(server, 'POST', `/subjects/${encodeURIComponent(subject)}/versions`, body);

async function fill(server: TestServer): Promise<void> {
  await register(server, 'orders', { schema: anAvroRecord('Order') });
  await register(server, 'orders', { schema: anAvroRecord('Order', ['a', 'b']) });
  await register(server, ':.dev:invoice', {
    schema: '{"type":"record","name":"Invoice","fields":[{"name":"order","type":"Order"}]}',
    references: [{ name: 'Order', subject: ':.:orders', version: 1 }],
  });
  await register(server, '名前 "/\\', {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3";\nmessage Event {\n  string id = 1; // "quoted"\n}\n',
    metadata: { properties: { owner: 'team-a' } },
  });
  await register(server, 'gone', { schema: anAvroRecord('Gone') });
  await send(server, 'DELETE', '/subjects/gone');
  await send(server, 'DELETE', '/subjects/gone?permanent=true');
  await register(server, 'soft', { schema: anAvroRecord('Soft') });
  await send(server, 'DELETE', '/subjects/soft');
  await send(server, 'PUT', '/config/orders', { compatibility: 'NONE' });
  await send(server, 'PUT', '/config/settings-only', { compatibility: 'FULL' });
  await send(server, 'PUT', '/mode/soft', { mode: 'READONLY' });
}

(missingPostgres ? describe.skip : describe)('a registry as one file', function () {
  this.timeout(60_000);
  let postgres: TestPostgres;
  let source: TestDatabase;
  let server: TestServer;
  let folder: string;
  let file: string;
  const made: TestDatabase[] = [];

  const command = async (database: TestDatabase, ...args: string[]) => {
    const env = { PATH: process.env.PATH, ...quickStart, LOG_LEVEL: 'error', ...database.environment };
    const run = promisify(execFile)(process.execPath, [main, 'archive', ...args], { env });
    const { stdout, stderr, code = 0 } = await run.catch((error) => error);
    return { code, out: stdout + stderr };
  };
  const emptyDatabase = async () => {
    const database = await aDatabase('embedded', undefined);
    made.push(database);
    return database;
  };
  const dumpOf = async (database: TestDatabase) => {
    const opened = database.open();
    try {
      return await dump(opened);
    } finally {
      await opened.close();
    }
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-file-'));
    file = join(folder, 'registry.ndjson.gz');
    postgres = await startPostgres();
    source = await aDatabase('postgres', postgres);
    server = await startServer(source.environment);
    await server.ready;
    await fill(server);
    const { code, out } = await command(source, 'export', file);
    expect([code, out]).to.deep.equal([0, `13 objects are in ${file}\n`]);
  });
  after(async () => {
    await server?.stop();
    await postgres?.stop();
    for (const database of made) database.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings the same registry into an empty database, and into no other', async () => {
    const target = await emptyDatabase();
    const checked = await command(target, 'import', file, '--dry-run');
    expect([checked.code, checked.out]).to.satisfy(
      ([code, out]: [number, string]) => code === 0 && out.includes('whole:'),
      checked.out,
    );
    const { code, out } = await command(target, 'import', file);
    expect([code, out]).to.deep.equal([
      0,
      `4 subjects, 5 versions, 5 schemas, 2 contexts at ${file}\nrebuilt\n`,
    ]);
    expect(await dumpOf(target)).to.deep.equal(passedOver(await dumpOf(source)));
    expect((await command(target)).out).to.equal('off\n');
    const again = await command(target, 'import', file);
    expect([again.code, again.out]).to.deep.equal([
      1,
      'the database is not empty: a registry is rebuilt into a new one\n',
    ]);
  });

  it('is one moment of a registry that goes on', async () => {
    let isOver = false;
    const writing = (async () => {
      for (let next = 0; !isOver; next += 1) {
        await register(server, `busy-${next}`, { schema: anAvroRecord('Busy', [`f${next}`]) });
        await register(server, `after-${next}`, {
          schema: '{"type":"record","name":"After","fields":[{"name":"busy","type":"Busy"}]}',
          references: [{ name: 'Busy', subject: `busy-${next}`, version: 1 }],
        });
      }
    })();
    const busy = join(folder, 'busy.ndjson.gz');
    const exported = await command(source, 'export', busy);
    isOver = true;
    await writing;
    expect(exported.code, exported.out).to.equal(0);
    const { code, out } = await command(await emptyDatabase(), 'import', busy, '--dry-run');
    expect(code, out).to.equal(0);
  });

  it('is not written over', async () => {
    const before = readFileSync(file);
    const { code, out } = await command(source, 'export', file);
    expect([code, out]).to.deep.equal([1, `${file} is there already, and is not written over\n`]);
    expect(readFileSync(file).equals(before)).to.equal(true);
    expect(existsSync(`${file}.part`)).to.equal(false);
  });

  it('is refused with what is wrong, and where, when it is no longer what was written', async () => {
    const target = await emptyDatabase();
    const whole = readFileSync(file);
    const lines = gunzipSync(whole).toString().split('\n');
    const text = (changed: readonly string[]) => gzipSync(changed.join('\n'));
    const changedAt = (place: number, from: string | RegExp, to: string) =>
      text(lines.map((line, index) => (index === place ? line.replace(from, to) : line)));
    for (const [content, said] of [
      [whole.subarray(0, whole.length - 40), / was cut off after line \d+: its end is missing/],
      [text(lines.slice(0, -2)), /was cut off after line 14/],
      [Buffer.from('{"no":"gzip"}'), /is no export of a registry: it is no gzip/],
      [gzipSync('{"no":"export"}\n'), /its first line is not that of one/],
      [changedAt(0, '"format":1', '"format":99'), /newer version of the server .*format 99/],
      [changedAt(4, 'orders', 'orderz'), /was changed: it has not the digest/],
      [changedAt(2, '"key"', '"kez"'), /, line 3: damaged/],
      [text(lines.toSpliced(4, 1)), /has 12 objects, and its end says 13/],
      [text([...lines.slice(0, -1), lines[2] ?? '']), /, line 16: there is more after the end/],
      [text(lines.toSpliced(4, 0, lines[4] ?? '')), /, line 6: .* is there twice/],
    ] as const) {
      const bad = join(folder, 'bad.gz');
      writeFileSync(bad, content);
      const { code, out } = await command(target, 'import', bad);
      expect([code, out]).to.satisfy(
        ([ended, words]: [number, string]) => ended === 1 && said.test(words),
        out,
      );
    }
    expect((await command(target, 'import', join(folder, 'nowhere'))).out).to.match(
      /nowhere cannot be read: ENOENT/,
    );
    expect((await command(target, 'import', file)).code).to.equal(0);
  });
});
