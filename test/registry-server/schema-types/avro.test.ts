import { expect } from 'chai';
import { avro } from '../../../registry-server/schema-types/avro.ts';
import { InvalidSchema } from '../../../registry-server/schema-types/invalid-schema.ts';
import { cases } from '../../cases/cases.ts';

const canonical = (schema: unknown): string => avro.parse(JSON.stringify(schema), []).canonical();
const reference = (name: string, schema: object) => ({
  name,
  subject: name,
  version: 1,
  schema: JSON.stringify(schema),
});

describe('Avro canonical text', () => {
  const table: readonly { title: string; schema: unknown; text: string }[] = [
    { title: 'a primitive as its name', schema: 'string', text: '"string"' },
    { title: 'a primitive in an object', schema: { type: 'string' }, text: '"string"' },
    {
      title: 'a primitive with properties',
      schema: { logicalType: 'date', type: 'int' },
      text: '{"type":"int","logicalType":"date"}',
    },
    {
      title: 'a record in the order of the Java library, defaults and aliases kept',
      schema: {
        fields: [
          {
            aliases: ['b'],
            default: null,
            doc: 'd',
            order: 'ascending',
            type: ['null', { type: 'long' }],
            name: 'a',
            x: 1,
          },
          { name: 'c', type: 'int', order: 'IGNORE' },
        ],
        tags: { b: 1, a: [2] },
        aliases: ['Old', 'other.Old'],
        doc: 'a "record"',
        namespace: 'n.s',
        name: 'R',
        type: 'record',
      },
      text:
        '{"type":"record","name":"R","namespace":"n.s","doc":"a \\"record\\"","fields":[' +
        '{"name":"a","type":["null","long"],"doc":"d","default":null,"aliases":["b"],"x":1},' +
        '{"name":"c","type":"int","order":"ignore"}],"tags":{"b":1,"a":[2]},"aliases":["Old","other.Old"]}',
    },
    {
      title: 'namespaces only where they change, and a type in full only once',
      schema: {
        type: 'record',
        name: 'a.R',
        fields: [
          { name: 'x', type: { type: 'fixed', name: 'F', size: 2 } },
          { name: 'y', type: { type: 'enum', name: 'b.E', symbols: ['A'], default: 'A' } },
          { name: 'z', type: ['null', 'F', 'b.E', 'R'] },
        ],
      },
      text:
        '{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F","size":2}},' +
        '{"name":"y","type":{"type":"enum","name":"E","namespace":"b","symbols":["A"],"default":"A"}},' +
        '{"name":"z","type":["null","F","b.E","R"]}]}',
    },
    {
      title: 'the null namespace inside another one',
      schema: {
        type: 'record',
        name: 'a.R',
        fields: [{ name: 'x', type: { type: 'fixed', name: 'F', namespace: '', size: 1 } }],
      },
      text: '{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":1}}]}',
    },
    {
      title: 'an error as an error',
      schema: { type: 'error', name: 'E', fields: [] },
      text: '{"type":"error","name":"E","fields":[]}',
    },
    {
      title: 'arrays and maps with properties',
      schema: {
        type: 'array',
        'java-class': 'List',
        items: { type: 'map', values: 'int', default: {} },
        default: [],
      },
      text: '{"type":"array","items":{"type":"map","values":"int","default":{}},"java-class":"List","default":[]}',
    },
  ];
  for (const { title, schema, text } of table) {
    it(`writes ${title}`, () => expect(canonical(schema)).to.equal(text));
  }

  it('keeps the digits of a default', () => {
    const text =
      '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775807}]}';
    expect(avro.parse(text, []).canonical()).to.equal(text);
    const double = text.replace('9223372036854775807', '1.0');
    expect(avro.parse(double, []).canonical()).to.equal(double);
  });

  it('is its own canonical text', () => {
    for (const { before, after } of cases('avro')) {
      for (const text of [canonical(before), canonical(after)]) {
        expect(avro.parse(text, []).canonical()).to.equal(text);
        const normalized = avro.parse(text, []).normalized();
        expect(avro.parse(normalized, []).normalized()).to.equal(normalized);
      }
    }
  });

  it('normalizes the order of properties and aliases', () => {
    const one = avro.parse(
      '{"type":"fixed","name":"F","size":1,"b":{"y":1,"x":2},"a":1,"aliases":["Q","P"]}',
      [],
    );
    const two = avro.parse(
      '{"aliases":["P","Q"],"a":1,"b":{"x":2,"y":1},"size":1,"name":"F","type":"fixed"}',
      [],
    );
    expect(one.canonical()).not.to.equal(two.canonical());
    expect(one.normalized()).to.equal(two.normalized());
  });

  // Worked out from AvroSchemaUtils.toNormalizedString of the reference and Schema.toString of Avro 1.12.
  const normalized: readonly (readonly [title: string, before: string, after: string])[] = [
    ['spells out fractions', f('"double","default":0'), f('"double","default":0.0')],
    ['spells out large fractions', f('"double","default":12345678'), f('"double","default":1.2345678E7')],
    ['spells out small fractions', f('"float","default":1e-5'), f('"float","default":1.0E-5')],
    ['leaves whole numbers', f('"long","default":12345678901'), f('"long","default":12345678901')],
    [
      'reads a default by the first branch',
      f('["double","null"],"default":1'),
      f('["double","null"],"default":1.0'),
    ],
    [
      'sorts the keys of defaults',
      f('{"type":"map","values":"float"},"default":{"b":1,"a":2}'),
      f('{"type":"map","values":"float"},"default":{"a":2.0,"b":1.0}'),
    ],
    [
      'drops an empty doc of a type',
      '{"type":"fixed","name":"F","doc":"","size":1}',
      '{"type":"fixed","name":"F","size":1}',
    ],
    ['keeps an empty doc of a field', f('"int","doc":""'), f('"int","doc":""')],
    ['drops an order that is the usual one', f('"int","order":"ascending"'), f('"int"')],
    [
      'makes an error a record',
      '{"type":"error","name":"E","fields":[]}',
      '{"type":"record","name":"E","fields":[]}',
    ],
    [
      'puts a logical type before other properties',
      f('{"type":"bytes","a":1,"scale":2,"precision":4,"logicalType":"decimal"}'),
      f('{"type":"bytes","logicalType":"decimal","precision":4,"scale":2,"a":1}'),
    ],
    [
      'sorts by name what is no logical type',
      f('{"type":"bytes","logicalType":"x","a":1}'),
      f('{"type":"bytes","a":1,"logicalType":"x"}'),
    ],
    [
      'writes aliases in order, without the namespace around them',
      '{"type":"fixed","name":"a.F","size":1,"aliases":["c.G","B"]}',
      '{"type":"fixed","name":"F","namespace":"a","size":1,"aliases":["B","c.G"]}',
    ],
  ];
  for (const [title, before, after] of normalized) {
    it(`normalized, ${title}`, () => {
      expect(avro.parse(before, []).normalized()).to.equal(after);
      expect(avro.parse(after, []).normalized()).to.equal(after);
    });
  }
});

describe('Avro references', () => {
  const money = reference('m.Money', {
    type: 'record',
    name: 'Money',
    namespace: 'm',
    fields: [{ name: 'n', type: 'long' }],
  });
  const order = {
    type: 'record',
    name: 'Order',
    namespace: 'o',
    fields: [{ name: 'price', type: 'm.Money' }],
  };

  it('finds the types of other schemas and leaves them as names', () => {
    const parsed = avro.parse(JSON.stringify(order), [money]);
    expect(parsed.canonical()).to.equal(JSON.stringify(order));
    expect(parsed.formatted('anything')).to.equal(parsed.canonical());
    expect(parsed.formatted('resolved')).to.contain('"type":{"type":"record","name":"Money","namespace":"m"');
  });

  it('takes references that need each other in the order given', () => {
    const list = reference('m.List', {
      type: 'record',
      name: 'm.List',
      fields: [{ name: 'all', type: { type: 'array', items: 'Money' } }],
    });
    expect(() => avro.parse('"m.List"', [money, list])).not.to.throw();
    expect(() => avro.parse('"m.List"', [list, money])).to.throw(InvalidSchema, 'm.Money');
  });

  it('sees a change in a referenced type', () => {
    const before = avro.parse(JSON.stringify(order), [money]);
    const changed = { type: 'record', name: 'm.Money', fields: [{ name: 'n', type: 'string' }] };
    const after = avro.parse(JSON.stringify(order), [reference('m.Money', changed)]);
    const paths = avro.incompatibilities(after, before).map(({ path }) => path());
    expect(paths).to.deep.equal(['/fields/0/type/fields/0/type']);
  });
});

describe('Avro schemas that are refused', () => {
  const field = (type: unknown) => ({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
  const table: readonly { title: string; text: string; words: RegExp }[] = [
    { title: 'no JSON', text: '{"type":', words: /^not JSON: / },
    { title: 'an empty text', text: '', words: /^not JSON: / },
    { title: 'a number', text: '1', words: /^\/: 1 is not a schema/ },
    { title: 'an unknown type', text: '"strng"', words: /^\/: the type "strng" is not defined/ },
    {
      title: 'an unknown type of a field',
      text: JSON.stringify(field('b.C')),
      words: /^\/fields\/0\/type: the type "b.C"/,
    },
    { title: 'no type', text: '{"name":"R"}', words: /no "type"/ },
    { title: 'a type that is an inherited name', text: '"toString"', words: /"toString" is not defined/ },
    {
      title: 'a complex type that is an inherited name',
      text: '{"type":"constructor"}',
      words: /"constructor" is not defined/,
    },
    {
      title: 'a record without a name',
      text: '{"type":"record","fields":[]}',
      words: /the record has no "name"/,
    },
    {
      title: 'a record without fields',
      text: '{"type":"record","name":"R"}',
      words: /has no array "fields"/,
    },
    {
      title: 'a bad record name',
      text: '{"type":"record","name":"1R","fields":[]}',
      words: /"1R" is not a name/,
    },
    {
      title: 'a bad field name',
      text: '{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}',
      words: /^\/fields\/0: "a-b" is not a name/,
    },
    {
      title: 'a field without a type',
      text: '{"type":"record","name":"R","fields":[{"name":"a"}]}',
      words: /field "a" has no "type"/,
    },
    {
      title: 'two fields of one name',
      text: '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
      words: /^\/fields\/1: record R has two fields "a"/,
    },
    {
      title: 'an unknown order',
      text: '{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"up"}]}',
      words: /write one of ascending/,
    },
    {
      title: 'a type defined twice',
      text: '[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":2}]',
      words: /^\/1: the type "F" is defined twice/,
    },
    {
      title: 'a union in a union',
      text: '["null",["int"]]',
      words: /^\/1: a union may not hold another union/,
    },
    { title: 'a type twice in a union', text: '["int","int"]', words: /"int" occurs twice/ },
    { title: 'an array without items', text: '{"type":"array"}', words: /the array has no "items"/ },
    { title: 'a map without values', text: '{"type":"map"}', words: /the map has no "values"/ },
    { title: 'an enum without symbols', text: '{"type":"enum","name":"E"}', words: /no array "symbols"/ },
    {
      title: 'an enum with a symbol twice',
      text: '{"type":"enum","name":"E","symbols":["A","A"]}',
      words: /"A" twice/,
    },
    {
      title: 'an enum with a bad symbol',
      text: '{"type":"enum","name":"E","symbols":["a b"]}',
      words: /^\/symbols\/0: "a b"/,
    },
    {
      title: 'an enum with a foreign default',
      text: '{"type":"enum","name":"E","symbols":["A"],"default":"B"}',
      words: /"B" is not a symbol/,
    },
    { title: 'fixed without a size', text: '{"type":"fixed","name":"F"}', words: /needs a "size"/ },
    {
      title: 'fixed of negative size',
      text: '{"type":"fixed","name":"F","size":-1}',
      words: /needs a "size"/,
    },
    { title: 'the name of a primitive', text: '{"type":"fixed","name":"int","size":1}', words: /primitive/ },
    {
      title: 'aliases that are no strings',
      text: '{"type":"fixed","name":"F","size":1,"aliases":[1]}',
      words: /aliases are/,
    },
    { title: 'nesting without end', text: `${'['.repeat(100_000)}`, words: /nested deeper than 1000 levels/ },
  ];
  for (const { title, text, words } of table) {
    it(title, () => expect(() => avro.parse(text, [])).to.throw(InvalidSchema, words));
  }

  it('takes defaults as they come: they are checked only with validateNewSchemas', () => {
    expect(() =>
      avro.parse('{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}', []),
    ).not.to.throw();
  });
});

/** A record with one field of that type. */
function f(type: string): string {
  return `{"type":"record","name":"R","fields":[{"name":"f","type":${type}}]}`;
}
