import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isAllowed, type Lock, refusedLicences } from '../../hack/refused-licences.ts';

describe('licences', () => {
  for (const [expression, isFine] of [
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['GPL-3.0-only OR (BSD-3-Clause AND MIT)', true],
    ['MIT AND GPL-3.0-only', false],
    ['MIT AND (GPL-3.0-only OR ISC)', true],
    ['GPL-3.0-only AND MIT OR ISC', true],
    ['GPL-3.0-only AND (MIT OR ISC)', false],
    ['AGPL-3.0-or-later', false],
    ['SEE LICENSE IN LICENSE', false],
    ['UNLICENSED', false],
    ['MIT ISC', false],
    ['(MIT', false],
    ['', false],
  ] as const) {
    it(`${isFine ? 'are kept to' : 'are refused'}: ${JSON.stringify(expression)}`, () =>
      expect(isAllowed(expression)).to.equal(isFine));
  }

  it('of what is passed on are asked for, and not of what only makes or tests it', () => {
    const lock: Lock = {
      packages: {
        '': { version: '1.0.0' },
        'node_modules/free': { version: '1.0.0', license: 'ISC' },
        'node_modules/a/node_modules/@b/c': { version: '2.0.0', license: 'SSPL-1.0' },
        'node_modules/silent': { version: '3.0.0' },
        'node_modules/tool': { version: '4.0.0', license: 'GPL-3.0-only', dev: true },
      },
    };
    expect(refusedLicences(lock)).to.deep.equal(['@b/c 2.0.0: SSPL-1.0', 'silent 3.0.0: none']);
  });

  it('of the dependencies are all on the list', () => {
    const path = new URL('../../package-lock.json', import.meta.url);
    expect(refusedLicences(JSON.parse(readFileSync(path, 'utf8')) as Lock)).to.deep.equal([]);
  });
});
