import { expect } from 'chai';
import { readOrderedJson, writeOrderedJson } from '../../../registry-server/contracts/ordered-json.ts';
import { profiles } from '../../../registry-server/contracts/profiles/table.ts';
import { type RenderingClass, renderSchema } from '../../../registry-server/contracts/render-schema.ts';

const classOf: Readonly<Record<string, RenderingClass>> = {
  '=': 'exact',
  '~': 'relaxed',
  '*': 'encoded',
  x: 'refused',
};

/** The providers whose rules differ, in the order of the columns. */
const columns = ['openai-chat', 'azure', 'anthropic', 'gemini-json', 'gemini-openapi'];

/** The class for each column, what the schema of a property is, and the schema. */
const rows: readonly (readonly [classes: string, title: string, schema: string])[] = [
  ['= = = = =', 'a required string', '{"type":"string"}'],
  ['= = = = =', 'an integer', '{"type":"integer"}'],
  ['= = = = =', 'a number', '{"type":"number"}'],
  ['= = = = =', 'a boolean', '{"type":"boolean"}'],
  ['= = = = =', 'null', '{"type":"null"}'],
  ['= = = = =', 'title and description', '{"type":"string","title":"A","description":"An A."}'],
  ['= = = = =', 'default', '{"type":"string","default":"x"}'],
  ['= = = = =', 'examples', '{"type":"string","examples":["x"]}'],
  ['= = = = =', 'an unknown keyword', '{"type":"string","x-order":1}'],
  ['~ ~ ~ ~ =', 'minLength', '{"type":"string","minLength":1}'],
  ['= = = = =', 'minLength 0', '{"type":"string","minLength":0}'],
  ['~ ~ ~ ~ =', 'maxLength', '{"type":"string","maxLength":9}'],
  ['= ~ ~ ~ =', 'pattern', '{"type":"string","pattern":"^[a-z]+$"}'],
  ['= ~ ~ ~ =', 'a pattern that backtracks', '{"type":"string","pattern":"(a+)+$"}'],
  ['~ ~ ~ ~ =', 'a pattern with look-ahead', '{"type":"string","pattern":"^(?=a)"}'],
  ['~ ~ ~ ~ =', 'a pattern with a back reference', '{"type":"string","pattern":"(a)\\\\1"}'],
  ['= ~ = = =', 'format date-time', '{"type":"string","format":"date-time"}'],
  ['= ~ = ~ =', 'format email', '{"type":"string","format":"email"}'],
  ['~ ~ = ~ =', 'format uri', '{"type":"string","format":"uri"}'],
  ['~ ~ ~ ~ =', 'an unknown format', '{"type":"string","format":"color"}'],
  ['= ~ ~ = =', 'minimum', '{"type":"number","minimum":0}'],
  ['= ~ ~ = =', 'maximum', '{"type":"integer","maximum":9}'],
  ['= ~ ~ ~ ~', 'exclusiveMinimum', '{"type":"number","exclusiveMinimum":0}'],
  ['= ~ ~ ~ ~', 'exclusiveMaximum', '{"type":"number","exclusiveMaximum":1}'],
  ['= ~ ~ ~ ~', 'multipleOf', '{"type":"integer","multipleOf":5}'],
  ['= = = = =', 'items', '{"type":"array","items":{"type":"string"}}'],
  ['= ~ = = =', 'minItems 1', '{"type":"array","items":{"type":"string"},"minItems":1}'],
  ['= ~ ~ = =', 'minItems 2', '{"type":"array","items":{"type":"string"},"minItems":2}'],
  ['= ~ ~ = =', 'maxItems', '{"type":"array","items":{"type":"string"},"maxItems":2}'],
  ['~ ~ ~ ~ ~', 'uniqueItems', '{"type":"array","items":{"type":"string"},"uniqueItems":true}'],
  ['~ ~ ~ ~ ~', 'contains', '{"type":"array","items":{"type":"string"},"contains":{"const":"x"}}'],
  ['* * * = *', 'a list of anything', '{"type":"array"}'],
  [
    '* * * = *',
    'prefixItems',
    '{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}],"items":false,"minItems":2}',
  ],
  ['* * * = *', 'items of draft-07', '{"type":"array","items":[{"type":"string"}],"additionalItems":false}'],
  [
    '* * * = *',
    'a tuple that is longer than its places',
    '{"type":"array","prefixItems":[{"type":"string"}],"minItems":3}',
  ],
  ['= = = = =', 'enum', '{"type":"string","enum":["x","y"]}'],
  ['= = = = =', 'enum without a type', '{"enum":["x","y"]}'],
  ['= = = = ~', 'enum of numbers', '{"type":"integer","enum":[1,2]}'],
  ['= = = = =', 'enum with null', '{"enum":["x",null]}'],
  ['* * * ~ *', 'enum of objects', '{"enum":[{"k":1}]}'],
  ['= = = = =', 'const', '{"const":"x"}'],
  ['= = = = *', 'enum of mixed types', '{"enum":["x",1]}'],
  ['= = = = =', 'string or null', '{"type":["string","null"]}'],
  [
    '= = = = =',
    'object or null',
    '{"type":["object","null"],"properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":false}',
  ],
  ['= = = = =', 'array or null', '{"type":["array","null"],"items":{"type":"string"}}'],
  ['= = = = =', 'string or integer', '{"type":["string","integer"]}'],
  ['= = = = =', 'anyOf', '{"anyOf":[{"type":"string"},{"type":"integer"}]}'],
  ['= = = = =', 'anyOf with null', '{"anyOf":[{"type":"string"},{"type":"null"}]}'],
  ['= ~ = = =', 'anyOf beside a type', '{"type":"string","anyOf":[{"format":"date"},{"format":"time"}]}'],
  [
    '~ ~ ~ ~ ~',
    'anyOf of required',
    '{"type":"object","properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":false,"anyOf":[{"required":["b"]}]}',
  ],
  ['= = = = =', 'oneOf that is told apart', '{"oneOf":[{"type":"string"},{"type":"integer"}]}'],
  ['~ ~ ~ ~ ~', 'oneOf that overlaps', '{"oneOf":[{"type":"number"},{"type":"integer"}]}'],
  ['= = = = =', 'allOf that can be one', '{"allOf":[{"type":"string"},{"description":"A."}]}'],
  ['x x x x x', 'allOf that contradicts itself', '{"allOf":[{"type":"string"},{"type":"integer"}]}'],
  ['~ ~ ~ ~ ~', 'not', '{"type":"string","not":{"const":"x"}}'],
  ['~ ~ ~ ~ ~', 'if and then', '{"type":"string","if":{"const":"x"},"then":{"minLength":1}}'],
  [
    '* * = = =',
    'an optional property',
    '{"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":false}',
  ],
  [
    '= = = = =',
    'an optional property that may be null',
    '{"type":"object","properties":{"b":{"type":["string","null"]}},"additionalProperties":false}',
  ],
  ['= = = = =', 'an open object', '{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}'],
  [
    '= = = = =',
    'an object that says it is open',
    '{"type":"object","properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":true}',
  ],
  ['* * * = *', 'a map', '{"type":"object","additionalProperties":{"type":"number"}}'],
  ['* * * = *', 'an object of anything', '{"type":"object"}'],
  ['* * * = *', 'anything', '{}'],
  ['* * * = *', 'true', 'true'],
  ['x x x x x', 'false', 'false'],
  [
    '* * * ~ *',
    'patternProperties',
    '{"type":"object","patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}',
  ],
  [
    '* * * ~ *',
    'propertyNames',
    '{"type":"object","additionalProperties":{"type":"string"},"propertyNames":{"pattern":"^x"}}',
  ],
  [
    '~ ~ ~ ~ ~',
    'minProperties',
    '{"type":"object","properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":false,"minProperties":1}',
  ],
  [
    '~ ~ ~ ~ ~',
    'dependentRequired',
    '{"type":"object","properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":false,"dependentRequired":{"b":["c"]}}',
  ],
  ['x x x x x', 'a $ref that leads nowhere', '{"$ref":"#/$defs/None"}'],
  ['x x x x x', 'a $ref to another document', '{"$ref":"https://example.com/a.json"}'],
  ['x x x x x', 'a $dynamicRef', '{"$dynamicRef":"#a"}'],
  ['x x x x x', 'an unknown type', '{"type":"text"}'],
  ['x x x x x', 'an address of its own', '{"$id":"https://example.com/b","type":"string"}'],
  [
    '= = = = =',
    'a property called $ref',
    '{"type":"object","properties":{"$ref":{"type":"string"}},"required":["$ref"],"additionalProperties":false}',
  ],
  [
    '= = = = =',
    'a property called additionalProperties',
    '{"type":"object","properties":{"additionalProperties":{"type":"string"}},"required":["additionalProperties"],"additionalProperties":false}',
  ],
  [
    '= = = = =',
    'a property called __proto__',
    '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"],"additionalProperties":false}',
  ],
];

const profile = (name: string) => {
  const found = profiles.find((each) => each.name === name);
  if (!found) throw new Error(`no profile ${name}`);
  return found;
};

function rendered(text: string, name: string): string {
  const { schema, notes } = renderSchema(readOrderedJson(text), profile(name));
  if (schema === undefined) throw new Error(JSON.stringify(notes.refusals));
  return writeOrderedJson(schema);
}

const refusals = (text: string, name: string) =>
  renderSchema(readOrderedJson(text), profile(name)).notes.refusals;

describe('a rendering of a schema', () => {
  for (const [classes, title, schema] of rows) {
    for (const [i, letter] of classes.split(' ').entries()) {
      const wanted = classOf[letter] as RenderingClass;
      it(`for ${columns[i]} is ${wanted}: ${title}`, () => {
        const text = `{"type":"object","properties":{"a":${schema}},"required":["a"],"additionalProperties":false}`;
        const found = renderSchema(readOrderedJson(text), profile(columns[i] as string));
        expect(found.class, JSON.stringify(found.notes)).to.equal(wanted);
        expect(found.schema === undefined).to.equal(wanted === 'refused');
        for (const { path } of [...found.notes.refusals, ...found.notes.notEnforced])
          expect(path).to.match(/^\//);
      });
    }
  }

  it('keeps the order of properties, also of those that look like numbers', () => {
    const text =
      '{"type":"object","properties":{"z":{"type":"string"},"10":{"type":"string"},"2":{"type":"string"},"__proto__":{"type":"string"}},"required":["z","10","2","__proto__"],"additionalProperties":false}';
    for (const { name } of profiles) {
      const order = [...rendered(text, name).matchAll(/"(z|10|2|__proto__)":/g)].map(([, found]) => found);
      expect(order, name).to.deep.equal(['z', '10', '2', '__proto__']);
    }
    for (const name of ['openai-chat', 'anthropic', 'mcp-tool', 'plain'])
      expect(rendered(text, name)).to.equal(text);
  });

  it('keeps numbers as they are written', () => {
    const text =
      '{"type":"object","properties":{"a":{"type":"number","maximum":1e3,"minimum":1.0}},"required":["a"],"additionalProperties":false}';
    expect(rendered(text, 'openai-chat')).to.equal(text);
  });

  it('asks OpenAI for null where a property is absent, and leaves a null that means something', () => {
    const text = '{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["string","null"]}}}';
    const { schema, decode } = renderSchema(readOrderedJson(text), profile('openai-chat'));
    expect(schema && writeOrderedJson(schema)).to.equal(
      '{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":["string","null"]}},"required":["a","b"],"additionalProperties":false}',
    );
    expect(decode?.entries.get('#')?.absent).to.deep.equal(['a']);
  });

  it('tells a rule that is not enforced in the description, once', () => {
    const once = rendered(
      '{"type":"object","properties":{"a":{"type":"string","minLength":2,"description":"A."}},"required":["a"]}',
      'anthropic',
    );
    expect(once).to.include('"description":"A.\\n\\nminLength: 2"');
    expect(rendered(once, 'anthropic')).to.equal(once);
  });

  it('puts what is no object into a property where the provider wants one at the root', () => {
    const { schema, decode } = renderSchema(
      readOrderedJson('{"type":"array","items":{"type":"string"}}'),
      profile('openai-chat'),
    );
    expect(schema && writeOrderedJson(schema)).to.equal(
      '{"type":"object","properties":{"value":{"type":"array","items":{"type":"string"}}},"required":["value"],"additionalProperties":false}',
    );
    expect(decode?.unwrap).to.equal('value');
  });

  describe('that asks too much', () => {
    it('refuses recursion where the provider does, with the path of the reference', () => {
      const text =
        '{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}}}}}';
      expect(refusals(text, 'gemini-openapi')[0]?.rule).to.equal('$ref');
      for (const name of ['anthropic', 'bedrock-converse']) {
        const [first] = refusals(text, name);
        expect(first?.path, name).to.equal('/$defs/N/properties/next');
        expect(first?.rule).to.equal('$ref');
      }
      for (const name of ['openai-chat', 'azure', 'gemini-json'])
        expect(refusals(text, name), name).to.deep.equal([]);
    });

    it('refuses recursion through required properties at Gemini', () => {
      const text =
        '{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}},"required":["next"]}}}';
      expect(refusals(text, 'gemini-json')[0]?.right).to.equal('an optional property on the way');
    });

    it('refuses references that double what they lead to, without writing it out', () => {
      const defs = Array.from(
        { length: 40 },
        (_, i) =>
          `"D${i}":{"type":"object","properties":{"a":{"$ref":"#/$defs/D${i + 1}"},"b":{"$ref":"#/$defs/D${i + 1}"}}}`,
      );
      const text = `{"type":"object","properties":{"r":{"$ref":"#/$defs/D0"}},"$defs":{${defs.join(',')},"D40":{"type":"string"}}}`;
      expect(refusals(text, 'gemini-openapi')[0]?.reason).to.match(/more than 50000 parts/);
      expect(refusals(text, 'anthropic')).to.deep.equal([]);
    });

    it('refuses an allOf that doubles with each reference, and one that leads to itself', () => {
      const defs = Array.from(
        { length: 40 },
        (_, i) => `"D${i}":{"allOf":[{"$ref":"#/$defs/D${i + 1}"},{"$ref":"#/$defs/D${i + 1}"}]}`,
      );
      const doubling = `{"$ref":"#/$defs/D0","$defs":{${defs.join(',')},"D40":{"type":"object"}}}`;
      const loop = '{"$ref":"#/$defs/A","$defs":{"A":{"allOf":[{"$ref":"#/$defs/A"}]}}}';
      for (const text of [doubling, loop]) {
        for (const name of columns)
          expect(refusals(text, name).at(-1)?.reason, name).to.match(/more than 50000 parts/);
      }
    });

    it('takes 20,000 references to one definition', () => {
      const properties = Array.from({ length: 20_000 }, (_, i) => `"p${i}":{"$ref":"#/$defs/A"}`);
      const text = `{"type":"object","properties":{${properties.join(',')}},"$defs":{"A":{"type":"string"}}}`;
      expect(rendered(text, 'anthropic')).to.include('"p19999":{"$ref":"#/$defs/A"}');
    });

    it('says at most 20 refusals, and cuts paths and values', () => {
      const long = 'x'.repeat(10_000);
      const bad = Array.from({ length: 50 }, (_, i) => `"${long}${i}":{"type":"${long}"}`);
      const { notes } = renderSchema(
        readOrderedJson(`{"type":"object","properties":{${bad.join(',')}}}`),
        profile('openai-chat'),
      );
      expect(notes.refusals).to.have.length(20);
      expect(notes.omitted).to.equal(30);
      expect(JSON.stringify(notes.refusals).length).to.be.lessThan(20_000);
    });

    it('refuses a union whose branches cannot be told apart, where they are undone in different ways', () => {
      const branch = (type: string) =>
        `{"type":"object","properties":{"a":{"type":"${type}"},"b":{"type":"object","properties":{"c":{"type":"${type}"}}}},"required":["b"]}`;
      const same = `{"type":"object","properties":{"u":{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"a":{"type":"string","description":"other"}}}]}},"required":["u"]}`;
      expect(refusals(same, 'openai-chat')[0]?.rule).to.equal('anyOf');
      const apart = `{"type":"object","properties":{"u":{"anyOf":[${branch('string')},{"type":"object","properties":{"kind":{"const":"k"}},"required":["kind"]}]}},"required":["u"]}`;
      expect(refusals(apart, 'openai-chat')).to.deep.equal([]);
    });
  });
});
