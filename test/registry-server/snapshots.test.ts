import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openBucket } from '../../registry-server/open-bucket.ts';
import { readSettings } from '../../registry-server/settings.ts';
import { keys, seal } from '../../registry-server/store/archive/layout.ts';
import { getSnapshot } from '../../registry-server/store/archive/snapshots/find-snapshot.ts';
import {
  manifestKey,
  partKey,
  readManifest,
} from '../../registry-server/store/archive/snapshots/manifest.ts';
import type { Bucket } from '../../registry-server/store/bucket.ts';
import { aDatabase, dump, type TestDatabase } from '../build/archived.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { quickStart } from '../build/quick-start.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));
const reason = missingS3 ?? missingPostgres;

(reason ? describe.skip : describe)(`snapshots of a registry${reason ? ` (${reason})` : ''}`, function () {
  this.timeout(60_000);
  let postgres: TestPostgres;
  let s3: TestS3;
  let source: TestDatabase;
  let server: TestServer;
  let bucket: Record<string, string>;
  const made: TestDatabase[] = [];

  before(async () => {
    [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
    bucket = { ...s3.createBucket('snapshots'), REGISTRY_NAME: 'team-a/registry' };
    source = await aDatabase('postgres', postgres);
    server = await startServer({ ...source.environment, ...bucket });
    await server.ready;
  });
  after(async () => {
    await server?.stop();
    for (const database of made) database.remove();
    await Promise.all([postgres?.stop(), s3?.remove()]);
  });

  async function command(environment: Record<string, string>, ...args: string[]) {
    const env = { PATH: process.env.PATH, ...quickStart, LOG_LEVEL: 'error', ...environment };
    const run = promisify(execFile)(process.execPath, [main, ...args], { env });
    const { stdout, stderr, code = 0 } = await run.catch((error) => error);
    return { code, out: stdout + stderr };
  }
  const archive = (...args: string[]) => command({ ...source.environment, ...bucket }, 'archive', ...args);

  async function send(method: string, path: string, body?: object) {
    const { status, text, body: answer } = await server.ask(method, path, body);
    expect(status, `${method} ${path} ${text}`).to.equal(200);
    return answer;
  }
  const register = async (subject: string, ...fields: string[]): Promise<number> =>
    (
      await send('POST', `/subjects/${encodeURIComponent(subject)}/versions`, {
        schema: anAvroRecord('R', fields),
      })
    ).id;
  async function removeForGood(subject: string) {
    await send('DELETE', `/subjects/${encodeURIComponent(subject)}`);
    await send('DELETE', `/subjects/${encodeURIComponent(subject)}?permanent=true`);
  }
  const isShipped = () =>
    eventually(async () => {
      const { archive } = (await server.getReadiness()).body.checks;
      expect(archive).to.include({ status: 'up', pending: 0, isComplete: true });
    }, 20_000);

  async function dumped() {
    const opened = source.open();
    try {
      return await dump(opened);
    } finally {
      await opened.close();
    }
  }

  /** What a rebuild at a snapshot gives. */
  async function rebuiltAt(at: string) {
    const target = await aDatabase('embedded', undefined);
    made.push(target);
    const { code, out } = await command(
      { ...target.environment, ...bucket, S3_BUCKET: '' },
      'rebuild',
      '--from',
      `s3://${bucket.S3_BUCKET}/`,
      '--at',
      at,
    );
    const opened = target.open();
    try {
      return { code, out, dump: code === 0 ? await dump(opened) : undefined };
    } finally {
      await opened.close();
    }
  }

  const fileOf = (key: string) => s3.fileOf('snapshots', key);
  const countParts = () => readdirSync(fileOf('snapshot-parts')).length;
  let first: Awaited<ReturnType<typeof dumped>>;
  let goneId: number;

  it('are taken by the server that ships, when a person asks for one', async () => {
    expect((await archive('snapshots')).out).to.match(/^there are no snapshots at s3:\/\/snapshots\//);
    await register('orders', 'a');
    await register('orders', 'a', 'b');
    await register(':.dev:users', 'a');
    goneId = await register('gone', 'z');
    await send('PUT', '/config/orders', { compatibility: 'NONE' });
    await send('DELETE', '/subjects/orders/versions/1');
    const { code, out } = await archive('snapshots', 'take', 'first');
    expect(out).to.match(/^first: 3 subjects, 4 versions, 4 schemas, as of \d{4}-/);
    expect(code).to.equal(0);
    first = await dumped();
    const again = await archive('snapshots', 'take', 'first');
    expect([again.code, again.out]).to.deep.equal([
      1,
      'there is a snapshot first already: choose another name, or remove that one\n',
    ]);
  });

  it('are pointers: what did not change is shared, and a content stays that was removed since', async () => {
    const before = countParts();
    const digest = contentOf('gone');
    await removeForGood('gone');
    await register(':.young:s', 'y');
    await isShipped();
    expect((await archive('snapshots', 'take', 'second')).code).to.equal(0);
    // Those of contexts and of subjects changed.
    expect(countParts() - before).to.be.within(1, 2);
    expect(existsSync(fileOf(keys.content(digest)))).to.equal(true);
    const { out } = await archive('snapshots');
    expect(out.split('\n').map((line: string) => line.split(/ +/)[0])).to.deep.equal([
      'NAME',
      'first',
      'second',
      '',
    ]);
    expect((await server.getReadiness()).body.checks.archive.snapshots.map(nameOf)).to.deep.equal([
      'second',
      'first',
    ]);
  });

  it('bring the registry back as it was, and give no id again that was given since', async () => {
    const { code, out, dump: rebuilt } = await rebuiltAt('first');
    expect(code, out).to.equal(0);
    expect(out).to.match(/^as of .*, by the snapshot first\n3 subjects, 4 versions, 4 schemas, 2 contexts/);
    const { contexts, ...rest } = rebuilt as typeof first;
    const { contexts: _, ...before } = first;
    expect(rest).to.deep.equal(before);
    expect(contexts).to.deep.equal([
      { context: '.', last_id: 1_003, is_removed: false },
      { context: '.dev', last_id: 1_001, is_removed: false },
      // It came later, and its ids are in messages.
      { context: '.young', last_id: 1_001, is_removed: true },
    ]);
    expect(goneId).to.equal(3);
  });

  it('are found by a time, and what there is not is said with what there is', async () => {
    const between = new Date(Date.parse(timeOf('second')) - 1).toISOString();
    expect(await foundAt(between)).to.equal('first');
    expect(await foundAt('2999-01-01')).to.equal('second');
    expect(await foundAt('2020-01-01T00:00:00Z')).to.equal(
      `2020-01-01T00:00:00Z is before the first snapshot at ${address()}, which is first of ${timeOf('first')}`,
    );
    expect(await foundAt('other')).to.equal(
      `there is no snapshot "other" at ${address()}: write the name of one, such as first, or a time such as 2026-11-26T22:00:00Z`,
    );
  });

  it("are refused where they are damaged, a newer server's, or of another registry", async () => {
    const file = fileOf(manifestKey('second'));
    const text = readFileSync(file, 'utf8');
    const manifest = readManifest('', text);
    const [part] = manifest.parts;
    const parts = fileOf(partKey(part?.digest ?? ''));
    const bytes = readFileSync(parts);
    try {
      writeFileSync(file, text.replace('subjects', 'objects'));
      expect(await foundAt('second')).to.equal('snapshots/second.json: damaged');
      writeFileSync(file, seal({ ...manifest, format: 2 }));
      expect(await foundAt('second')).to.equal(
        'snapshots/second.json: written by a newer version of the server: format 2, and this one reads up to 1',
      );
      writeFileSync(file, seal({ ...manifest, registryId: 'another', registryName: 'team-b/registry' }));
      expect((await rebuiltAt('second')).out).to.include(
        `snapshots/second.json: is of the registry team-b/registry, and ${address()} is the archive of team-a/registry`,
      );
      writeFileSync(file, text);
      writeFileSync(parts, bytes.subarray(0, 20));
      expect((await rebuiltAt('second')).out).to.include(`${partKey(part?.digest ?? '')}: damaged\n`);
    } finally {
      writeFileSync(file, text);
      writeFileSync(parts, bytes);
    }
  });

  it('are removed when a person says so, with what they alone held', async () => {
    const { code, out } = await archive('snapshots', 'remove', 'first');
    expect([code, out]).to.deep.equal([0, 'first is removed\n']);
    expect((await archive('snapshots', 'remove', 'first')).out).to.equal('there is no snapshot first\n');
    expect((await archive('snapshots', 'take', 'First!')).out).to.match(/"First!" is no name of a snapshot/);
    await eventually(() => expect(countParts()).to.be.below(5));
  });

  /** The name of the snapshot that is meant, or why there is none. */
  async function foundAt(at: string): Promise<string> {
    const opened = (await openBucket(readSettings(bucket))) as Bucket;
    try {
      return (await getSnapshot(opened, at)).name;
    } catch (error) {
      return (error as Error).message;
    } finally {
      opened.close();
    }
  }
  const nameOf = ({ name }: { name: string }) => name;
  const address = () => `s3://snapshots/ at ${bucket.S3_ENDPOINT}`;
  const timeOf = (name: string) => readManifest('', readFileSync(fileOf(manifestKey(name)), 'utf8')).created;
  function contentOf(subject: string): string {
    const { record } = JSON.parse(readFileSync(fileOf(keys.subject({ context: '.', subject })), 'utf8'));
    return record.versions[0].digest;
  }
});
