import avsc from 'avsc';
import { expect } from 'chai';
import { avro } from '../../../registry-server/schema-types/avro.ts';
import { type AvroJson, anAvroSchema, changedAvro } from '../../build/generate/avro.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(800);

const parse = (schema: AvroJson) => avro.parse(JSON.stringify(schema), []);
const toAvsc = (schema: AvroJson) => avsc.Type.forSchema(structuredClone(schema), { wrapUnions: true });

const random = seeded();

describe(`generated Avro schemas, TEST_SEED=${random.seed}`, function () {
  this.timeout(60_000 + ROUNDS * 50);
  const told = (words: object) => `TEST_SEED=${random.seed} ${JSON.stringify(words)}`;

  it('read what they wrote, in both texts', () => {
    for (let round = 0; round < ROUNDS / 3; round++) {
      const schema = anAvroSchema(random);
      const parsed = parse(schema);
      for (const text of [parsed.canonical(), parsed.normalized()]) {
        const again = avro.parse(text, []);
        expect(avro.incompatibilities(again, parsed), told({ schema, text })).to.deep.equal([]);
        expect(avro.incompatibilities(parsed, again), told({ schema, text })).to.deep.equal([]);
      }
      expect(avro.parse(parsed.canonical(), []).canonical()).to.equal(parsed.canonical());
      expect(avro.parse(parsed.normalized(), []).normalized(), told({ schema })).to.equal(
        parsed.normalized(),
      );
      expect(parsed.findFault('new'), told({ schema })).to.equal(undefined);
    }
  });

  it('are compatible exactly when avsc reads with the one what it wrote with the other', () => {
    const counts = { compatible: 0, broken: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const before = anAvroSchema(random);
      const after = changedAvro(random, before);
      const broken = avro.incompatibilities(parse(after), parse(before));
      const words = told({ before, after, broken });
      const [writer, reader] = [toAvsc(before), toAvsc(after)];
      if (broken.length > 0) {
        counts.broken++;
        expect(() => reader.createResolver(writer), words).to.throw();
        continue;
      }
      counts.compatible++;
      let resolver: ReturnType<typeof reader.createResolver>;
      expect(() => {
        resolver = reader.createResolver(writer);
        for (let datum = 0; datum < 5; datum++) {
          const read = reader.fromBuffer(writer.toBuffer(writer.random()), resolver);
          if (!reader.isValid(read)) throw new Error(`read as ${JSON.stringify(read)}`);
        }
      }, words).not.to.throw();
    }
    expect(Math.min(counts.compatible, counts.broken)).to.be.above(ROUNDS / 10);
  });
});
