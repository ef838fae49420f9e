import avsc from 'avsc';
import { expect } from 'chai';
import { avro } from '../../../registry-server/schema-types/avro.ts';
import { cases } from '../../cases/cases.ts';

/** Another implementation of the specification says whether it can set up a reader, and then reads real data with it. */
describe('Avro verdicts against another implementation', () => {
  for (const { title, before, after, breaks } of cases('avro')) {
    // avsc compares names and namespaces more strictly than the Java library, and knows no default symbol nor an empty union.
    if (
      /namespace|default(s)? symbol|symbol is removed with a default|enum symbol|Union of|defaulted match|empty union/.test(
        title,
      )
    )
      continue;
    if (breaks.some((rule) => rule.startsWith('NAME_MISMATCH'))) continue;
    it(title, () => {
      const writer = avsc.Type.forSchema(structuredClone(before) as avsc.Schema, { wrapUnions: true });
      const reader = avsc.Type.forSchema(structuredClone(after) as avsc.Schema, { wrapUnions: true });
      if (breaks.length > 0) {
        expect(() => reader.createResolver(writer)).to.throw();
        return;
      }
      const resolver = reader.createResolver(writer);
      for (let round = 0; round < 20; round++) {
        const written = writer.toBuffer(writer.random());
        expect(reader.isValid(reader.fromBuffer(written, resolver))).to.equal(true);
      }
    });
  }

  it('agrees on 500 random pairs of records', () => {
    const next = randomFrom(7);
    let compatible = 0;
    for (let round = 0; round < 500; round++) {
      const before = randomRecord(next);
      const after = randomRecord(next);
      const [writerModel, readerModel] = [before, after].map((schema) =>
        avro.parse(JSON.stringify(schema), []),
      );
      if (writerModel === undefined || readerModel === undefined) throw new Error('no model');
      const broken = avro.incompatibilities(readerModel, writerModel);
      const writer = avsc.Type.forSchema(before, { wrapUnions: true });
      const reader = avsc.Type.forSchema(after, { wrapUnions: true });
      const words = JSON.stringify({ before, after, broken });
      if (broken.length > 0) {
        expect(() => reader.createResolver(writer), words).to.throw();
        continue;
      }
      compatible++;
      const resolver = reader.createResolver(writer);
      const written = writer.toBuffer(writer.random());
      expect(reader.isValid(reader.fromBuffer(written, resolver)), words).to.equal(true);
    }
    expect(compatible).to.be.above(50);
  });
});

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const simple = ['int', 'long', 'float', 'double', 'string', 'boolean'];

function randomType(next: (below: number) => number, depth: number): avsc.Schema {
  const pick = simple[next(simple.length)] as string;
  switch (depth === 0 ? 9 : next(10)) {
    case 0:
      return { type: 'array', items: randomType(next, depth - 1) };
    case 1:
      return { type: 'map', values: randomType(next, depth - 1) };
    case 2:
    case 3:
      return ['null', pick];
    default:
      return pick;
  }
}

function randomRecord(next: (below: number) => number): avsc.Schema {
  const names = ['a', 'b', 'c'].filter(() => next(3) > 0);
  return {
    type: 'record',
    name: 'R',
    fields: names.map((name) =>
      next(2) === 0 ? { name, type: randomType(next, 2) } : { name, type: 'int', default: 0 },
    ),
  };
}
