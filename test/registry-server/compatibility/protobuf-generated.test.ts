import { expect } from 'chai';
import protobufjs from 'protobufjs';
import { protobuf } from '../../../registry-server/schema-types/protobuf.ts';
import { aProtoMessage, changedProto, printProto } from '../../build/generate/protobuf.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(300);

describe('generated Protobuf schemas', () => {
  const random = seeded();
  const told = (words: object) => `TEST_SEED=${random.seed} ${JSON.stringify(words)}`;

  it('read what they wrote, as text, normalized and as a descriptor', () => {
    for (let round = 0; round < ROUNDS / 3; round++) {
      const text = printProto(aProtoMessage(random));
      const parsed = protobuf.parse(text, []);
      for (const form of [parsed.canonical(), parsed.normalized(), parsed.formatted('serialized')]) {
        const again = protobuf.parse(form, []);
        expect(protobuf.incompatibilities(again, parsed), told({ text, form })).to.deep.equal([]);
        expect(protobuf.incompatibilities(parsed, again), told({ text, form })).to.deep.equal([]);
        expect(again.normalized(), told({ text, form })).to.equal(parsed.normalized());
      }
    }
  });

  it('that are compatible read the same values with protobufjs', () => {
    const counts = { compatible: 0, broken: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const message = aProtoMessage(random);
      const [before, after] = [printProto(message), printProto(changedProto(random, message))];
      if (protobuf.incompatibilities(protobuf.parse(after, []), protobuf.parse(before, [])).length > 0) {
        counts.broken++;
        continue;
      }
      counts.compatible++;
      const [writer, reader] = [before, after].map((text) => protobufjs.parse(text).root.lookupType('M'));
      if (writer === undefined || reader === undefined) throw new Error('not parsed');
      for (const field of writer.fieldsArray) {
        const words = told({ before, after, field: field.name });
        const written = writer.encode(writer.fromObject({ [field.name]: sampleOf(field, 3) })).finish();
        const same =
          reader.fields[
            Object.keys(reader.fields).find((name) => reader.fields[name]?.id === field.id) ?? ''
          ];
        let read: unknown;
        expect(() => {
          const decoded = reader.decode(written);
          const options = { longs: Number, enums: Number, bytes: String, oneofs: false } as const;
          read = same && leafOf(reader.toObject(decoded, options)[same.name]);
        }, words).not.to.throw();
        if (read !== undefined)
          expect(String(read === true ? 1 : read), words).to.be.oneOf(['1', 'a', 'YQ==']);
      }
    }
    expect(Math.min(counts.compatible, counts.broken)).to.be.above(ROUNDS / 10);
  });
});

/** One, or an a, at the end of a path of first fields. */
function sampleOf(field: protobufjs.Field, depth: number): unknown {
  field.resolve();
  const single = (): unknown => {
    if (field.resolvedType instanceof protobufjs.Type) {
      const [first] = field.resolvedType.fieldsArray;
      return first && depth > 0 ? { [first.name]: sampleOf(first, depth - 1) } : {};
    }
    if (field.type === 'string') return 'a';
    return field.type === 'bytes' ? Buffer.from('a') : field.type === 'bool' ? true : 1;
  };
  if (field instanceof protobufjs.MapField) return { key: single() };
  return field.repeated ? [single()] : single();
}

function leafOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return leafOf(Object.values(value)[0]);
}
