import { expect } from 'chai';
import { type Database, StoreUnavailable } from '../../../registry-server/store/database.ts';
import { meteredDatabase } from '../../../registry-server/store/metered.ts';

describe('counting statements', () => {
  const statement = { name: 'findSchema', text: 'select 1' };
  const failing = (error: Error) => {
    const query = () => Promise.reject(error);
    const connection = { query, runScript: query };
    return {
      ...connection,
      transaction: (work: (one: typeof connection) => unknown) => work(connection),
    } as unknown as Database;
  };

  /** What was counted of a statement alone, and of one in a transaction. */
  async function countedOf(error: Error): Promise<readonly string[]> {
    const failed: string[] = [];
    const counts = {
      databaseAnswered: () => failed.push('answered'),
      databaseFailed: (reason: string) => void failed.push(reason),
    };
    const database = meteredDatabase(counts as never, failing(error));
    await database.query(statement).catch(() => {});
    await database.transaction((connection) => connection.query(statement)).catch(() => {});
    return failed;
  }

  it('takes what the database refuses for an answer: only one that is out has failed', async () => {
    expect(await countedOf(Object.assign(new Error('twice'), { code: '23505' }))).to.deep.equal([]);
  });

  it('counts a failure once, by its reason, however often it is passed on', async () => {
    const full = new StoreUnavailable('no room', { reason: 'DiskFull' });
    expect(await countedOf(full)).to.deep.equal(['DiskFull']);
  });
});
