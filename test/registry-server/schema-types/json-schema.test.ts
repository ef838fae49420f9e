import { expect } from 'chai';
import { InvalidSchema } from '../../../registry-server/schema-types/invalid-schema.ts';
import { drafts } from '../../../registry-server/schema-types/json-schema/drafts.ts';
import { jsonSchema } from '../../../registry-server/schema-types/json-schema.ts';

const reference = (name: string, schema: unknown) => ({
  name,
  subject: name,
  version: 1,
  schema: JSON.stringify(schema),
});
/** As a registration does it. */
const accept: typeof jsonSchema.parse = (text, references) => {
  const parsed = jsonSchema.parse(text, references);
  const fault = parsed.findFault('always');
  if (fault !== undefined) throw new InvalidSchema(fault);
  return parsed;
};
const canonical = (text: string): string => jsonSchema.parse(text, []).canonical();
const breaks = (before: object, after: object): readonly string[] => {
  const [writer, reader] = [before, after].map((schema) => jsonSchema.parse(JSON.stringify(schema), []));
  return jsonSchema.incompatibilities(reader as never, writer as never).map(({ path }) => path());
};

describe('JSON Schema canonical text', () => {
  const table: readonly { title: string; text: string; compact: string }[] = [
    { title: 'drops whitespace', text: ' { "type" :\n"string" } ', compact: '{"type":"string"}' },
    { title: 'keeps the order of keys', text: '{"z":1,"a":2}', compact: '{"z":1,"a":2}' },
    {
      title: 'keeps the order of keys that look like numbers',
      text: '{"properties":{"b":{},"1":{}, "0":{}}}',
      compact: '{"properties":{"b":{},"1":{},"0":{}}}',
    },
    { title: 'keeps whitespace in strings', text: '{"title":"a  b\\n"}', compact: '{"title":"a  b\\n"}' },
    {
      title: 'spells strings in one way',
      text: '{"title":"\\u0041\\/", "1":2}',
      compact: '{"title":"A/","1":2}',
    },
    {
      title: 'keeps the spelling of numbers',
      text: '{"default": 1.0, "maximum": 12345678901234567890}',
      compact: '{"default":1.0,"maximum":12345678901234567890}',
    },
    { title: 'takes the last of repeated keys', text: '{"title":"a","title":"b"}', compact: '{"title":"b"}' },
    {
      title: 'takes the last of repeated keys that look like numbers',
      text: '{"x":{"1":2,"1":3}}',
      compact: '{"x":{"1":3}}',
    },
    {
      title: 'keeps __proto__',
      text: '{"properties":{"__proto__":{"type":"string"}}}',
      compact: '{"properties":{"__proto__":{"type":"string"}}}',
    },
    { title: 'takes true', text: ' true ', compact: 'true' },
  ];
  for (const { title, text, compact } of table) it(title, () => expect(canonical(text)).to.equal(compact));

  it('normalizes the order of keys at every level', () => {
    const text =
      '{"type":"object","properties":{"b":{"type":"string","maxLength":2},"a":{}},"enum":[{"y":1.0,"x":2}]}';
    expect(jsonSchema.parse(text, []).normalized()).to.equal(
      '{"enum":[{"x":2,"y":1.0}],"properties":{"a":{},"b":{"maxLength":2,"type":"string"}},"type":"object"}',
    );
  });

  it('shows the same text for every format', () => {
    expect(jsonSchema.parse('{ }', []).formatted('resolved')).to.equal('{}');
  });
});

describe('JSON Schema values', () => {
  const parse = (text: string) => jsonSchema.parse(text, []);
  it('takes 1 and 1.0 for one value', () => {
    expect(jsonSchema.incompatibilities(parse('{"enum":[1]}'), parse('{"enum":[1.0,1e0]}'))).to.deep.equal(
      [],
    );
    expect(jsonSchema.incompatibilities(parse('{"maximum":1}'), parse('{"maximum":1.0}'))).to.deep.equal([]);
  });

  it('tells integers apart that a double cannot', () => {
    const [old, now] = ['9007199254740993', '9007199254740992'].map((value) => parse(`{"const":${value}}`));
    expect(jsonSchema.incompatibilities(now as never, old as never)).to.have.lengthOf(1);
  });
});

describe('JSON Schema references', () => {
  const money = reference('money.json', { definitions: { Money: { type: 'integer' } }, type: 'number' });

  for (const { title, schema, references } of [
    { title: 'by name', schema: { $ref: 'money.json' }, references: [money] },
    {
      title: 'by name with a pointer',
      schema: { $ref: 'money.json#/definitions/Money' },
      references: [money],
    },
    {
      title: "by name under the schema's own address",
      schema: { $id: 'http://a.b/c.json', items: { $ref: 'money.json' } },
      references: [money],
    },
    {
      title: 'by an address',
      schema: { $ref: 'http://a.b/m.json' },
      references: [reference('x', { $id: 'http://a.b/m.json' })],
    },
    {
      title: 'from one to the next',
      schema: { $ref: 'two.json' },
      references: [money, reference('two.json', { $ref: 'money.json' })],
    },
    {
      title: 'to an $id inside',
      schema: { items: { $ref: 'http://a.b/in' }, definitions: { x: { $id: 'http://a.b/in' } } },
      references: [],
    },
    {
      title: 'to an $id that is an anchor',
      schema: { items: { $ref: '#in' }, definitions: { x: { $id: '#in' } } },
      references: [],
    },
    {
      title: 'to a pointer with escapes',
      schema: { items: { $ref: '#/definitions/a~1b%25c~0' }, definitions: { 'a/b%c~': {} } },
      references: [],
    },
    {
      title: 'to $defs, and to what stands under definitions',
      schema: {
        allOf: [{ $ref: '#/$defs/here' }, { $ref: 'money.json#/$defs/Money' }],
        definitions: { here: {} },
      },
      references: [money],
    },
    {
      title: 'to a place under an unknown keyword',
      schema: { items: { $ref: '#/shared/x' }, shared: { x: { type: 'string' } } },
      references: [],
    },
    {
      title: "to a draft's own schema",
      schema: { items: { $ref: 'http://json-schema.org/draft-07/schema#' } },
      references: [],
    },
  ]) {
    it(`leads ${title}`, () => {
      expect(() => accept(JSON.stringify(schema), references)).not.to.throw();
    });
  }

  it('compares what references lead to', () => {
    const use = '{"$ref":"money.json#/definitions/Money"}';
    const before = jsonSchema.parse(use, [money]);
    const after = jsonSchema.parse(use, [
      reference('money.json', { definitions: { Money: { type: 'string' } } }),
    ]);
    expect(jsonSchema.incompatibilities(after, before).map(({ errorType }) => errorType)).to.deep.equal([
      'TYPE_CHANGED',
    ]);
  });

  it('never fetches', () => {
    expect(() => accept('{"$ref":"http://127.0.0.1:1/s.json"}', [])).to.throw(InvalidSchema, 'leads nowhere');
  });
});

describe('JSON Schema drafts', () => {
  const item = (schema: object) => ({ type: 'array', ...schema });
  for (const [address, draft] of Object.entries(drafts)) {
    const $schema = `https://${address}`;
    it(`reads ${address}`, () => {
      const keyword = draft.hasPrefixItems ? 'prefixItems' : 'items';
      const paths = breaks(
        { $schema, ...item({ [keyword]: [{ type: 'string' }] }) },
        { $schema, ...item({ [keyword]: [{ type: 'null' }] }) },
      );
      expect(paths).to.deep.equal(['#/items/0']);
      const beside = { $schema, $ref: '#/definitions/a', definitions: { a: { type: 'string' } } };
      // Up to draft 7 what stands beside a $ref is ignored.
      expect(breaks(beside, { ...beside, maxLength: 1 })).to.have.lengthOf(draft.isModern ? 1 : 0);
    });
  }

  it('reads an unknown draft as draft 7', () => {
    expect(() => accept('{"$schema":"http://example.com/mine","type":"string"}', [])).not.to.throw();
  });
});

describe('JSON Schemas that are refused', () => {
  const table: readonly { title: string; text: string; words: RegExp }[] = [
    { title: 'no JSON', text: '{"type"', words: /^not JSON: / },
    { title: 'a string', text: '"string"', words: /an object or a boolean/ },
    { title: 'null', text: 'null', words: /an object or a boolean/ },
    { title: 'an array', text: '[]', words: /an object or a boolean/ },
    {
      title: 'an unknown type',
      text: '{"properties":{"a":{"type":"strin"}}}',
      words: /^#\/properties\/a\/type: "strin" is not allowed/,
    },
    { title: 'a type twice', text: '{"type":["null","null"]}', words: /^#\/type/ },
    { title: 'a length below 0', text: '{"maxLength":-1}', words: /^#\/maxLength: -1/ },
    { title: 'a length that is text', text: '{"minLength":"1"}', words: /^#\/minLength/ },
    { title: 'required that is a boolean', text: '{"required":true}', words: /array of strings/ },
    { title: 'properties that are an array', text: '{"properties":[]}', words: /^#\/properties/ },
    {
      title: 'a property that is a string',
      text: '{"properties":{"a":"string"}}',
      words: /values are schemas/,
    },
    { title: 'an empty allOf', text: '{"allOf":[]}', words: /non-empty array of schemas/ },
    { title: 'multipleOf 0', text: '{"multipleOf":0}', words: /above 0/ },
    {
      title: 'a $ref to nowhere',
      text: '{"properties":{"a":{"$ref":"#/definitions/X"}}}',
      words: /"#\/definitions\/X" leads nowhere/,
    },
    {
      title: 'a $ref to nowhere that nothing uses',
      text: '{"definitions":{"a":{"$ref":"#/no"}}}',
      words: /leads nowhere/,
    },
    { title: 'a $ref to an inherited name', text: '{"$ref":"#/constructor"}', words: /leads nowhere/ },
    { title: 'a $ref to a string', text: '{"$ref":"#/title","title":"t"}', words: /not a schema/ },
    { title: 'a $ref to itself', text: '{"$ref":"#"}', words: /back to itself/ },
    {
      title: 'a circle of $refs',
      text: '{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}',
      words: /back to itself/,
    },
    {
      title: 'a bad schema under an unknown keyword',
      text: '{"$ref":"#/x/y","x":{"y":{"type":1}}}',
      words: /type: 1 is not allowed/,
    },
    { title: 'nesting without end', text: '{"not":'.repeat(50_000), words: /nested deeper than 1000 levels/ },
  ];
  for (const { title, text, words } of table) {
    it(title, () => expect(() => accept(text, [])).to.throw(InvalidSchema, words));
  }

  it('takes nesting up to the limit', () => {
    const text = `${'{"not":'.repeat(999)}{}${'}'.repeat(999)}`;
    const parsed = jsonSchema.parse(text, []);
    expect(jsonSchema.incompatibilities(parsed, jsonSchema.parse(text, []))).to.deep.equal([]);
    expect(parsed.normalized()).to.equal(text);
  });

  it('does not take a bracket in a string for nesting', () => {
    expect(() => accept(JSON.stringify({ title: '['.repeat(2000) }), [])).not.to.throw();
  });

  it('refuses a property that begins with $$ where validateFields asks for it', () => {
    const { findFault } = accept('{"properties":{"$$id":{}}}', []);
    expect([findFault('new'), findFault('always', true)]).to.deep.equal([
      undefined,
      '#/properties/$$id: the name of a property may not begin with $$',
    ]);
    expect(accept('{"properties":{"$id":{"properties":{"$$id":{}}}}}', []).findFault('new', true)).to.equal(
      undefined,
    );
  });
});
