import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import type { NotEnforced } from '../../../registry-server/contracts/notes.ts';
import {
  readOrderedJson,
  toTree,
  writeOrderedJson,
} from '../../../registry-server/contracts/ordered-json.ts';
import { profiles } from '../../../registry-server/contracts/profiles/table.ts';
import { renderSchema } from '../../../registry-server/contracts/render-schema.ts';
import { decodeRendering } from '../../build/decode-rendering.ts';
import { aDocument, aModelSchema } from '../../build/model-schema.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const SEED = 20_261_126;

describe('renderings of generated schemas', function () {
  this.timeout(120_000);

  for (const profile of profiles) {
    it(`for ${profile.name} render to themselves`, () => {
      const random = seeded(SEED);
      for (let i = 0; i < roundsOr(100); i++) {
        const { schema } = renderSchema(readOrderedJson(JSON.stringify(aModelSchema(random))), profile);
        if (schema === undefined) continue;
        const text = writeOrderedJson(schema);
        const again = renderSchema(readOrderedJson(text), profile);
        expect(again.class, `${text} ${JSON.stringify(again.notes)}`).to.equal('exact');
        expect(again.schema && writeOrderedJson(again.schema)).to.equal(text);
      }
    });
  }

  for (const name of ['openai-chat', 'anthropic', 'gemini-json', 'gemini-openapi']) {
    it(`for ${name} allow nothing that the schema does not, once it is decoded`, () => {
      const random = seeded(SEED);
      const profile = profiles.find((each) => each.name === name);
      if (!profile) throw new Error(name);
      let count = 0;
      for (let i = 0; i < roundsOr(100); i++) {
        const source = aModelSchema(random);
        // Ajv looks at no property of this name.
        if (JSON.stringify(source).includes('__proto__')) continue;
        const { schema, notes, decode } = renderSchema(readOrderedJson(JSON.stringify(source)), profile);
        if (schema === undefined) continue;
        const written = JSON.parse(writeOrderedJson(schema));
        const isWritable = validator(asJsonSchema(written));
        const isRight = validator(withoutRules(source, unenforced(notes.notEnforced)));
        for (let j = 0; j < 5; j++) {
          const document = aDocument(random, written);
          if (!isWritable(document)) continue;
          count++;
          const decoded = decode
            ? decodeRendering(document, JSON.parse(writeOrderedJson(toTree(decode))))
            : document;
          const shown = [source, written, decode, document, decoded]
            .map((each) => JSON.stringify(each))
            .join('\n');
          expect(isRight(decoded), `${shown}\n${JSON.stringify(isRight.errors)}`).to.equal(true);
        }
      }
      expect(count).to.be.greaterThan(100);
    });
  }
});

function validator(schema: object) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

/** Of the form of OpenAPI 3.0, the one keyword that JSON Schema does not have. */
function asJsonSchema(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema as never;
  const own = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, asJsonSchema(part)]));
  if ((own.nullable as unknown) !== true) return own;
  const { nullable: _, ...rest } = own;
  return { anyOf: [rest, { type: 'null' }] };
}

/** Of `oneOf` it may be that its branches hold, and only their number does not. */
const unenforced = (notes: readonly NotEnforced[]): ReadonlySet<string> =>
  new Set(
    notes.flatMap(({ rule, value }) =>
      value.startsWith('"exactly one') ? ['more than one'] : rule.split(', '),
    ),
  );

/** The schema without the rules that were listed as not enforced, wherever they stand. */
function withoutRules(schema: unknown, rules: ReadonlySet<string>): object {
  if (Array.isArray(schema)) return schema.map((part) => withoutRules(part, rules));
  if (typeof schema !== 'object' || schema === null) return schema as never;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([name, part]) => {
      if (name === 'properties' || name === '$defs') {
        const parts = Object.entries(part as object).map(([key, each]) => [key, withoutRules(each, rules)]);
        return [[name, Object.fromEntries(parts)]];
      }
      if (rules.has(name)) return [];
      const kept = name === 'oneOf' && rules.has('more than one') ? 'anyOf' : name;
      return [[kept, withoutRules(part, rules)]];
    }),
  );
}
