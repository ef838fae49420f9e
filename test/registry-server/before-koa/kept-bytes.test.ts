import { expect } from 'chai';
import { keptBytes } from '../../../registry-server/before-koa/kept-bytes.ts';

describe('bytes that are kept', () => {
  it('keep no more memory than they have', () => {
    for (const value of [{}, { schema: 'é'.repeat(10) }, { schema: 'x'.repeat(10_000) }]) {
      const bytes = keptBytes(value);
      expect(bytes.toString()).to.equal(JSON.stringify(value));
      expect(bytes.buffer.byteLength).to.equal(bytes.length);
    }
  });
});
