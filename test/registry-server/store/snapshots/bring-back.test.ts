import { expect } from 'chai';
import { openLog } from '../../../../registry-server/log.ts';
import { openArchive } from '../../../../registry-server/store/archive/archive.ts';
import { bringBack } from '../../../../registry-server/store/archive/snapshots/bring-back.ts';
import { getSnapshot } from '../../../../registry-server/store/archive/snapshots/find-snapshot.ts';
import { snapshotStatement } from '../../../../registry-server/store/archive/snapshots/sql.ts';
import { sqlStore } from '../../../../registry-server/store/sql-store.ts';
import { databases } from '../../../../registry-server/store/table.ts';
import { ask, dump } from '../../../build/archived.ts';
import { eventually } from '../../../build/eventually.ts';
import { openPickyBucket } from '../../../build/picky-bucket.ts';
import { aContent, removeForGood } from '../../../build/stored.ts';

const silent = openLog({ level: 'silent', format: 'json' });
const context = '.other';

describe('a context that was removed, with a schema that no version held', () => {
  it('comes back with its settings, and that schema when all is to come back', async () => {
    const { bucket } = openPickyBucket();
    const database = databases.embedded();
    const store = sqlStore(database);
    const archive = openArchive(database, bucket, silent, { shipped() {}, failed() {} });
    try {
      await store.migrate();
      // The second takes the number of the first, whose schema stays and is found by its id.
      for (const [id, n] of [
        [10, 1],
        [11, 2],
      ] as const) {
        const name = { context, subject: 's' };
        const judgedAgainst = await store.readSubject(name, 'now');
        await store.importVersion({ name, judgedAgainst, content: aContent(n), targets: [], id, version: 1 });
      }
      await store.changeSettings({ context, subject: '' }, () => ({
        config: { compatibility: 'NONE' },
        mode: undefined,
      }));
      archive.start();
      await database.query(snapshotStatement('snapshotAsk'), ['before', false]);
      await eventually(async () => {
        archive.wake();
        expect(await database.query(snapshotStatement('snapshotOutcome'), ['before'])).to.deep.equal([]);
      });
      const before = await dump(database);
      await removeForGood(store, 's', context);
      expect(await store.removeContext(context)).to.equal(true);
      expect(await ask(database, 'select id from schemas')).to.deep.equal([]);

      const bring = async (isWanted?: () => boolean) =>
        bringBack({
          database,
          bucket,
          manifest: await getSnapshot(bucket, 'before'),
          isWanted,
          isPartial: false,
          isDryRun: isWanted !== undefined,
          tell() {},
          problem: expect.fail,
        });
      expect(await bring(() => true)).to.deep.include({ subjects: 1, versions: 1, schemas: 1 });
      expect(await bring()).to.deep.equal({
        subjects: 1,
        versions: 1,
        schemas: 2,
        problems: 0,
        isWritten: true,
      });
      expect(await dump(database)).to.deep.equal(before);
    } finally {
      await archive.close();
      await database.close();
    }
  });
});
