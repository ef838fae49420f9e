import { expect } from 'chai';
import { protobuf } from '../../../registry-server/schema-types/protobuf.ts';

const text = `edition = "2024";

export message Order {
  Line line = 1;

  local message Line {
    Kind kind = 1;
  }
}
local message Hidden {}
local enum Kind {
  ZERO = 0;
}
`;

describe('Protobuf visibility (edition 2024)', () => {
  const references = [{ name: 'order.proto', subject: 'order', version: 1, schema: text }];
  const using = (type: string) =>
    protobuf.parse(`edition = "2024"; import "order.proto"; message M { ${type} a = 1; }`, references);

  it('is kept in the text and in the descriptor', () => {
    const parsed = protobuf.parse(text, []);
    expect(parsed.canonical()).to.equal(text);
    expect(protobuf.parse(parsed.formatted('serialized'), []).canonical()).to.equal(text);
  });

  it('keeps local types from other files, under a strict look', () => {
    expect(using('Order').canonical()).to.contain('Order a = 1;');
    expect(using('Order').findFault('always', true)).to.equal(undefined);
    for (const type of ['Hidden', 'Kind', 'Order.Line']) {
      expect(using(type).findFault('always', true)).to.match(/is local to the file that defines it/);
      // The reference knows of no such words.
      expect(using(type).findFault('always')).to.equal(undefined);
    }
  });

  it('says nothing before edition 2024, where the words are names', () => {
    expect(() => protobuf.parse('edition = "2023"; export message M {}', [])).to.throw();
    const named =
      'edition = "2024"; message export {} message local {} message M { export a = 1; local b = 2; }';
    expect(protobuf.parse(named, []).canonical()).to.contain('local b = 2;');
  });
});
