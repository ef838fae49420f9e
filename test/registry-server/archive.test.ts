import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openLog } from '../../registry-server/log.ts';
import { openBucket } from '../../registry-server/open-bucket.ts';
import { readSettings } from '../../registry-server/settings.ts';
import { openArchive } from '../../registry-server/store/archive/archive.ts';
import { keys } from '../../registry-server/store/archive/layout.ts';
import { type Rebuilding, rebuild } from '../../registry-server/store/archive/rebuild.ts';
import type { Bucket } from '../../registry-server/store/bucket.ts';
import type { Database } from '../../registry-server/store/database.ts';
import { migrate } from '../../registry-server/store/migrate.ts';
import {
  aDatabase,
  ask,
  dump,
  type Kind,
  passedOver,
  shipped,
  type TestDatabase,
} from '../build/archived.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { quickStart } from '../build/quick-start.ts';
import { chance, seeded } from '../build/random.ts';
import { askReplica, openReplica, type Replica } from '../build/replica.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { aJsonObject, anAvroRecord } from '../build/schema.ts';
import { type TestServer, withServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

const missing: Record<Kind, string | undefined> = {
  embedded: missingS3,
  postgres: missingS3 ?? missingPostgres,
};

for (const kind of ['embedded', 'postgres'] as const) {
  const reason = missing[kind];
  (reason ? describe.skip : describe)(`the archive: ${kind}${reason ? ` (${reason})` : ''}`, function () {
    this.timeout(90_000);
    archives(kind);
  });
}

/** A little of everything that a registry can hold. */
async function fill(server: TestServer): Promise<void> {
  const at = (subject: string) => `/subjects/${encodeURIComponent(subject)}`;
  const send = async (method: string, path: string, body?: unknown) => {
    const reply = await server.ask(method, path, body);
    expect(reply.status, `${method} ${path} ${reply.text}`).to.equal(200);
    return reply.body;
  };
  const register = (subject: string, body: Record<string, unknown>) =>
    send('POST', `${at(subject)}/versions`, body);

  await register('orders', { schema: anAvroRecord('Order') });
  await register('orders', { schema: anAvroRecord('Order', ['a', 'b']) });
  await register('orders', { schema: anAvroRecord('Order', ['a', 'b', 'c']) });
  await register('users', { schemaType: 'JSON', schema: aJsonObject({ name: { type: 'string' } }) });
  await register('events', {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3"; message Event { string id = 1; }',
  });
  await register('invoice', {
    schema: '{"type":"record","name":"Invoice","fields":[{"name":"order","type":"Order"}]}',
    references: [{ name: 'Order', subject: 'orders', version: 2 }],
  });
  await register(':.dev:invoice', {
    schema: '{"type":"record","name":"Invoice","fields":[{"name":"order","type":"Order"}]}',
    references: [{ name: 'Order', subject: ':.:orders', version: 1 }],
  });
  await register('contract', {
    schema: anAvroRecord('Contract'),
    metadata: { properties: { owner: 'team-a', 10: 'ten', 9: 'nine' }, tags: { '**.a': ['PII'] } },
    ruleSet: { domainRules: [{ name: 'r', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'true' }] },
  });
  for (const subject of [
    '../up',
    'a/b c',
    'Ünïcødé-名前-😀',
    'x'.repeat(400),
    '~',
    '!21',
    '%2E',
    ':.dev:.',
    'LOWER',
    'lower',
  ]) {
    await register(subject, { schema: anAvroRecord('Named', [`f${subject.length}`]) });
  }
  await register(':.ünï:other', { schema: anAvroRecord('Order') });

  await send('PUT', '/config', { compatibility: 'FULL' });
  await send('PUT', '/config/orders', { compatibility: 'NONE', normalize: true });
  await send('PUT', `/config/${encodeURIComponent(':.dev:')}`, { compatibility: 'FORWARD' });
  await send('PUT', '/config/settings-only', { compatibility: 'BACKWARD_TRANSITIVE' });
  await send('PUT', '/mode/events', { mode: 'READONLY' });

  // Removed, softly and for good.
  await send('DELETE', `${at('orders')}/versions/3`);
  await register('gone', { schema: anAvroRecord('Gone') });
  await send('DELETE', at('gone'));
  await send('DELETE', `${at('gone')}?permanent=true`);
  await register('soft', { schema: anAvroRecord('Soft') });
  await send('DELETE', at('soft'));
  await send('DELETE', '/config/settings-only');
  await send('PUT', '/config/settings-only-2', { compatibility: 'NONE' });

  // Ids from elsewhere: with gaps, a second id of one content, and a version that is replaced, which leaves a schema alone.
  await send('PUT', `/mode/${encodeURIComponent(':.import:')}?force=true`, { mode: 'IMPORT' });
  await register(':.import:one', { schema: anAvroRecord('One'), id: 100, version: 5 });
  await register(':.import:two', { schema: anAvroRecord('One'), id: 200, version: 1 });
  await register(':.import:three', { schema: anAvroRecord('Three'), id: 300, version: 1 });
  await register(':.import:three', { schema: anAvroRecord('Third'), id: 301, version: 1 });
}

const paths = [
  '/subjects?deleted=true',
  '/contexts',
  '/schemas?deleted=true',
  '/config',
  '/config/orders',
  '/mode/events',
  '/mode',
  '/schemas/ids/1',
  '/schemas/ids/300?subject=:.import:',
  '/schemas/ids/1/versions',
  '/subjects/orders/versions?deleted=true',
  '/subjects/orders/versions/2/referencedby',
  '/subjects/contract/versions/latest',
  '/subjects/invoice/versions/1',
];

function archives(kind: Kind): void {
  let postgres: TestPostgres | undefined;
  let s3: TestS3;
  let buckets = 0;

  before(async () => {
    s3 = await startS3();
    if (kind === 'postgres') postgres = await startPostgres();
  });
  after(async () => {
    await postgres?.stop();
    await s3.remove();
  });

  function nextBucket() {
    buckets += 1;
    return s3.createBucket(`bucket-${buckets}`);
  }

  /** Looks into a database that no server has. */
  async function within<T>(database: TestDatabase, work: (database: Database) => Promise<T>): Promise<T> {
    const opened = database.open();
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  }

  const isShipped = (server: TestServer) =>
    eventually(async () => {
      const { archive } = (await server.getReadiness()).body.checks;
      expect(archive).to.include({ status: 'up', pending: 0, isComplete: true });
    }, 20_000);

  async function rebuildInto(
    database: TestDatabase,
    environment: Record<string, string>,
    how: Partial<Rebuilding> = {},
  ) {
    const problems: string[] = [];
    const bucket = (await openBucket(readSettings(environment))) as Bucket;
    const result = await within(database, async (opened) => {
      await migrate(opened);
      return rebuild(opened, bucket, {
        isPartial: false,
        isDryRun: false,
        problem: (problem) => problems.push(problem),
        progress: () => {},
        ...how,
      });
    });
    bucket.close();
    return { ...result, problems };
  }

  it('gives back the registry: what was there before it was switched on, what came later, and how it was asked for', async () => {
    const [database, second] = [await aDatabase(kind, postgres), await aDatabase(kind, postgres)];
    const bucket = nextBucket();
    // Half before, half after.
    await withServer(database.environment, fill);
    const answers = await withServer({ ...database.environment, ...bucket }, async (server) => {
      await server.ask('POST', '/subjects/later/versions', { schema: anAvroRecord('Later') });
      await server.ask('DELETE', '/subjects/LOWER');
      await server.ask('DELETE', '/subjects/LOWER?permanent=true');
      await isShipped(server);
      return Promise.all(paths.map(async (path) => (await server.get(path)).body));
    });
    const before = await within(database, async (opened) => {
      await shipped(opened, 0);
      return dump(opened);
    });
    const result = await rebuildInto(second, bucket);
    expect(result.problems).to.deep.equal([]);
    expect(result.isWritten).to.equal(true);
    expect(await within(second, dump)).to.deep.equal(passedOver(before));
    await withServer({ ...second.environment, ...bucket }, async (server) => {
      expect(await Promise.all(paths.map(async (path) => (await server.get(path)).body))).to.deep.equal(
        answers,
      );
      // It goes on where it was: the next id, the next version, and the archive.
      const { body } = await server.ask('POST', '/subjects/orders/versions', {
        schema: anAvroRecord('Order', ['a', 'z']),
      });
      expect(body.version).to.equal(4);
      await isShipped(server);
    });
    for (const one of [database, second]) one.remove();
  });

  it('goes on while S3 is away, says so, and catches up', async () => {
    const [database, second] = [await aDatabase(kind, postgres), await aDatabase(kind, postgres)];
    const bucket = nextBucket();
    const acknowledged: string[] = [];
    await withServer({ ...database.environment, ...bucket }, async (server) => {
      await isShipped(server);
      let isOver = false;
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let i = 0; !isOver; i += 1) {
          const subject = `w${writer}-${i % 20}`;
          const schema = anAvroRecord('R', [`f${writer}_${i}`]);
          const { status, text } = await server.ask('POST', `/subjects/${subject}/versions`, { schema });
          expect(status, text).to.equal(200);
          acknowledged.push(schema);
          // What waits for S3 is to be shipped within the test, however fast the machine writes.
          await delay(5);
        }
      });
      const after = (count: number) =>
        eventually(() => expect(acknowledged.length).to.be.greaterThan(count), 20_000);
      await after(20);
      for (const away of ['stopped', 'frozen'] as const) {
        if (away === 'stopped') await s3.stop();
        else s3.freeze();
        const before = acknowledged.length;
        await eventually(async () => {
          const { status, body } = await server.getReadiness();
          expect([status, body.status, body.checks.archive.status]).to.deep.equal([200, 'degraded', 'down']);
          expect(body.checks.archive.cause).to.match(/^S3 (refuses connections|broke off|does not answer)/);
          expect(body.checks.archive.pending).to.be.greaterThan(0);
        }, 30_000);
        await after(before + 50);
        if (away === 'stopped') await s3.start();
        else s3.thaw();
        await eventually(
          async () => expect((await server.get('/ready')).body).to.deep.equal({ status: 'up' }),
          30_000,
        );
      }
      isOver = true;
      await Promise.all(writers);
      await isShipped(server);
      const metrics = await (await fetch(`${server.metricsUrl}/metrics`)).text();
      expect(metrics)
        .to.match(/^schema_registry_s3_outbox_rows 0$/m)
        .and.match(/^schema_registry_s3_up 1$/m);
      expect(metrics).to.match(/^schema_registry_s3_errors_total [1-9]/m);
    });
    const before = await within(database, dump);
    expect((before.schemas as { schema: string }[]).map(({ schema }) => schema).toSorted()).to.deep.equal(
      acknowledged.toSorted(),
    );
    expect((await rebuildInto(second, bucket)).problems).to.deep.equal([]);
    expect(await within(second, dump)).to.deep.equal(passedOver(before));
    for (const one of [database, second]) one.remove();
  });

  it('can be rebuilt from what is in the bucket at any moment', async () => {
    const database = await aDatabase(kind, postgres);
    const bucket = nextBucket();
    const random = seeded();
    const copies: Record<string, string>[] = [];
    await withServer({ ...database.environment, ...bucket }, async (server) => {
      await isShipped(server);
      let isOver = false;
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let i = 0; !isOver; i += 1) {
          const subject = `w${writer}-${random.below(5)}`;
          const path = `/subjects/${subject}`;
          if (chance(random, 8)) {
            await server.ask('DELETE', path);
            await server.ask('DELETE', `${path}?permanent=true`);
            continue;
          }
          const target = `w${random.below(4)}-${random.below(5)}`;
          const { body } = await server.get(`/subjects/${target}/versions/latest`);
          const named = chance(random, 3) && body.version !== undefined && target !== subject;
          await server.ask('POST', `${path}/versions`, {
            schema: named
              ? JSON.stringify({
                  type: 'record',
                  name: `U${random.below(1e6)}`,
                  fields: [{ name: 'x', type: JSON.parse(body.schema).name }],
                })
              : anAvroRecord(`R${writer}_${i}`),
            references: named
              ? [{ name: JSON.parse(body.schema).name, subject: target, version: body.version }]
              : [],
          });
        }
      });
      await server.ask('PUT', '/config', { compatibility: 'NONE' });
      for (let round = 0; round < (kind === 'embedded' ? 3 : 8); round += 1) {
        await delay(150 + random.below(200));
        // The bucket as it is when the machine stops.
        const copy = nextBucket();
        s3.freeze();
        cpSync(s3.fileOf(bucket.S3_BUCKET ?? '', ''), s3.fileOf(copy.S3_BUCKET ?? '', ''), {
          recursive: true,
        });
        s3.thaw();
        copies.push(copy);
      }
      isOver = true;
      await Promise.all(writers);
    });
    let versions = 0;
    for (const copy of copies) {
      const one = await aDatabase(kind, postgres);
      const result = await rebuildInto(one, copy, { isDryRun: true });
      // Both were removed for good: who referred, and then what it referred to, which is there anew. The second may be
      // shipped before the first is gone, and a rebuild leaves the first out.
      const others = result.problems.filter(
        (problem) => !/ is missing, and the schema \d+ of /.test(problem),
      );
      expect(others, `TEST_SEED=${random.seed}`).to.deep.equal([]);
      versions += result.versions;
      one.remove();
    }
    expect(versions).to.be.greaterThan(0);
    database.remove();
  });

  it('notes what points at a content before the content that goes with it: a batch may end between the two', async () => {
    const database = await aDatabase(kind, postgres);
    await within(database, async (opened) => {
      await migrate(opened);
      await ask(opened, 'update archive set is_on = true');
    });
    await withServer(database.environment, async (server) => {
      await server.ask('POST', '/subjects/s/versions', { schema: '"int"' });
      await server.ask('DELETE', '/subjects/s');
      expect((await server.ask('DELETE', '/subjects/s?permanent=true')).status).to.equal(200);
    });
    const rows = await within(database, (opened) =>
      ask<{ kind: string }>(opened, 'select kind from outbox order by seq'),
    );
    expect(rows.map((row) => row.kind).slice(-4)).to.deep.equal(['subject', 'loose', 'content', 'subject']);
    database.remove();
  });

  it('keeps what a subject points at in the bucket, when its new content went while it was shipped', async () => {
    const database = await aDatabase(kind, postgres);
    const bucket = nextBucket();
    await withServer({ ...database.environment, ...bucket }, async (server) => {
      await server.ask('POST', '/subjects/s/versions', { schema: '"int"' });
      await isShipped(server);
    });
    await withServer(database.environment, async (server) => {
      await server.ask('DELETE', '/subjects/s');
      await server.ask('DELETE', '/subjects/s?permanent=true');
      await server.ask('POST', '/subjects/s/versions', { schema: '"string"' });
    });
    await within(database, async (opened) => {
      let isOver = false;
      const moving: Database = {
        ...opened,
        query: async (statement, values) => {
          // The batch was read; now all of the subject is removed for good.
          if (statement.name === 'archiveContents')
            for (const table of ['versions', 'schemas', 'subjects'])
              await ask(opened, `delete from ${table}`);
          if (statement.name !== 'archiveDone') return opened.query(statement, values);
          // As if the process ended right there.
          isOver = true;
          throw new Error('ended');
        },
      };
      const silent = openLog({ level: 'silent', format: 'json' });
      const counts = { shipped: () => {}, failed: () => {} };
      const archive = openArchive(moving, (await openBucket(readSettings(bucket))) as Bucket, silent, counts);
      archive.start();
      await eventually(() => expect(isOver).to.equal(true));
      await archive.close();
    });
    const another = await aDatabase(kind, postgres);
    expect((await rebuildInto(another, bucket, { isDryRun: true })).problems).to.deep.equal([]);
    for (const one of [database, another]) one.remove();
  });

  it('names what is missing or damaged and writes nothing; or what is whole, when that is asked for', async () => {
    const [database, second] = [await aDatabase(kind, postgres), await aDatabase(kind, postgres)];
    const bucket = nextBucket();
    await withServer({ ...database.environment, ...bucket }, async (server) => {
      for (const subject of ['whole', 'content', 'pointer', 'lost']) {
        await server.ask('POST', `/subjects/${subject}/versions`, { schema: anAvroRecord(subject) });
      }
      await isShipped(server);
    });
    const digests = await within(database, (opened) =>
      ask<{ digest: string }>(opened, `select encode(fingerprint, 'hex') as digest from schemas order by id`),
    );
    const digestOf = (i: number) => digests[i]?.digest ?? '';
    const [content, pointer, lost] = [
      keys.content(digestOf(1)),
      keys.subject({ context: '.', subject: 'pointer' }),
      keys.content(digestOf(3)),
    ];
    const file = (key: string) => s3.fileOf(bucket.S3_BUCKET ?? '', key);
    writeFileSync(file(content), readFileSync(file(content), 'utf8').replace('content', 'contemt'));
    writeFileSync(file(pointer), readFileSync(file(pointer), 'utf8').replace('"version":1', '"version":2'));
    rmSync(file(lost));
    const named = [`${content}: damaged`, `${pointer}: damaged`, `${lost}: missing`].toSorted();

    const refused = await rebuildInto(second, bucket);
    expect([refused.isWritten, refused.problems.toSorted()]).to.deep.equal([false, named]);
    expect((await within(second, dump)).subjects).to.deep.equal([]);

    const partial = await rebuildInto(second, bucket, { isPartial: true });
    expect([partial.isWritten, partial.problems.toSorted()]).to.deep.equal([true, named]);
    const { versions, contexts } = await within(second, dump);
    expect((versions as { subject: string }[]).map(({ subject }) => subject)).to.deep.equal(['whole']);
    // No id is given a second time.
    expect(contexts).to.deep.equal([{ context: '.', last_id: 1_004, is_removed: false }]);
    expect(await rebuildInto(second, bucket).catch((error: Error) => error.message)).to.equal(
      'the database is not empty: a registry is rebuilt into a new one',
    );
    for (const one of [database, second]) one.remove();
  });

  it('is left alone by a registry that is not its own', async () => {
    const [database, second] = [await aDatabase(kind, postgres), await aDatabase(kind, postgres)];
    const bucket = nextBucket();
    await withServer({ ...database.environment, ...bucket }, async (server) => {
      await server.ask('POST', '/subjects/mine/versions', { schema: '"int"' });
      await isShipped(server);
    });
    await withServer(second.environment, (server) =>
      server.ask('POST', '/subjects/ours/versions', { schema: '"float"' }),
    );
    await withServer({ ...second.environment, ...bucket }, async (server) => {
      await eventually(async () => {
        const { status, checks } = (await server.getReadiness()).body;
        expect(status).to.equal('degraded');
        expect(checks.archive.cause).to.include('holds the archive of another registry');
      });
      await server.ask('POST', '/subjects/yours/versions', { schema: '"long"' });
    });
    expect(
      existsSync(s3.fileOf(bucket.S3_BUCKET ?? '', keys.subject({ context: '.', subject: 'mine' }))),
    ).to.equal(true);
    expect(
      existsSync(s3.fileOf(bucket.S3_BUCKET ?? '', keys.subject({ context: '.', subject: 'yours' }))),
    ).to.equal(false);
    for (const one of [database, second]) one.remove();
  });

  it('forgets what was removed while nobody shipped', async () => {
    const [database, second] = [await aDatabase(kind, postgres), await aDatabase(kind, postgres)];
    const bucket = nextBucket();
    const long = 'removed-'.repeat(40);
    await withServer({ ...database.environment, ...bucket }, async (server) => {
      for (const subject of ['removed', long, 'stays', ':.away:removed']) {
        const path = `/subjects/${encodeURIComponent(subject)}`;
        await server.ask('POST', `${path}/versions`, { schema: anAvroRecord('R', [`f${subject.length}`]) });
      }
      await isShipped(server);
    });
    await within(database, async (opened) => {
      await ask(opened, 'update archive set is_on = false, walk = null, holder = null');
    });
    await withServer(database.environment, async (server) => {
      for (const subject of ['removed', long, ':.away:removed']) {
        const path = `/subjects/${encodeURIComponent(subject)}`;
        expect((await server.ask('DELETE', path)).status).to.equal(200);
        expect((await server.ask('DELETE', `${path}?permanent=true`)).status).to.equal(200);
      }
    });
    await withServer({ ...database.environment, ...bucket }, isShipped);
    expect((await rebuildInto(second, bucket)).problems).to.deep.equal([]);
    expect(await within(second, dump)).to.deep.equal(passedOver(await within(database, dump)));
    const left = readdirSync(s3.fileOf(bucket.S3_BUCKET ?? '', 'contents'), {
      recursive: true,
      withFileTypes: true,
    });
    expect(left.filter((entry) => entry.isFile()).length).to.equal(1);
    for (const one of [database, second]) one.remove();
  });

  if (kind === 'postgres') {
    it('is taken over when the replica that ships is killed', async () => {
      const database = await aDatabase(kind, postgres);
      const bucket = nextBucket();
      const replicas = await Promise.all(
        [0, 1].map(() => openReplica({ ...database.environment, ...bucket })),
      );
      try {
        for (const replica of replicas) {
          replica.start();
          await replica.isReady();
        }
        const register = async (replica: Replica, i: number) => {
          const answer = await askReplica(replica, 'POST', `/subjects/s${i}/versions`, {
            schema: anAvroRecord('R', [`f${i}`]),
          });
          expect(answer?.status).to.equal(200);
        };
        const [first, other] = replicas as [Replica, Replica];
        // The first has begun to ship before the other was there.
        for (let i = 0; i < 30; i += 1) await register(first, i);
        await first.kill();
        for (let i = 30; i < 60; i += 1) await register(other, i);
        await within(database, (opened) => shipped(opened, 40_000));
      } finally {
        await Promise.all(replicas.map((replica) => replica.stop()));
      }
      const second = await aDatabase(kind, postgres);
      expect((await rebuildInto(second, bucket)).problems).to.deep.equal([]);
      expect(await within(second, dump)).to.deep.equal(passedOver(await within(database, dump)));
    });

    it('is rebuilt, checked and looked at by commands', async () => {
      const [database, second] = [await aDatabase(kind, postgres), await aDatabase(kind, postgres)];
      const { S3_BUCKET = '', ...s3Settings } = nextBucket();
      const bucket = { ...s3Settings, S3_BUCKET, S3_PREFIX: 'team-a/registry' };
      const command = async (environment: Record<string, string>, ...args: string[]) => {
        const env = { PATH: process.env.PATH, ...quickStart, LOG_LEVEL: 'error', ...environment };
        const run = promisify(execFile)(process.execPath, [main, ...args], { env });
        const { stdout, stderr, code = 0 } = await run.catch((error) => error);
        return { code, out: stdout + stderr };
      };
      const off = await command(database.environment, 'archive');
      expect(off).to.deep.equal({ code: 0, out: 'off\n' });
      await withServer({ ...database.environment, ...bucket }, async (server) => {
        await server.ask('POST', '/subjects/s/versions', { schema: '"int"' });
        await isShipped(server);
        const busy = await command(database.environment, 'archive', '--off');
        expect([busy.code, busy.out]).to.deep.equal([
          1,
          'a server ships to the archive: first take S3_BUCKET from the settings of all servers\n',
        ]);
        expect((await command(database.environment, 'archive')).out).to.include(
          'a server ships\n0 changes wait',
        );
        const file = s3.fileOf(S3_BUCKET, `team-a/registry/${keys.subject({ context: '.', subject: 's' })}`);
        rmSync(file);
        expect((await command(database.environment, 'archive', '--all')).code).to.equal(0);
        await eventually(() => expect(existsSync(file)).to.equal(true), 20_000);
        await isShipped(server);
      });
      const from = `s3://${S3_BUCKET}/team-a/registry`;
      const checked = await command(
        { ...second.environment, ...s3Settings },
        'rebuild',
        '--from',
        from,
        '--dry-run',
      );
      expect([checked.code, checked.out]).to.deep.equal([
        0,
        `1 subjects, 1 versions, 1 schemas, 1 contexts at ${from}/ at ${s3Settings.S3_ENDPOINT}\nwhole: every object is what it was when it was written\n`,
      ]);
      const rebuilt = await command({ ...second.environment, ...s3Settings }, 'rebuild', '--from', from);
      expect([rebuilt.code, rebuilt.out.split('\n')[1]]).to.deep.equal([0, 'rebuilt']);
      expect(await within(second, dump)).to.deep.equal(passedOver(await within(database, dump)));
      const again = await command({ ...second.environment, ...s3Settings }, 'rebuild', '--from', from);
      expect([again.code, again.out]).to.deep.equal([
        1,
        'the database is not empty: a registry is rebuilt into a new one\n',
      ]);
      const nothing = await command(
        { ...second.environment, ...s3Settings },
        'rebuild',
        '--from',
        `s3://${S3_BUCKET}/other`,
      );
      expect([nothing.code, nothing.out]).to.deep.equal([
        1,
        `there is no archive at s3://${S3_BUCKET}/other/ at ${s3Settings.S3_ENDPOINT}: registry.json is missing\n`,
      ]);
      const wrong = await command(second.environment, 'rebuild', '--from', 'http://bucket');
      expect([wrong.code, wrong.out]).to.deep.equal([
        1,
        '--from: "http://bucket" is not like s3://bucket/prefix\n',
      ]);
      const switchedOff = await command(database.environment, 'archive', '--off');
      expect([switchedOff.code, (await command(database.environment, 'archive')).out]).to.deep.equal([
        0,
        'off\n',
      ]);
    });
  }
}
