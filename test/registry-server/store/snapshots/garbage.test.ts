import { expect } from 'chai';
import { openLog } from '../../../../registry-server/log.ts';
import { type Archive, openArchive } from '../../../../registry-server/store/archive/archive.ts';
import { keys } from '../../../../registry-server/store/archive/layout.ts';
import { rebuild } from '../../../../registry-server/store/archive/rebuild.ts';
import { bucketAt } from '../../../../registry-server/store/archive/snapshots/bucket-at.ts';
import { getSnapshot, listNames } from '../../../../registry-server/store/archive/snapshots/find-snapshot.ts';
import { manifestKey, nameOfTime } from '../../../../registry-server/store/archive/snapshots/manifest.ts';
import { parseSchedule } from '../../../../registry-server/store/archive/snapshots/schedule.ts';
import type { SnapshotOptions } from '../../../../registry-server/store/archive/snapshots/snapshots.ts';
import { snapshotStatement } from '../../../../registry-server/store/archive/snapshots/sql.ts';
import { BucketUnavailable } from '../../../../registry-server/store/bucket.ts';
import type { Database } from '../../../../registry-server/store/database.ts';
import { sqlStore } from '../../../../registry-server/store/sql-store.ts';
import type { Store } from '../../../../registry-server/store/store.ts';
import { databases } from '../../../../registry-server/store/table.ts';
import { ask, shipped } from '../../../build/archived.ts';
import { eventually } from '../../../build/eventually.ts';
import { openPickyBucket } from '../../../build/picky-bucket.ts';
import { add, keyOf, removeForGood } from '../../../build/stored.ts';

describe('what snapshots hold in the bucket', () => {
  let logged: { event: string; cause?: string }[];
  let archive: Archive | undefined;
  let database: Database;
  let store: Store;
  let objects: Map<string, string | Uint8Array>;
  let bucket: ReturnType<typeof openPickyBucket>['bucket'];

  beforeEach(async () => {
    logged = [];
    ({ objects, bucket } = openPickyBucket());
    await openEmpty();
  });
  afterEach(async () => {
    await archive?.close();
    await database.close();
  });

  async function openEmpty(): Promise<void> {
    database = databases.embedded();
    store = sqlStore(database);
    await store.migrate();
  }

  async function start(snapshots: SnapshotOptions = {}): Promise<void> {
    const log = openLog({ level: 'info', format: 'json' }, (line) => void logged.push(JSON.parse(line)));
    await archive?.close();
    archive = openArchive(
      database,
      bucket,
      log,
      { shipped() {}, failed() {} },
      {
        snapshots: { graceMs: 0, ...snapshots },
      },
    );
    archive.start();
    await settled();
  }
  const settled = () =>
    eventually(async () => {
      archive?.wake();
      await shipped(database, 0);
    });
  async function asked(name: string, isRemoval = false): Promise<void> {
    await database.query(snapshotStatement('snapshotAsk'), [name, isRemoval]);
    await eventually(async () => {
      archive?.wake();
      expect(await database.query(snapshotStatement('snapshotOutcome'), [name])).to.deep.equal([]);
    });
  }
  const isThere = (n: number) => objects.has(keyOf(n));
  const garbage = async () => (await ask(database, 'select digest from archive_garbage')).length;
  const warned = (cause: string) =>
    eventually(() => expect(logged.map((line) => line.cause)).to.include(cause));

  it('goes at once where there is none', async () => {
    await add(store, 's', 1);
    await start();
    await removeForGood(store, 's');
    await settled();
    expect(isThere(1)).to.equal(false);
  });

  it('stays while one of them names it, and no longer', async () => {
    await add(store, 'old', 1);
    await start();
    await asked('first');
    await add(store, 'between', 2);
    await settled();
    for (const subject of ['old', 'between']) await removeForGood(store, subject);
    await settled();
    expect([isThere(1), isThere(2)]).to.deep.equal([true, true]);
    await asked('second');
    await eventually(() => expect([isThere(1), isThere(2)]).to.deep.equal([true, false]));
    await asked('first', true);
    await eventually(() => expect(isThere(1)).to.equal(false));
    await eventually(async () => expect(await garbage()).to.equal(0));
    await asked('second', true);
    await eventually(() => {
      expect([...objects.keys()].filter((key) => key.startsWith('snapshot'))).to.deep.equal([]);
    });
  });

  it('is no garbage where it is registered again', async () => {
    await add(store, 's', 1);
    await start();
    await asked('first');
    await removeForGood(store, 's');
    await settled();
    await add(store, 't', 1);
    await asked('first', true);
    await eventually(async () => expect(await garbage()).to.equal(0));
    await settled();
    expect(isThere(1)).to.equal(true);
  });

  it('survives the loss of the database: it can be restored, and goes with its snapshot', async () => {
    await add(store, 'old', 1);
    await add(store, 'kept', 2);
    await start();
    await asked('first');
    await removeForGood(store, 'old');
    await settled();
    await archive?.close();
    await database.close();
    await openEmpty();
    const how = { isPartial: false, isDryRun: false, problem: expect.fail, progress() {} };
    await rebuild(database, bucket, how);
    await start();
    await eventually(async () => expect(await garbage()).to.equal(1));
    expect(isThere(1)).to.equal(true);

    const other = databases.embedded();
    try {
      await sqlStore(other).migrate();
      const manifest = await getSnapshot(bucket, 'first');
      await rebuild(other, bucketAt(bucket, manifest), { ...how, isOlder: true, isDryRun: true });
    } finally {
      await other.close();
    }
    await asked('first', true);
    await eventually(() => expect([isThere(1), isThere(2)]).to.deep.equal([false, true]));
  });

  it('becomes what the database is, once the registry was brought back as it was before', async () => {
    await add(store, 's', 1);
    await start();
    await asked('first');
    await add(store, 'later', 2);
    await settled();
    await archive?.close();
    await database.close();
    await openEmpty();
    const manifest = await getSnapshot(bucket, 'first');
    const how = { isPartial: false, isDryRun: false, problem: expect.fail, progress() {} };
    await rebuild(database, bucketAt(bucket, manifest), { ...how, isOlder: true });
    await start();
    const subjects = [...objects.keys()].filter((key) => key.startsWith('subjects/'));
    expect(subjects).to.deep.equal([keys.subject({ context: '.', subject: 's' })]);
    await add(store, 'new', 3);
    expect((await store.readSubject({ context: '.', subject: 'new' }, 'now')).versions[0]?.id).to.equal(
      1_003,
    );
  });

  it('stays where a manifest or a part cannot be read, and the log says which', async () => {
    await add(store, 's', 1);
    await start();
    await asked('first');
    await asked('second');
    await removeForGood(store, 's');
    await settled();
    const key = manifestKey('second');
    const manifest = objects.get(key) as string;
    objects.set(key, manifest.slice(0, -10));
    await asked('first', true);
    await warned(`${key}: damaged`);
    expect(isThere(1)).to.equal(true);
    objects.set(key, manifest);
    const [part] = [...objects.keys()].filter((one) => one.startsWith('snapshot-parts/')).slice(-1);
    for (const one of [...objects.keys()]) if (one.startsWith('snapshot-parts/')) objects.set(one, 'x');
    await asked('third');
    await eventually(() => {
      expect(logged.map((line) => line.cause ?? '').join()).to.match(
        /snapshot-parts\/[0-9a-f]+\.json\.gz: damaged/,
      );
    });
    expect(isThere(1)).to.equal(true);
    expect(part).to.be.a('string');
  });

  it('is taken when it is due: one for all that was missed; and as many are kept as are to be', async () => {
    await add(store, 's', 1);
    const hoursAgo = (hours: number) => nameOfTime(new Date(Date.now() - hours * 3_600_000));
    await start();
    await asked('mine');
    const manifest = objects.get(manifestKey('mine')) as string;
    const old = [30, 20, 10].map(hoursAgo);
    for (const name of old) objects.set(manifestKey(name), manifest);
    await start({
      schedule: parseSchedule('0 * * * *'),
      keep: { hourly: 2, daily: 0, weekly: 0 },
    });
    await eventually(async () => {
      const names = (await listNames(bucket)).filter((name) => name !== 'mine').toSorted();
      expect(names).to.have.length(2);
      expect(names[0]).to.equal(old[2]);
    });
    expect(await listNames(bucket)).to.include('mine');
    const taken = logged.filter(({ event }) => event === 'snapshot taken').length;
    await settled();
    await asked('other');
    expect(logged.filter(({ event }) => event === 'snapshot taken').length).to.equal(taken + 1);
  });

  it('is whole or not there: one that S3 broke off is taken by whoever comes next, with the parts that it left', async () => {
    await add(store, 's', 1);
    await start();
    const parts = new Map<string, number>();
    let isOut = true;
    const { put } = bucket;
    bucket.put = async (key, body, signal) => {
      if (key.startsWith('snapshot-parts/')) parts.set(key, (parts.get(key) ?? 0) + 1);
      if (isOut && key.startsWith('snapshots/')) throw new BucketUnavailable('S3 broke off the connection');
      await put(key, body, signal);
    };
    await database.query(snapshotStatement('snapshotAsk'), ['first', false]);
    await eventually(() => expect(archive?.status().cause).to.equal('S3 broke off the connection'));
    expect(await listNames(bucket)).to.deep.equal([]);
    isOut = false;
    await start();
    await asked('first', false);
    expect(await listNames(bucket)).to.deep.equal(['first']);
    expect([...parts.values()]).to.deep.equal([1, 1]);
  });

  it('is told of where one that is due cannot be taken, and changes are kept all the same', async () => {
    await add(store, 's', 1);
    const picky = openPickyBucket();
    ({ objects, bucket } = picky);
    picky.refuses.put = (key) => key.startsWith('snapshot-parts/');
    await start({ schedule: parseSchedule('0 * * * *') });
    await warned('the key is too long');
    await eventually(() => {
      archive?.wake();
      expect(archive?.status()).to.include({ status: 'up', snapshotFailure: 'the key is too long' });
    });
    await add(store, 'later', 2);
    await settled();
    expect(isThere(2)).to.equal(true);
  });
});
