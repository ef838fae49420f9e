import { expect } from 'chai';
import { faultsIn } from '../../hack/library-imports.ts';

describe('imports of libraries', () => {
  it('are let pass in their places, whatever part of the library it is', () => {
    const text = `import pg from 'pg'; import type { Pool } from 'pg';`;
    expect(faultsIn('registry-server/store/postgres.ts', text)).to.deep.equal([]);
    expect(
      faultsIn(
        'registry-server/store/redis.ts',
        `import C from 'ioredis/built/connectors/StandaloneConnector.js'`,
      ),
    ).to.deep.equal([]);
    expect(faultsIn('registry-server/grpc/new.ts', `export * from '@grpc/grpc-js'`)).to.deep.equal([]);
  });

  it('are found elsewhere: static, of types alone, and late', () => {
    for (const text of [
      `import pg from 'pg';`,
      `import type { Pool } from 'pg';`,
      `await import('pg');`,
      `type Pool = import('pg').Pool;`,
    ]) {
      expect(faultsIn('registry-server/serve.ts', text), text).to.deep.equal([
        'registry-server/serve.ts: pg is imported in registry-server/store/postgres.ts alone',
      ]);
    }
  });

  it('of a library that nobody knows are found', () => {
    expect(faultsIn('operator/main.ts', `import _ from 'lodash/fp';`)).to.deep.equal([
      'operator/main.ts: lodash has no line in hack/library-imports.ts yet',
    ]);
  });
});
