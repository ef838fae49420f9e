import { expect } from 'chai';
import { JsonIdentities } from '../../../registry-server/schema-types/json-identities.ts';
import { type Json, readJson } from '../../../registry-server/schema-types/json-text.ts';

describe('JsonIdentities', () => {
  const identities = new JsonIdentities();
  const of = (text: string) => identities.of(readJson(text).value);

  it('gives equal values one number, whatever the order of their keys and the spelling of their numbers', () => {
    expect(of('{"a":1,"b":[true,null]}')).to.equal(of('{"b":[true,null],"a":1}'));
    expect(of('[1]')).to.equal(of('[1.0]'));
  });

  it('gives others another', () => {
    const others = [
      '{}',
      '[]',
      'null',
      '"null"',
      '0',
      '"0"',
      '[0]',
      '{"0":0}',
      '[[]]',
      '["[]"]',
      '{"a":{}}',
      '{"a":[]}',
    ];
    expect(new Set(others.map(of))).to.have.lengthOf(others.length);
  });

  it('looks at each object once, however many it is in', () => {
    let doubled: Json = {};
    // There are 2^100 ways to the empty object inside.
    for (let level = 0; level < 100; level++) doubled = { one: doubled, other: doubled };
    expect(identities.of(doubled)).to.equal(identities.of({ ...(doubled as object) } as Json));
  });
});
