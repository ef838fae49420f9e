import { expect } from 'chai';
import { openLog } from '../../../registry-server/log.ts';
import { databases } from '../../../registry-server/store/table.ts';
import { openCuttingProxy } from '../../build/cutting-proxy.ts';
import { eventually } from '../../build/eventually.ts';
import { missingPostgres, startPostgres } from '../../build/postgres.ts';

(missingPostgres ? it.skip : it)(
  'a connection that is ended while others are still being opened ends no process',
  async () => {
    const postgres = await startPostgres();
    const proxy = await openCuttingProxy(Number(new URL(postgres.url).port), { passes: 3 });
    const lines: string[] = [];
    const database = databases.postgres(
      {
        url: postgres.url.replace(/:\d+\//, `:${proxy.port}/`),
        minConnections: 3,
        maxConnections: 3,
        acquireTimeoutMs: 60_000,
        statementTimeoutMs: 5_000,
      },
      openLog({ level: 'debug', format: 'json' }, (line) => void lines.push(line)),
    );
    try {
      // One to listen with, and two of three for the pool: the last is never answered.
      database.listen('a', { notified() {}, connected() {}, lost() {} });
      const sessions = `from pg_stat_activity where application_name = 'schema-registry' and query not like 'listen%'`;
      await eventually(async () => expect(proxy.connections()).to.equal(4));
      // Not through the pool, which has none to spare.
      await eventually(() => postgres.run(`select 1 / (count(*) = 2)::integer ${sessions}`));
      await postgres.run(`select pg_terminate_backend(pid) ${sessions}`);
      await eventually(() => expect(lines.join('')).to.include('database connection lost'));
    } finally {
      await proxy.close();
      await database.close();
      await postgres.stop();
    }
  },
);
