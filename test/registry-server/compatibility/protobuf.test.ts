import { expect } from 'chai';
import { breaksProtobufReader } from '../../../registry-server/compatibility/change.ts';
import { checkCompatibility } from '../../../registry-server/compatibility/check.ts';
import { protobufChanges } from '../../../registry-server/compatibility/protobuf/table.ts';
import { protobuf } from '../../../registry-server/schema-types/protobuf.ts';
import type { ResolvedReference, SchemaModel } from '../../../registry-server/schema-types/schema-type.ts';
import { cases } from '../../cases/cases.ts';

type Files = Readonly<Record<string, string>>;

const parse = (text: string, files: Files = {}): SchemaModel<never> => {
  const references: ResolvedReference[] = Object.entries(files).map(([name, schema]) => ({
    name,
    subject: name,
    version: 1,
    schema,
  }));
  return protobuf.parse(text, references) as SchemaModel<never>;
};

const changes = (before: SchemaModel<never>, after: SchemaModel<never>): readonly string[] =>
  protobufChanges(before.model, after.model).map(({ kind, path }) => `${kind} ${path}`);

describe('Protobuf changes', () => {
  for (const { title, before, after, changes: expected } of cases('protobuf')) {
    it(title, () => {
      const [old, now] = [parse(String(before)), parse(String(after))];
      expect(changes(old, now)).to.deep.equal(expected);
      // What a descriptor says is what the text says.
      const [oldBytes, nowBytes] = [old, now].map((schema) => parse(schema.formatted('serialized')));
      if (oldBytes && nowBytes) expect(changes(oldBytes, nowBytes)).to.deep.equal(expected);
    });
  }

  it('has a case for every kind of change', () => {
    const found = new Set(
      cases('protobuf').flatMap((one) => (one.changes ?? []).map((line) => line.split(' ')[0])),
    );
    expect([...found]).to.have.members(Object.keys(breaksProtobufReader));
  });

  it('finds nothing between the forms of one schema', () => {
    for (const { before } of cases('protobuf')) {
      const text = parse(String(before));
      for (const other of [text.canonical(), text.normalized(), text.formatted('serialized')]) {
        expect(changes(text, parse(other))).to.deep.equal([]);
      }
    }
  });
});

const importing = (path: string, type = '.shared.Outer.Inner') =>
  `syntax = "proto3"; import "${path}"; message M { ${type} a = 1; }`;
const shared = (field: string, home = 'shared') =>
  `syntax = "proto3"; package ${home}; message Outer { message Inner { ${field} } }`;

describe('Protobuf changes in imported files', () => {
  const one = parse(importing('one.proto'), { 'one.proto': shared('int32 x = 1;') });
  const table: readonly { title: string; after: SchemaModel<never>; expected: readonly string[] }[] = [
    {
      title: 'another file with an equal message is no change',
      after: parse(importing('two.proto'), { 'two.proto': shared('int32 x = 1;') }),
      expected: [],
    },
    {
      title: 'the package of the imported file is no part of the comparison',
      after: parse(importing('one.proto', '.other.Outer.Inner'), {
        'one.proto': shared('int32 x = 1;', 'other'),
      }),
      expected: [],
    },
    {
      title: 'a harmless change in the imported file is one',
      after: parse(importing('one.proto'), { 'one.proto': shared('int64 x = 1; string y = 2;') }),
      expected: ['FIELD_ADDED #/Outer/Inner/2'],
    },
    {
      title: 'a change in the imported file breaks the field that uses it',
      after: parse(importing('one.proto'), { 'one.proto': shared('string x = 1;') }),
      expected: ['FIELD_SCALAR_KIND_CHANGED #/Outer/Inner/1', 'FIELD_NAMED_TYPE_CHANGED #/M/1'],
    },
    {
      title: 'a message that moves out of the import into the file is added',
      after: parse(
        'syntax = "proto3"; message M { Outer.Inner a = 1; } message Outer { message Inner { int32 x = 1; } }',
      ),
      expected: ['MESSAGE_ADDED #/Outer'],
    },
    {
      title: 'a type of another nesting is another type',
      after: parse(importing('one.proto', '.shared.Inner'), {
        'one.proto': 'syntax = "proto3"; package shared; message Inner { int32 x = 1; }',
      }),
      expected: ['FIELD_NAMED_TYPE_CHANGED #/M/1'],
    },
  ];
  for (const { title, after, expected } of table) {
    it(title, () => expect(changes(one, after)).to.deep.equal(expected));
  }

  it('compares two imported messages that hold each other without end', () => {
    const file = (type: string) =>
      `syntax = "proto3"; package p; message A { B b = 1; } message B { A a = 1; ${type} x = 2; }`;
    const using = 'syntax = "proto3"; import "p.proto"; message M { p.A a = 1; p.B b = 2; }';
    const [before, after] = ['int32', 'string'].map((type) => parse(using, { 'p.proto': file(type) }));
    if (!before || !after) throw new Error('not parsed');
    expect(changes(before, before)).to.deep.equal([]);
    expect(changes(before, after))
      .to.include('FIELD_SCALAR_KIND_CHANGED #/B/2')
      .and.include('FIELD_NAMED_TYPE_CHANGED #/M/1');
  });
});

describe('Protobuf comparisons that could double', () => {
  const depth = 40;
  const links = Array.from({ length: depth }, (_, index) => index);
  const chain = (leaf: string, home: string) =>
    `syntax = "proto3"; package ${home}; ${links.map((index) => `message M${index} { M${index + 1} left = 1; M${index + 1} right = 2; oneof o { M${index + 1} a = 3; M${index + 1} b = 4; } map<string, M${index + 1}> c = 5; }`).join(' ')} message M${depth} { ${leaf} x = 1; string y = 2; }`;
  const circle = (leaf: string, home: string) =>
    `syntax = "proto3"; package ${home}; ${links.map((index) => `message M${index} { M${(index + 1) % depth} left = 1; M0 right = 2; M${index} own = 3; ${leaf} x = 4; }`).join(' ')}`;
  const nested = (leaf: string, home: string) =>
    `syntax = "proto3"; package ${home}; ${links
      .slice(0, 20)
      .map(
        (index) =>
          `message M${index} { M${index + 1} left = 1; repeated M${index + 1} right = 2; M0 top = 3;`,
      )
      .join(' ')} message M20 { ${leaf} x = 1; } ${'}'.repeat(20)}`;
  const using = (home: string) =>
    `syntax = "proto3"; import "${home}.proto"; message R { ${home}.M0 a = 1; ${home}.M0 b = 2; }`;
  for (const [title, file] of Object.entries({ chain, circle, nested })) {
    for (const leaf of ['string', 'int64']) {
      it(`cost no more than what they compare: a ${title}, ${leaf} where there was int32`, () => {
        const [before, after] = [
          parse(using('one'), { 'one.proto': file('int32', 'one') }),
          parse(using('two'), { 'two.proto': file(leaf, 'two') }),
        ];
        const found = protobufChanges(before.model, after.model, 3_000);
        expect(found.length).to.be.below(50 * depth);
        expect(found.length > 0).to.equal(leaf === 'string');
      });
      it(`cost no more than what they compare in one file: a ${title}, ${leaf} where there was int32`, () => {
        const [before, after] = [parse(file('int32', 'p')), parse(file(leaf, 'p'))];
        const found = protobufChanges(before.model, after.model, 3_000);
        expect(found.length).to.be.below(50 * depth);
      });
    }
  }

  it('end where they cost too much, and are incompatible then', () => {
    const fields = (type: string) =>
      `syntax = "proto3"; message M { ${Array.from({ length: 20_000 }, (_, index) => `${type} f${index} = ${index + 1 + (index >= 18_998 ? 1_002 : 0)};`).join(' ')} }`;
    const [before, after] = [parse(fields('int32')), parse(fields('string'))];
    expect(() => protobuf.incompatibilities(after, before, { maxSteps: 5_000 })).to.throw(RangeError);
    const lines = checkCompatibility(protobuf, { compatibility: 'BACKWARD' }, after, [
      { version: 1, schema: before },
    ]);
    expect(lines).to.have.lengthOf.below(110);
  });
});

describe('Protobuf in verbose answers', () => {
  const m = (fields: string) => parse(`syntax = "proto3"; message M { ${fields} }`);

  it('names the rule, the path and both sides', () => {
    const [line] = checkCompatibility(protobuf, { compatibility: 'BACKWARD' }, m('string a = 1;'), [
      { version: 1, schema: m('int32 a = 1;') },
    ]);
    expect(line).to.match(
      /^\{errorType:"FIELD_SCALAR_KIND_CHANGED", description:".*'#\/M\/1'.* new schema .* old schema"\}$/,
    );
  });

  it('lets a field go one way only where the rules say so', () => {
    const [one, two] = [m('oneof o { string a = 1; }'), m('oneof o { string a = 1; string b = 2; }')];
    const check = (level: 'BACKWARD' | 'FORWARD' | 'FULL') =>
      checkCompatibility(protobuf, { compatibility: level }, two, [{ version: 1, schema: one }]).length;
    expect([check('BACKWARD'), check('FORWARD') > 0, check('FULL') > 0]).to.deep.equal([0, true, true]);
  });
});

describe('Protobuf comparison of random schemas', () => {
  it('agrees with itself: a schema reads itself, and FULL is both directions', () => {
    const next = randomFrom(11);
    for (let round = 0; round < 200; round++) {
      const [before, after] = [randomFile(next), randomFile(next)].map((text) => parse(text));
      if (!before || !after) throw new Error('not parsed');
      expect(changes(before, before)).to.deep.equal([]);
      const history = [{ version: 1, schema: before }];
      const count = (level: 'BACKWARD' | 'FORWARD' | 'FULL') =>
        checkCompatibility(protobuf, { compatibility: level }, after, history).length;
      const fits = count('BACKWARD') === 0 && count('FORWARD') === 0;
      expect(count('FULL') === 0, `${before.canonical()}\n${after.canonical()}`).to.equal(fits);
    }
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

function randomFile(next: (below: number) => number): string {
  const types = ['int32', 'uint64', 'string', 'bytes', 'N', 'E', 'map<string, N>', 'double'];
  const field = (number: number) => {
    const type = types[next(types.length)] as string;
    const label = type.startsWith('map') || next(3) > 0 ? '' : 'repeated ';
    return `${label}${type} f${number} = ${number};`;
  };
  const plain = [1, 2, 3, 4].filter(() => next(4) > 0).map(field);
  const inside = [5, 6].filter(() => next(3) > 0).map((number) => `int32 f${number} = ${number};`);
  const oneof = inside.length > 0 && next(2) > 0 ? `oneof o { ${inside.join(' ')} }` : inside.join(' ');
  return `syntax = "proto3"; message M { ${plain.join(' ')} ${oneof} }
    message N { ${next(2) > 0 ? 'int32' : 'int64'} x = 1; M back = 2; } enum E { ZERO = 0; ONE = 1; }`;
}
