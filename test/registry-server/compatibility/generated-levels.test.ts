import { expect } from 'chai';
import { checkCompatibility } from '../../../registry-server/compatibility/check.ts';
import {
  type CompatibilityLevel,
  compatibilityLevels,
} from '../../../registry-server/compatibility/modes.ts';
import type { SchemaModel, SchemaType } from '../../../registry-server/schema-types/schema-type.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';
import { anAvroSchema, changedAvro } from '../../build/generate/avro.ts';
import { aJsonSchema, changedJsonSchema } from '../../build/generate/json-schema.ts';
import { aProtoMessage, changedProto, printProto } from '../../build/generate/protobuf.ts';
import { type Random, roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(200);

/** A schema and three later ones, each changed from the one before. */
const history = <T>(random: Random, first: T, change: (random: Random, from: T) => T): readonly T[] => {
  const all = [first];
  for (let count = 0; count < 3; count++) all.push(change(random, all.at(-1) as T));
  return all;
};

const generators: Readonly<Record<keyof typeof schemaTypes, (random: Random) => readonly string[]>> = {
  AVRO: (random) =>
    history(random, anAvroSchema(random), changedAvro).map((schema) => JSON.stringify(schema)),
  JSON: (random) =>
    history(random, aJsonSchema(random), changedJsonSchema).map((schema) => JSON.stringify(schema)),
  PROTOBUF: (random) => history(random, aProtoMessage(random), changedProto).map(printProto),
};

for (const [name, generate] of Object.entries(generators)) {
  describe(`levels over generated histories of ${name}`, () => {
    const random = seeded();
    const type: SchemaType = schemaTypes[name as keyof typeof schemaTypes];

    it('FULL is both directions, and transitive is every pair', () => {
      for (let round = 0; round < ROUNDS; round++) {
        const texts = generate(random);
        const schemas = texts.map((text) => type.parse(text, []));
        const proposed = schemas.at(-1) as SchemaModel;
        const existing = schemas.slice(0, -1).map((schema, index) => ({ version: index + 1, schema }));
        const fits = (level: CompatibilityLevel, versions = existing) =>
          checkCompatibility(type, { compatibility: level }, proposed, versions).length === 0;
        const words = `TEST_SEED=${random.seed} ${JSON.stringify(texts)}`;
        for (const transitive of ['', '_TRANSITIVE'] as const) {
          const [backward, forward] = [fits(`BACKWARD${transitive}`), fits(`FORWARD${transitive}`)];
          expect(fits(`FULL${transitive}`), words).to.equal(backward && forward);
        }
        for (const level of ['BACKWARD', 'FORWARD', 'FULL'] as const) {
          const eachFits = existing.map((one) => fits(level, [one]));
          expect(fits(level), words).to.equal(eachFits.at(-1));
          expect(fits(`${level}_TRANSITIVE`), words).to.equal(eachFits.every(Boolean));
        }
        for (const level of compatibilityLevels) {
          const itself = [{ version: 1, schema: proposed }];
          expect(fits(level, itself), `${level} ${words}`).to.equal(true);
        }
      }
    });
  });
}
