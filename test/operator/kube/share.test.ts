import { expect } from 'chai';
import { share } from '../../../operator/kube/share.ts';

const model = {
  metadata: { name: 'one', labels: { app: 'registry' } },
  spec: { ports: [{ port: 80 }, { port: 443 }], empty: [], none: {}, selector: null },
};

describe('share', () => {
  const cases: Readonly<Record<string, unknown>> = {
    'the same again': structuredClone(model),
    'another name': { ...structuredClone(model), metadata: { name: 'two', labels: { app: 'registry' } } },
    'one more in a list': { spec: { ports: [{ port: 80 }, { port: 443 }, { port: 8080 }] } },
    'one less in a list': { spec: { ports: [{ port: 80 }] } },
    'a list where the other has a map': { metadata: [], spec: [] },
    'a map where the other has a list': { spec: { ports: {}, empty: {} } },
    'nothing where the other has something': { metadata: undefined, spec: null },
    'a field of another name': {
      metadata: { name: 'one', labels: { app: undefined } },
      spec: { other: null },
    },
    'a name that JavaScript takes for something': JSON.parse(
      '{"spec":{"__proto__":{"a":1},"constructor":"b"}}',
    ),
    'a number for a text': { metadata: { name: 1 } },
    'a text alone': 'one',
  };
  for (const [title, value] of Object.entries(cases))
    it(`holds what it was given: ${title}`, () => {
      expect(share(structuredClone(value), model)).to.deep.equal(value);
      expect(share(structuredClone(value), undefined)).to.deep.equal(value);
    });

  it('leaves the model as it was', () => {
    const before = structuredClone(model);
    for (const value of Object.values(cases)) share(structuredClone(value), model);
    expect(model).to.deep.equal(before);
  });

  it('is the model itself where all is equal, and its parts where some are', () => {
    expect(share(structuredClone(model), model)).to.equal(model);
    const other = share({ ...structuredClone(model), metadata: { name: 'two' } }, model);
    expect(other.spec).to.equal(model.spec);
  });
});
