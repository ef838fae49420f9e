import { expect } from 'chai';
import { openLog } from '../../../../registry-server/log.ts';
import { type Archive, openArchive } from '../../../../registry-server/store/archive/archive.ts';
import { recover } from '../../../../registry-server/store/archive/recover.ts';
import { snapshotStatement } from '../../../../registry-server/store/archive/snapshots/sql.ts';
import type { Bucket } from '../../../../registry-server/store/bucket.ts';
import type { Database } from '../../../../registry-server/store/database.ts';
import { DataLost } from '../../../../registry-server/store/not-served.ts';
import { sqlStore } from '../../../../registry-server/store/sql-store.ts';
import type { Store } from '../../../../registry-server/store/store.ts';
import { databases } from '../../../../registry-server/store/table.ts';
import { shipped } from '../../../build/archived.ts';
import { eventually } from '../../../build/eventually.ts';
import { openPickyBucket } from '../../../build/picky-bucket.ts';
import { add } from '../../../build/stored.ts';

const silent = openLog({ level: 'silent', format: 'json' });
const name = 'team-a/registry';

describe('a lost registry that is to be what it was at a snapshot', () => {
  let archive: Archive | undefined;
  let database: Database;
  let store: Store;
  let bucket: Bucket;

  beforeEach(async () => {
    ({ bucket } = openPickyBucket());
    database = databases.embedded();
    store = sqlStore(database);
    await store.migrate();
    await add(store, 'old', 1);
    await start();
    await database.query(snapshotStatement('snapshotAsk'), ['first', false]);
    await settled();
    await eventually(async () => {
      expect(await database.query(snapshotStatement('snapshotOutcome'), ['first'])).to.deep.equal([]);
    });
    await add(store, 'later', 2);
    await settled();
  });
  afterEach(async () => {
    await archive?.close();
    await database.close();
  });

  async function start(): Promise<void> {
    archive = openArchive(database, bucket, silent, { shipped() {}, failed() {} }, { name });
    archive.start();
    await settled();
  }
  const settled = () =>
    eventually(async () => {
      archive?.wake();
      await shipped(database, 0);
    });

  /** Loses the database, and recovers it. */
  async function lose(restoreAt: string): Promise<void> {
    await archive?.close();
    await database.close();
    database = databases.embedded();
    store = sqlStore(database);
    await store.migrate();
    await recover({
      database,
      bucket,
      log: silent,
      name,
      restore: undefined,
      restoreAt,
      tell() {},
      signal: new AbortController().signal,
      claimMs: 0,
    });
    await start();
  }
  const subjects = async () => {
    const filter = { context: undefined, prefix: '', show: 'all' } as const;
    const found = await store.listSubjects(filter, { offset: 0, limit: 10 });
    return found.map(({ subject }) => subject);
  };

  it('is, once: after another loss it is what it was last', async () => {
    await lose('first');
    expect(await subjects()).to.deep.equal(['old']);
    await add(store, 'new', 3);
    // One was given since the snapshot, and more may have been.
    expect((await store.readSubject({ context: '.', subject: 'new' }, 'now')).versions[0]?.id).to.equal(
      1_003,
    );
    await settled();
    await lose('first');
    expect(await subjects()).to.deep.equal(['new', 'old']);
  });

  it('is not served where there is no such snapshot, and says which setting that is', async () => {
    const failure = await lose('second').catch((error: Error) => error);
    expect(failure).to.be.instanceOf(DataLost);
    expect((failure as Error).message).to.equal(
      'S3_RESTORE_AT (spec.artifacts.s3.restoreAt): there is no snapshot "second" at s3://picky/: write the name of one, such as first, or a time such as 2026-11-26T22:00:00Z',
    );
    expect(await subjects()).to.deep.equal([]);
  });
});
