import { expect } from 'chai';
import { checkCompatibility } from '../../../registry-server/compatibility/check.ts';
import type { SchemaModel } from '../../../registry-server/schema-types/schema-type.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';
import { type Doubling, doublingAvro, doublingJsonSchemas } from '../../build/generate/doubling.ts';

const DEPTH = 26;
const longestAnswer = 200_000;

/** There are 2^26 ways from the top of such a chain to its end, and 27 definitions. */
describe('schemas in which each definition refers twice to the next', () => {
  const parse = (type: keyof typeof schemaTypes, schema: unknown): SchemaModel =>
    schemaTypes[type].parse(JSON.stringify(schema), []);

  for (const { title, type, chain, tree } of [
    ...doublingJsonSchemas,
    ...doublingAvro,
  ] as readonly Doubling[]) {
    const schemas = {
      'a chain': parse(type, chain(DEPTH, 'before')),
      'another chain': parse(type, chain(DEPTH, 'after')),
      'a tree': parse(type, tree),
    };
    for (const [earlier, before] of Object.entries(schemas)) {
      for (const [later, after] of Object.entries(schemas)) {
        it(`take few steps and few words, with ${title}: ${earlier}, then ${later}`, () => {
          const existing = [{ version: 1, schema: before }];
          // Quick: more than 5,000 steps would be an error.
          const lines = checkCompatibility(
            schemaTypes[type],
            { compatibility: 'FULL' },
            after,
            existing,
            'quick',
          );
          expect(lines.length).to.be.at.most(204);
          expect(lines.join('\n').length).to.be.below(longestAnswer);
          if (earlier === later) expect(lines).to.deep.equal([]);
        });
      }
    }
  }
});
