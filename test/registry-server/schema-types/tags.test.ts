import { expect } from 'chai';
import { InvalidSchema } from '../../../registry-server/schema-types/invalid-schema.ts';
import type { SchemaModel } from '../../../registry-server/schema-types/schema-type.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';
import type { SchemaEntity } from '../../../registry-server/schema-types/tags.ts';

const { AVRO, JSON: JSON_SCHEMA, PROTOBUF } = schemaTypes;

type Tagged = readonly (readonly [path: string, ...tags: readonly string[]])[];

const isField = (path: string) => path.endsWith('*');
const entity = (path: string): SchemaEntity => ({
  entityPath: path.replace('*', ''),
  entityType: isField(path) ? 'sr_field' : 'sr_record',
});
const listed = (parsed: SchemaModel): Tagged =>
  parsed
    .tags()
    .map(({ schemaEntity, tags }) => [
      `${schemaEntity.entityPath}${schemaEntity.entityType === 'sr_field' ? '*' : ''}`,
      ...tags,
    ]);
const changed = (parsed: SchemaModel, add: Tagged, remove: Tagged = []): string =>
  parsed.withTags({
    add: add.map(([path, ...tags]) => ({ schemaEntity: entity(path), tags })),
    remove: remove.map(([path, ...tags]) => ({ schemaEntity: entity(path), tags })),
  });

const avroText = JSON.stringify({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    {
      name: 'lines',
      type: [
        'null',
        { type: 'array', items: { type: 'record', name: 'Line', fields: [{ name: 'sku', type: 'string' }] } },
      ],
    },
  ],
});

const jsonText = JSON.stringify({
  type: 'object',
  properties: {
    id: { type: 'string' },
    lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
    payer: {
      oneOf: [
        { type: 'string' },
        { type: 'object', title: 'b', properties: { iban: { type: 'string' } } },
        { type: 'object', title: 'a', properties: { card: { type: 'string' } } },
      ],
    },
    note: { type: ['string', 'object'], properties: { text: { type: 'string' } } },
    never: { not: { type: 'object', properties: { x: { type: 'string' } } } },
  },
  definitions: { 'a.b': { type: 'object', properties: { y: {} } } },
});

const protoText = `syntax = "proto3";
package shop;

message Order {
  string id = 1;
  oneof payer {
    string iban = 2;
  }
  message Line {
    string sku = 1;
  }
}
`;

const places = [
  {
    type: 'AVRO',
    parsed: AVRO.parse(avroText, []),
    parse: (text: string) => AVRO.parse(text, []),
    paths: ['shop.Order', 'shop.Order.id*', 'shop.Line', 'shop.Line.sku*'],
  },
  {
    type: 'JSON',
    parsed: JSON_SCHEMA.parse(jsonText, []),
    parse: (text: string) => JSON_SCHEMA.parse(text, []),
    paths: [
      'object',
      'object.id*',
      'object.lines.array.object',
      'object.lines.array.object.sku*',
      'object.payer*',
      'object.payer.oneof.0.object.card*',
      'object.payer.oneof.1.object',
      'object.payer.oneof.1.object.iban*',
      'object.note.anyof.0.object.text*',
      'object.never.not.object.x*',
      'object.definitions.a.b.object.y*',
    ],
  },
  {
    type: 'PROTOBUF',
    parsed: PROTOBUF.parse(protoText, []),
    parse: (text: string) => PROTOBUF.parse(text, []),
    paths: ['Order', 'Order.id*', 'Order.iban*', 'Order.Line', 'Order.Line.sku*'],
  },
] as const;

describe('tags in a schema', () => {
  for (const { type, parsed, parse, paths } of places) {
    it(`are added, listed and removed at every record and field: ${type}`, () => {
      const all: Tagged = paths.map((path) => [path, 'PII', `of ${path}`]);
      const tagged = parse(changed(parsed, all));
      expect(listed(tagged)).to.have.deep.members(all);
      for (const path of paths) {
        const [, ...rest] =
          listed(parse(changed(tagged, [], [[path, 'PII']]))).find(([one]) => one === path) ?? [];
        expect(rest).to.deep.equal([`of ${path}`]);
      }
      expect(parse(changed(tagged, [], all)).canonical()).to.equal(parsed.canonical());
    });

    it(`are added once, and not when they are removed with the same request: ${type}`, () => {
      const [path] = paths;
      const tagged = parse(
        changed(
          parsed,
          [
            [path, 'A', 'B'],
            [path, 'A'],
          ],
          [[path, 'B']],
        ),
      );
      expect(listed(tagged)).to.deep.equal([[path, 'A']]);
    });

    it(`are refused where there is no such record or field: ${type}`, () => {
      for (const path of ['nothing', 'object.nothing*', '__proto__*', 'constructor', '']) {
        expect(() => changed(parsed, [[path, 'A']])).to.throw(InvalidSchema, 'No matching path');
      }
    });
  }

  it('finds an Avro record by its name without the namespace', () => {
    const tagged = AVRO.parse(changed(AVRO.parse(avroText, []), [['Line.sku*', 'PII']]), []);
    expect(listed(tagged)).to.deep.equal([['shop.Line.sku*', 'PII']]);
  });

  it('finds a Protobuf field behind a dot and by its oneof', () => {
    const parsed = PROTOBUF.parse(protoText, []);
    expect(
      changed(parsed, [
        ['.Order.id*', 'A'],
        ['Order.payer.iban*', 'B'],
      ]),
    ).to.equal(`syntax = "proto3";
package shop;

message Order {
  string id = 1 [(confluent.field_meta) = {
    tags: [
      "A"
    ]
  }];

  oneof payer {
    string iban = 2 [(confluent.field_meta) = {
      tags: [
        "B"
      ]
    }];
  }

  message Line {
    string sku = 1;
  }
}
`);
  });

  it('keeps what else Protobuf metadata says, in a file that imports it', () => {
    const text = `syntax = "proto3";
import "confluent/meta.proto";
message Order {
  string id = 1 [(confluent.field_meta) = { doc: "An id", tags: "A" }, deprecated = true];
}`;
    const tagged = PROTOBUF.parse(changed(PROTOBUF.parse(text, []), [['Order.id*', 'B']]), []);
    expect(listed(tagged)).to.deep.equal([['Order.id*', 'A', 'B']]);
    expect(tagged.canonical()).to.contain('doc: "An id"').and.to.contain('deprecated = true');
  });

  it("takes Confluent's own options without an import, in a descriptor too", () => {
    const text = 'syntax = "proto3"; message Order { string id = 1 [(confluent.field_meta).tags = "A"]; }';
    const parsed = PROTOBUF.parse(text, []);
    const again = PROTOBUF.parse(parsed.formatted('serialized'), []);
    expect(again.normalized()).to.equal(parsed.normalized());
    expect(listed(again)).to.deep.equal([['Order.id*', 'A']]);
    // What the tag API writes must be taken under validateFields, too.
    expect(parsed.findFault('always', true)).to.equal(undefined);
  });
});

describe('what data has at its top', () => {
  it('is the fields of an Avro record, and of nothing else', () => {
    expect(AVRO.parse(avroText, []).topLevelFields()).to.deep.equal(['id', 'lines']);
    expect(AVRO.parse(`[${avroText}]`, []).topLevelFields()).to.deep.equal([]);
  });
  it('is the properties of a JSON Schema', () => {
    expect(JSON_SCHEMA.parse(jsonText, []).topLevelFields()).to.include.members(['id', 'never']);
    expect(JSON_SCHEMA.parse('true', []).topLevelFields()).to.deep.equal([]);
    const odd = JSON_SCHEMA.parse('{"properties":{"__proto__":{},"toString":{}}}', []);
    expect(odd.topLevelFields()).to.deep.equal(['__proto__', 'toString']);
  });
  it('is the fields of all Protobuf messages that are not inside another', () => {
    const parsed = PROTOBUF.parse(`${protoText} message Other { int32 n = 1; }`, []);
    expect(parsed.topLevelFields()).to.deep.equal(['id', 'iban', 'n']);
  });
});

describe('Avro defaults', () => {
  const record = (type: unknown, value: unknown) =>
    AVRO.parse(
      JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f', type, default: value }] }),
      [],
    );
  const color = { type: 'enum', name: 'Color', symbols: ['RED'] };
  const pair = {
    type: 'record',
    name: 'P',
    fields: [
      { name: 'a', type: 'int' },
      { name: 'b', type: 'int', default: 1 },
    ],
  };
  const fine: readonly (readonly [type: unknown, value: unknown])[] = [
    ['null', null],
    ['boolean', true],
    ['int', 2 ** 31 - 1],
    ['long', -(2 ** 40)],
    ['double', 1],
    ['float', 0.5],
    ['double', '1'],
    ['string', ''],
    ['bytes', 'ÿ'],
    [{ type: 'fixed', name: 'F', size: 2 }, 'ab'],
    [color, 'RED'],
    [['null', 'int'], 3],
    [{ type: 'array', items: 'int' }, [1]],
    [{ type: 'map', values: 'int' }, { a: 1 }],
    [pair, { a: 1 }],
  ];
  for (const [type, value] of fine) {
    it(`take ${JSON.stringify(value)} for ${JSON.stringify(type)}`, () => {
      expect(record(type, value).findFault('new')).to.equal(undefined);
    });
  }
  const bad: readonly (readonly [type: unknown, value: unknown])[] = [
    ['null', 0],
    ['boolean', 'true'],
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', null],
    ['long', 2 ** 64],
    ['boolean', 1],
    ['string', 1],
    [{ type: 'fixed', name: 'F', size: 2 }, 'a'],
    [color, 'BLUE'],
    [['null', 'int'], 'x'],
    [{ type: 'array', items: 'int' }, [null]],
    [{ type: 'map', values: 'int' }, [1]],
    [pair, { b: 1 }],
    [pair, { a: 1, b: 'x' }],
  ];
  for (const [type, value] of bad) {
    it(`do not take ${JSON.stringify(value)} for ${JSON.stringify(type)}`, () => {
      const words = record(type, value).findFault('new');
      expect(words).to.match(/^\/fields\/0\/default: .* is not a valid default of field "f" of type /);
    });
  }
  it('are looked at in every record of a schema, and recursion ends', () => {
    const text = (value: unknown) =>
      `{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"],"default":${JSON.stringify(value)}}]}`;
    expect(AVRO.parse(text(null), []).findFault('new')).to.equal(undefined);
    expect(AVRO.parse(text({}), []).findFault('new')).to.equal(undefined);
    expect(AVRO.parse(`{"type":"map","values":${text(1)}}`, []).findFault('new')).to.match(
      /^\/values\/fields\/0/,
    );
  });
});
