import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  type DrillRecord,
  keys,
  type SubjectRecord,
  seal,
  unseal,
} from '../../registry-server/store/archive/layout.ts';
import { aDatabase, ask, isShipped, register, type TestDatabase } from '../build/archived.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { withServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));
const reason = missingS3 ?? missingPostgres;

(reason ? describe.skip : describe)(`a drill${reason ? ` (${reason})` : ''}`, function () {
  this.timeout(60_000);
  let postgres: TestPostgres;
  let s3: TestS3;
  let drills = 0;
  before(async () => {
    [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
  });
  after(() => Promise.all([postgres.stop(), s3.remove()]));

  /** A registry with an archive of three subjects, and what its servers are told. */
  async function archived() {
    drills += 1;
    const database = await aDatabase('postgres', postgres);
    const bucket = s3.createBucket(`drill-${drills}`);
    const environment: Record<string, string> = { ...database.environment, ...bucket };
    await withServer(environment, async (server) => {
      await register(server, 'orders', 'a');
      await register(server, 'orders', 'a', 'b');
      await register(server, ':.dev:users', 'u');
      await register(server, 'gone', 'g');
      await isShipped(server);
    });
    return { database, environment, bucket: bucket.S3_BUCKET ?? '' };
  }

  /** What the command prints, and what it leaves in the bucket. */
  async function drilled(environment: Record<string, string>, ...args: string[]) {
    const { stdout, stderr, code } = await promisify(execFile)(process.execPath, [main, 'drill', ...args], {
      env: { PATH: process.env.PATH, LOG_LEVEL: 'error', ...environment },
    }).then(
      (printed) => ({ ...printed, code: 0 }),
      (failed) => failed as { stdout: string; stderr: string; code: number },
    );
    const file = s3.fileOf(environment.S3_BUCKET ?? 'none', 'drill.json');
    const record = existsSync(file) ? unseal<DrillRecord>(readFileSync(file, 'utf8')) : undefined;
    return { stdout, stderr, code, record };
  }

  async function snapshot(environment: Record<string, string>, name: string): Promise<void> {
    await promisify(execFile)(process.execPath, [main, 'archive', 'snapshots', 'take', name], {
      env: { PATH: process.env.PATH, LOG_LEVEL: 'error', ...environment },
    });
  }

  async function change(database: TestDatabase, statement: string): Promise<void> {
    const opened = database.open();
    await ask(opened, statement);
    await opened.close();
  }

  it('finds that the archive is what the registry is, and leaves in the bucket how it went', async () => {
    const { environment } = await archived();
    const { code, stdout, record } = await drilled(environment);
    expect(stdout).to.match(
      /^3 subjects, 4 versions and 4 schemas restored in [\d.]+ s, 4 of them read in both: all the same\n$/,
    );
    expect(code).to.equal(0);
    expect(record).to.include({ subjects: 3, versions: 4, schemas: 4, gone: 0, reads: 4, differing: 0 });
    expect(Date.parse(record?.endedAt ?? '')).to.be.closeTo(Date.now(), 60_000);
  });

  it('counts what was removed for good after it was archived, and reads as many of the rest as it is told', async () => {
    const { environment, bucket: _, ...withArchive } = await archived();
    await withServer(withArchive.database.environment, async (server) => {
      await server.ask('DELETE', '/subjects/gone');
      await server.ask('DELETE', '/subjects/gone?permanent=true');
      await register(server, 'gone', 'another');
    });
    const { code, stdout, record } = await drilled(environment, '--reads', '1000');
    expect([code, record?.gone, record?.differing, record?.reads]).to.deep.equal([0, 2, 0, 3]);
    expect(stdout).to.match(/all the same; 2 were removed since\n$/);
  });

  it('says which object of the bucket was changed by hand', async () => {
    const { environment, bucket, database } = await archived();
    const opened = database.open();
    const [{ digest = '' } = {}] = await ask<{ digest: string }>(
      opened,
      `select encode(fingerprint, 'hex') as digest from schemas where context = '.' and id = 2`,
    );
    await opened.close();
    const file = s3.fileOf(bucket, keys.content(digest));
    writeFileSync(file, readFileSync(file, 'utf8').replace('"b\\"', '"B\\"'));
    const { code, stderr, stdout, record } = await drilled(environment);
    expect(code).to.equal(1);
    expect(record).to.deep.include({ differing: 1, differences: [`${keys.content(digest)}: damaged`] });
    expect(stderr).to.equal(`${keys.content(digest)}: damaged\n`);
    expect(stdout).to.match(/: 1 differ\n$/);
  });

  it('says what the archive has under another id, though each of its objects is whole', async () => {
    const { environment, bucket } = await archived();
    const file = s3.fileOf(bucket, keys.subject({ context: '.', subject: 'orders' }));
    const subject = unseal<SubjectRecord>(readFileSync(file, 'utf8'));
    const [first, second] = subject?.versions ?? [];
    const swapped = [
      { ...first, id: second?.id },
      { ...second, id: first?.id },
    ];
    writeFileSync(file, seal({ ...subject, versions: swapped }));
    const { code, record } = await drilled(environment);
    expect(code).to.equal(1);
    expect(record?.differences).to.have.members([
      'id 1 of context . is another schema in the registry',
      'id 2 of context . is another schema in the registry',
      'version 1 of orders has the id 1 in the registry, and 2 in its archive',
      'version 2 of orders has the id 2 in the registry, and 1 in its archive',
      'version 1 of orders is not what it is in the registry',
      'version 2 of orders is not what it is in the registry',
    ]);
  });

  it('finds what somebody has changed in the database', async () => {
    const { environment, database } = await archived();
    await change(database, `update schemas set schema = '"int"' where context = '.dev'`);
    const { code, record } = await drilled(environment);
    expect([code, record?.differences]).to.deep.equal([
      1,
      ['version 1 of :.dev:users is not what it is in the registry'],
    ]);
  });

  it('restores the newest snapshot, though the registry has gone on since, or the one that is asked for', async () => {
    const { environment } = await archived();
    await snapshot(environment, 'first');
    await withServer(environment, async (server) => {
      await register(server, 'later', 'l');
      await isShipped(server);
    });
    await snapshot(environment, 'second');
    const { code, record } = await drilled(environment);
    expect([code, record?.snapshot, record?.subjects, record?.differing]).to.deep.equal([0, 'second', 4, 0]);
    const former = await drilled(environment, '--at', 'first');
    expect([former.code, former.record?.snapshot, former.record?.subjects]).to.deep.equal([0, 'first', 3]);
    const none = await drilled(environment, '--at', 'third');
    expect([none.code, none.record?.snapshot]).to.deep.equal([1, 'first']);
    expect(none.stderr).to.match(/^there is no snapshot "third" at s3:/);
  });

  it('finds a snapshot that is damaged, or has lost a part', async () => {
    const { environment, bucket } = await archived();
    await snapshot(environment, 'only');
    const [part = ''] = readdirSync(s3.fileOf(bucket, 'snapshot-parts'));
    rmSync(s3.fileOf(bucket, `snapshot-parts/${part}`));
    const lost = await drilled(environment);
    expect(lost.code).to.equal(1);
    expect(lost.record?.differences).to.include(`snapshot-parts/${part}: missing`);
    const file = s3.fileOf(bucket, 'snapshots/only.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"only"', '"lone"'));
    const damaged = await drilled(environment);
    expect(damaged.record).to.deep.include({ differing: 1, differences: ['snapshots/only.json: damaged'] });
  });

  it('compares with nothing but the registry that the archive is of', async () => {
    const { environment } = await archived();
    const other = await archived();
    const { code, stderr, record } = await drilled({ ...environment, ...other.database.environment });
    expect([code, record]).to.deep.equal([1, undefined]);
    expect(stderr).to.match(/^s3:.* holds the archive of another registry: its identity is /);
  });

  for (const [title, change, args, says] of [
    ['without an archive', { S3_BUCKET: '' }, [], 'S3_BUCKET: is not set'],
    ['without a database', { DATABASE_URL: '' }, [], 'DATABASE_URL: is not set'],
    [
      'of a number of reads that is none',
      {},
      ['--reads', 'all'],
      '--reads: "all" is not a whole number from 0',
    ],
    ['of an option that there is not', {}, ['--read', '5'], "Unknown option '--read'"],
  ] as const)
    it(`is refused ${title}`, async () => {
      const bucket = s3.createBucket('refused');
      const environment = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', ...bucket, ...change };
      const { code, stderr } = await drilled(environment, ...args);
      expect(code).to.equal(1);
      expect(stderr).to.include(says);
    });
});
