import { expect } from 'chai';
import { sql, statement } from '../../../registry-server/store/sql.ts';

describe('the statements', () => {
  it('that may be asked again, though nobody knows whether they came to their end, change nothing and lock nothing', () => {
    const names = Object.keys(sql) as (keyof typeof sql)[];
    const others = names.filter((name) => !statement(name).isRead);
    // Whoever adds one that writes adds it here, once it is not taken for one that reads.
    expect(others).to.deep.equal([
      ...['lockSubject', 'lockVersions', 'addVersion', 'importVersion', 'addVersions', 'softDelete'],
      ...['dropVersions', 'moveRevision', 'forgetSubject', 'forgetSettings', 'lockSchemas', 'purgeSchemas'],
      ...['countPurge', 'lockSettings', 'writeSettings', 'clearContextSettings', 'dropContextSchemas'],
      ...['dropContext', 'notify', 'lockMigrations', 'addMigration'],
    ]);
  });
});
