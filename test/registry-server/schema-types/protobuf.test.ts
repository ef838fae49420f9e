import { expect } from 'chai';
import protobufjs from 'protobufjs';
import { InvalidSchema } from '../../../registry-server/schema-types/invalid-schema.ts';
import { knownImports } from '../../../registry-server/schema-types/protobuf/imports.ts';
import { protobuf } from '../../../registry-server/schema-types/protobuf.ts';
import { cases } from '../../cases/cases.ts';

const references = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(([name, schema]) => ({ name, subject: name, version: 1, schema }));
const parse = (text: string, files: Readonly<Record<string, string>> = {}) =>
  protobuf.parse(text, references(files));
/** As a registration does it. */
const accept = (text: string, files: Readonly<Record<string, string>> = {}, isStrict = false) => {
  const parsed = parse(text, files);
  const fault = parsed.findFault('always', isStrict);
  if (fault !== undefined) throw new InvalidSchema(fault);
  return parsed;
};
const canonical = (text: string): string => parse(text).canonical();
/** As a descriptor of it is shown: it holds no order of options, no spelling of names and values. */
const resolved = (text: string): string => parse(parse(text).formatted('serialized')).canonical();
const lines = (...all: string[]): string => `${all.join('\n')}\n`;

/** One text with nearly everything in it, printed as it should be. */
const everything = lines(
  'syntax = "proto2";',
  'package acme.v1;',
  '',
  'import "google/protobuf/descriptor.proto";',
  'import "confluent/meta.proto";',
  'import public "google/protobuf/timestamp.proto";',
  '',
  'option java_package = "com.acme";',
  'option optimize_for = CODE_SIZE;',
  'option java_multiple_files = true;',
  'option (confluent.file_meta) = {',
  '  doc: "an \\"order\\"",',
  '  params: [',
  '    {',
  '      key: "k",',
  '      value: "v"',
  '    }',
  '  ],',
  '  tags: [',
  '    "PII",',
  '    "B"',
  '  ]',
  '};',
  '',
  'message Order {',
  '  reserved 4, 10 to 20, 536870000 to max;',
  '  reserved "gone", "old";',
  '',
  '  option deprecated = true;',
  '',
  '  required string id = 1 [',
  '    (note) = "n",',
  '    (weights) = 0.5,',
  '    (weights) = -inf,',
  '    default = "it\\\'s",',
  '    json_name = "ID"',
  '  ];',
  '  optional bytes raw = 2 [default = "\\001a\\377"];',
  '  repeated int32 counts = 3 [packed = true];',
  '  optional double rate = 5 [default = 1e+100];',
  '  optional Kind kind = 6 [default = OTHER];',
  '  map<string, Line> lines = 7;',
  '  optional group Extra = 8 {',
  '    optional int32 x = 1;',
  '  }',
  '  optional google.protobuf.Timestamp at = 9;',
  '',
  '  oneof choice {',
  '    option (once) = true;',
  '',
  '    Line line = 30;',
  '    string text = 31;',
  '  }',
  '',
  '  extensions 100 to 199;',
  '  extensions 500 to 536869999 [verification = UNVERIFIED];',
  '',
  '  extend Order {',
  '    optional int32 inside = 101;',
  '  }',
  '',
  '  message Line {',
  '    optional Kind kind = 1;',
  '    optional Line next = 2;',
  '  }',
  '  enum Kind {',
  '    reserved -5, 7 to max;',
  '    reserved "NEVER";',
  '    option allow_alias = true;',
  '    NONE = 0;',
  '    OTHER = 1;',
  '    ELSE = 1 [deprecated = true];',
  '    MINUS = -1;',
  '  }',
  '}',
  '',
  'extend google.protobuf.FieldOptions {',
  '  optional string note = 50001;',
  '  repeated float weights = 50002;',
  '}',
  'extend Order {',
  '  repeated Order.Line more = 100;',
  '}',
  'extend google.protobuf.OneofOptions {',
  '  optional bool once = 50003;',
  '}',
  '',
  'service Orders {',
  '  option deprecated = false;',
  '',
  '  rpc Get (Order) returns (stream Order.Line) {',
  '    option idempotency_level = NO_SIDE_EFFECTS;',
  '  };',
  '  rpc Put (stream Order) returns (Order);',
  '}',
);

describe('Protobuf canonical text', () => {
  it('keeps everything that a descriptor holds, in the layout of the reference', () => {
    // The reference indents empty lines inside of messages.
    const expected = everything.replace(/(?<=choice \{\n {4}option \(once\) = true;\n)\n/, '  \n');
    expect(resolved(everything)).to.equal(expected);
    const [head, group, rest] = expected.split(/( {2}optional group Extra = 8 \{\n.*?\n {2}\}\n)/s);
    const written = `${head}${rest?.replace('\n  extensions 100', `\n${group}\n  extensions 100`)}`;
    expect(canonical(everything)).to.equal(written);
  });

  const table: readonly { title: string; text: string; printed: string }[] = [
    {
      title: 'drops comments and whitespace',
      text: '// c\nsyntax="proto3";/* d\n*/message M{string a=1;;}\n// e',
      printed: lines('syntax = "proto3";', '', 'message M {', '  string a = 1;', '}'),
    },
    {
      title: 'says proto2 where the text says nothing',
      text: 'message M { optional string a = 0x10; }',
      printed: lines('syntax = "proto2";', '', 'message M {', '  optional string a = 16;', '}'),
    },
    {
      title: 'joins strings and spells escapes in one way',
      text: `syntax = 'proto3'; option go_package = 'a' "\\x62\\143" "\\u00e9\\t";`,
      printed: lines('syntax = "proto3";', '', 'option go_package = "abcé\\t";'),
    },
    {
      title: 'names types by the shortest name that is right',
      text: 'syntax = "proto3"; package a.b; message M { .a.b.M.N x = 1; b.M.N y = 2; message N { M m = 1; M.N n = 2; } }',
      printed: lines(
        'syntax = "proto3";',
        'package a.b;',
        '',
        'message M {',
        '  N x = 1;',
        '  N y = 2;',
        '',
        '  message N {',
        '    M m = 1;',
        '    N n = 2;',
        '  }',
        '}',
      ),
    },
    {
      title: 'writes a name in full where a shorter one means another type',
      text: 'syntax = "proto3"; message T {} message M { message T {} .T a = 1; M.T b = 2; string T2 = 3; }',
      printed: lines(
        'syntax = "proto3";',
        '',
        'message T {}',
        'message M {',
        '  .T a = 1;',
        '  T b = 2;',
        '  string T2 = 3;',
        '',
        '  message T {}',
        '}',
      ),
    },
    {
      title: 'puts messages before enums, and fields before oneofs',
      text: 'syntax = "proto3"; enum E { Z = 0; } message M { oneof o { string a = 1; } string b = 2; }',
      printed: lines(
        'syntax = "proto3";',
        '',
        'message M {',
        '  string b = 2;',
        '',
        '  oneof o {',
        '    string a = 1;',
        '  }',
        '}',
        'enum E {',
        '  Z = 0;',
        '}',
      ),
    },
    {
      title: 'drops a json_name that follows from the name anyway',
      text: 'syntax = "proto3"; message M { string a_b = 1 [json_name = "aB"]; string c = 2 [json_name = "d"]; }',
      printed: lines(
        'syntax = "proto3";',
        '',
        'message M {',
        '  string a_b = 1;',
        '  string c = 2 [json_name = "d"];',
        '}',
      ),
    },
    {
      title: 'reads editions',
      text: 'edition = "2023"; option features.field_presence = IMPLICIT; message M { reserved gone; string a = 1 [features = { field_presence: LEGACY_REQUIRED }]; }',
      printed: lines(
        'edition = "2023";',
        '',
        'option features.field_presence = IMPLICIT;',
        '',
        'message M {',
        '  reserved gone;',
        '',
        '  string a = 1 [features.field_presence = LEGACY_REQUIRED];',
        '}',
      ),
    },
    {
      title: 'merges what is set in one custom option',
      text: 'syntax = "proto3"; import "confluent/meta.proto"; message M { string a = 1 [(confluent.field_meta).doc = "d", (.confluent.field_meta).tags = "t"]; }',
      printed: lines(
        'syntax = "proto3";',
        '',
        'import "confluent/meta.proto";',
        '',
        'message M {',
        '  string a = 1 [(confluent.field_meta) = {',
        '    doc: "d",',
        '    tags: [',
        '      "t"',
        '    ]',
        '  }];',
        '}',
      ),
    },
    {
      title: 'takes names of members of every object',
      text: 'syntax = "proto3"; message __proto__ { constructor toString = 1; enum valueOf { hasOwnProperty = 0; } } message constructor { string __proto__ = 1; }',
      printed: lines(
        'syntax = "proto3";',
        '',
        'message __proto__ {',
        '  constructor toString = 1;',
        '',
        '  enum valueOf {',
        '    hasOwnProperty = 0;',
        '  }',
        '}',
        'message constructor {',
        '  string __proto__ = 1;',
        '}',
      ),
    },
    {
      title: 'takes keywords for names',
      text: 'syntax = "proto3"; message message { string string = 1; .message option = 2; int32 syntax = 3; } message reserved { .message a = 1; }',
      printed: lines(
        'syntax = "proto3";',
        '',
        'message message {',
        '  string string = 1;',
        '  .message option = 2;',
        '  int32 syntax = 3;',
        '}',
        'message reserved {',
        '  .message a = 1;',
        '}',
      ),
    },
  ];
  for (const { title, text, printed } of table) {
    it(`of a descriptor ${title}`, () => {
      expect(resolved(text)).to.equal(printed);
      expect(canonical(printed)).to.equal(printed);
      expect(canonical(canonical(text))).to.equal(canonical(text));
    });
  }

  const written: readonly (readonly [title: string, text: string, printed: string])[] = [
    [
      'the order of options',
      'option java_package = "j"; option go_package = "g"; option java_multiple_files = true;',
      'option java_package = "j";\noption go_package = "g";\noption java_multiple_files = true;\n',
    ],
    [
      'names of types',
      'package a.b; message M { .a.b.M.N x = 1; b.M.N y = 2; message N {} }',
      '  .a.b.M.N x = 1;\n  b.M.N y = 2;\n',
    ],
    ['a json_name', 'message M { string a_b = 1 [json_name = "aB"]; }', 'a_b = 1 [json_name = "aB"];'],
    [
      'statements of reserved numbers and names',
      'message M { reserved 5, 1 to 3; reserved "b"; reserved 9; reserved "a", "c"; }',
      '  reserved 5, 1 to 3;\n  reserved "b";\n  reserved 9;\n  reserved "a", "c";\n',
    ],
    [
      'a value that is set by its path',
      'import "confluent/meta.proto"; message M { option (confluent.message_meta).doc = "d"; }',
      '  option (confluent.message_meta).doc = "d";\n',
    ],
    [
      'numbers',
      'enum E { Z = 0; H = 0x10; } message M { string a = 0x2 [(x) = 0x1F]; }',
      '  string a = 2 [(x) = 0x1F];',
    ],
    [
      'blocks of extensions',
      'import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { string b = 50002; } extend .google.protobuf.FieldOptions { string a = 50001; }',
      '}\nextend .google.protobuf.FieldOptions {\n',
    ],
  ];
  for (const [title, text, printed] of written) {
    it(`keeps ${title} as it was written`, () => {
      const shown = canonical(`syntax = "proto3"; ${text}`);
      expect(shown).to.contain(printed);
      expect(canonical(shown)).to.equal(shown);
      expect(parse(shown).normalized()).to.equal(parse(`syntax = "proto3"; ${text}`).normalized());
    });
  }

  it('says no syntax where the text says none', () => {
    expect(canonical('message M { optional string a = 1; }')).to.equal(
      '\nmessage M {\n  optional string a = 1;\n}\n',
    );
    expect(parse('syntax = "proto2"; message M {}').normalized()).to.equal('\nmessage M {}\n');
  });

  it('is its own canonical text, and the normalized text its own normalized text', () => {
    for (const text of [everything, ...cases('protobuf').flatMap(({ before, after }) => [before, after])]) {
      const schema = parse(String(text));
      expect(canonical(schema.canonical())).to.equal(schema.canonical());
      expect(parse(schema.normalized()).normalized()).to.equal(schema.normalized());
    }
  });
});

describe('Protobuf descriptors', () => {
  it('are the same content as the text', () => {
    for (const text of [everything, ...cases('protobuf').flatMap(({ before, after }) => [before, after])]) {
      const schema = parse(String(text));
      const again = parse(schema.formatted('serialized'));
      expect(again.normalized()).to.equal(schema.normalized());
      expect(again.formatted('serialized')).to.equal(schema.formatted('serialized'));
    }
  });

  it('are read by another implementation as the same types', () => {
    const schema = parse(everything);
    const set = descriptorType();
    const file = set.decode(Buffer.from(schema.formatted('serialized'), 'base64')).toJSON();
    expect(file).to.include({ package: 'acme.v1' });
    expect(file.publicDependency).to.deep.equal([2]);
    const [order] = file.messageType as { name: string; field: { name: string }[]; nestedType: object[] }[];
    expect(order?.field.map(({ name }) => name)).to.deep.equal(
      'id raw counts rate kind lines extra at line text'.split(' '),
    );
    expect(order?.nestedType).to.deep.include({
      name: 'LinesEntry',
      field: [
        { name: 'key', number: 1, label: 'LABEL_OPTIONAL', type: 'TYPE_STRING' },
        {
          name: 'value',
          number: 2,
          label: 'LABEL_OPTIONAL',
          type: 'TYPE_MESSAGE',
          typeName: '.acme.v1.Order.Line',
        },
      ],
      options: { mapEntry: true },
    });
  });

  it('hold a oneof for each proto3 optional field, after the written ones', () => {
    const text =
      'syntax = "proto3"; message M { optional int32 a = 1; oneof o { string b = 2; } optional M _a = 3; }';
    const bytes = Buffer.from(parse(text).formatted('serialized'), 'base64');
    const [message] = descriptorType().decode(bytes).toJSON().messageType;
    expect(message.oneofDecl).to.deep.equal([{ name: 'o' }, { name: 'X_a' }, { name: 'XX_a' }]);
    expect(message.field.map(({ oneofIndex }: { oneofIndex: number }) => oneofIndex)).to.deep.equal([
      1, 2, 0,
    ]);
  });

  it('may carry a name, source positions and unknown options, which are no content', () => {
    const type = descriptorType();
    const text = 'syntax = "proto3"; message M { string a = 1; }';
    const plain = type.decode(Buffer.from(parse(text).formatted('serialized'), 'base64')).toJSON();
    const rich = {
      ...plain,
      name: 'dir/m.proto',
      sourceCodeInfo: { location: [{ path: [4], span: [0, 1, 2] }] },
    };
    const bytes = Buffer.concat([
      type.encode(type.fromObject(rich)).finish(),
      // Field 8, options: field 99999 of them.
      Buffer.from([0x42, 0x04, 0xf8, 0xe9, 0x30, 0x01]),
    ]);
    expect(parse(bytes.toString('base64')).canonical()).to.equal(canonical(text));
    expect(parse(bytes.toString('base64url')).canonical()).to.equal(canonical(text));
  });

  const refused: readonly { title: string; bytes: readonly number[]; words: string }[] = [
    {
      title: 'no descriptor',
      bytes: [...Buffer.from('hello, world')],
      words: 'neither a .proto file nor base64',
    },
    {
      title: 'a length beyond the end',
      bytes: [0x22, 0x7f, 0x0a],
      words: 'neither a .proto file nor base64',
    },
    { title: 'an unknown syntax', bytes: [0x62, 0x01, 0x78], words: 'syntax "x"' },
    {
      title: 'a message without a name',
      bytes: [0x22, 0x00, 0x62, 0x06, ...Buffer.from('proto3')],
      words: 'is not a name',
    },
    { title: 'text that is not UTF-8', bytes: [0x12, 0x02, 0xc3, 0x28], words: 'UTF-8' },
  ];
  for (const { title, bytes, words } of refused) {
    it(`refuse ${title}`, () => {
      expect(() => parse(Buffer.from(bytes).toString('base64'))).to.throw(InvalidSchema, words);
    });
  }

  it('are refused when cut off anywhere, never with another error', () => {
    const bytes = Buffer.from(parse(everything).formatted('serialized'), 'base64');
    for (let end = 1; end < bytes.length; end += 3) {
      try {
        parse(bytes.subarray(0, end).toString('base64'));
      } catch (error) {
        expect(error).to.be.instanceOf(InvalidSchema);
      }
    }
  });
});

describe('Protobuf normalized text', () => {
  it('is the same for another order of fields, imports, options and values', () => {
    const one =
      parse(`syntax = "proto3"; package p; import "google/type/date.proto"; import "google/protobuf/any.proto";
      option java_package = "j"; option go_package = "g";
      message M { reserved 9, 8; int32 b = 2; oneof o { string d = 4; string c = 3; } google.type.Date a = 1 [deprecated = true, ctype = CORD]; }
      enum E { Z = 0; B = 2; A = 1; }`);
    const two =
      parse(`syntax = "proto3"; package p; import "google/protobuf/any.proto"; import "google/type/date.proto";
      option go_package = "g"; option java_package = "j";
      message M { reserved 8; .google.type.Date a = 1 [ctype = CORD, deprecated = true]; oneof o { string c = 3; string d = 4; } int32 b = 2; reserved 9; }
      enum E { Z = 0; A = 1; B = 2; }`);
    expect(two.canonical()).not.to.equal(one.canonical());
    expect(two.normalized()).to.equal(one.normalized());
    expect(one.normalized())
      .to.contain('  .google.type.Date a = 1 [\n')
      .and.to.contain('  reserved 8;\n  reserved 9;');
  });

  it('keeps the first value of an enum the first, which is its default', () => {
    const text = 'syntax = "proto3"; enum E { Z = 0; P = 1; N = -1; }';
    expect(parse(text).normalized()).to.match(/Z = 0;\n {2}N = -1;\n {2}P = 1;/);
  });

  it('keeps the order of messages, on which indexes on the wire depend', () => {
    const text = 'syntax = "proto3"; message B { message Y {} message X {} } message A {}';
    expect(parse(text).normalized()).to.match(/message B .*message Y .*message X .*message A /s);
  });
});

describe('Protobuf without extensions', () => {
  it('has neither extend blocks nor custom options', () => {
    const text = parse(everything).formatted('ignore_extensions');
    expect(text).not.to.match(/extend |extensions |\((note|weights|once)/);
    expect(text).to.contain('(confluent.file_meta)');
    expect(text).to.contain('option java_package').and.to.contain('json_name = "ID"');
    expect(parse(text).formatted('ignore_extensions')).to.equal(text);
  });
});

describe('Protobuf imports', () => {
  it('knows the files that need no reference', () => {
    expect(knownImports).to.include.members([
      'google/protobuf/descriptor.proto',
      'google/protobuf/any.proto',
      'google/type/timeofday.proto',
      'confluent/meta.proto',
      'confluent/type/decimal.proto',
      'confluent/type/variant.proto',
    ]);
    for (const path of knownImports)
      expect(canonical(`syntax = "proto3"; import "${path}";`)).to.contain(path);
    const decimal =
      'syntax = "proto3"; import "confluent/types/decimal.proto"; message M { confluent.type.Decimal a = 1; }';
    expect(canonical(decimal)).to.contain('confluent.type.Decimal a = 1;');
  });

  const base = 'syntax = "proto3"; package base; message B {}';
  const passing = (kind: string) => `syntax = "proto3"; import ${kind} "base.proto"; message P {}`;
  const using = 'syntax = "proto3"; import "mid.proto"; message M { base.B b = 1; }';

  it('pass on what they import publicly', () => {
    const files = { 'base.proto': base, 'mid.proto': passing('public') };
    expect(accept(using, files, true).canonical()).to.contain('base.B b');
  });

  it('find a type in any file that is given, and the descriptor imports that file', () => {
    const files = { 'base.proto': base, 'mid.proto': passing('') };
    expect(accept(using, files).canonical()).to.contain('base.B b');
    expect(() => accept(using, files, true)).to.throw(
      '"base.B" is defined in "base.proto", which is not imported',
    );
    const bytes = Buffer.from(parse(using, files).formatted('serialized'), 'base64');
    expect(descriptorType().decode(bytes).toJSON()).to.deep.include({
      dependency: ['mid.proto', 'base.proto'],
    });
  });

  it('may be descriptors', () => {
    const files = { 'base.proto': parse(base).formatted('serialized') };
    const text = 'syntax = "proto3"; import "base.proto"; message M { base.B b = 1; }';
    expect(parse(text, files).canonical()).to.contain('base.B b = 1;');
  });

  const strict: readonly { title: string; text: string; files?: Record<string, string>; words: string }[] = [
    {
      title: 'of a file that no reference names, where nothing is taken from it',
      text: 'syntax = "proto3";\nimport "a.proto";',
      words: 'line 2, column 1: nothing is known of the import "a.proto"',
    },
    {
      title: 'of each other',
      text: 'syntax = "proto3"; import "a.proto";',
      files: { 'a.proto': 'import "b.proto";', 'b.proto': 'import "a.proto";' },
      words: 'in "b.proto": line 1, column 1: nothing is known of the import "a.proto"',
    },
    {
      title: 'of a file that is wrong',
      text: 'syntax = "proto3"; import "a.proto";',
      files: { 'a.proto': 'message M { optional X a = 1; }' },
      words: 'in "a.proto": line 1, column 24: the type "X"',
    },
    {
      title: 'twice',
      text: 'syntax = "proto3"; import "google/protobuf/any.proto"; import "google/protobuf/any.proto";',
      words: 'imported twice',
    },
    {
      title: 'that a well-known type does without',
      text: 'syntax = "proto3"; message M { google.protobuf.Timestamp at = 1; }',
      words:
        '"google.protobuf.Timestamp" is defined in "google/protobuf/timestamp.proto", which is not imported',
    },
  ];
  for (const { title, text, files, words } of strict) {
    it(`are taken, but by a strict look not: ${title}`, () => {
      const { canonical, formatted } = accept(text, files);
      expect(parse(canonical(), files).canonical()).to.equal(canonical());
      expect(parse(formatted('serialized'), files).findFault('always')).to.equal(undefined);
      expect(() => accept(text, files, true)).to.throw(InvalidSchema, words);
    });
  }

  const refused: readonly { title: string; text: string; files?: Record<string, string>; words: string }[] = [
    {
      title: 'of a file that no reference names, where a type is taken from it',
      text: 'syntax = "proto3"; import "a.proto"; message M { a.A a = 1; }',
      words:
        'the type "a.A" is not defined here nor in an imported file; nothing is known of the import "a.proto"',
    },
    {
      title: 'of a name that the file defines itself',
      text: 'syntax = "proto3"; package base; import "a.proto"; message B {}',
      files: { 'a.proto': base },
      words: '"base.B" is defined twice',
    },
  ];
  for (const { title, text, files, words } of refused) {
    it(`are refused: ${title}`, () => expect(() => accept(text, files)).to.throw(InvalidSchema, words));
  }
});

describe('Protobuf errors', () => {
  const p3 = (body: string) => `syntax = "proto3"; ${body}`;
  const m = (body: string) => p3(`message M { ${body} }`);
  const table: readonly (readonly [title: string, text: string, words: string])[] = [
    [
      'a missing semicolon',
      'syntax = "proto3";\nmessage M {\n  string a = 1\n}',
      'line 4, column 1: expected ";"',
    ],
    ['an open message', m('').slice(0, -1), 'found the end of the text'],
    ['an open string', 'syntax = "proto3', 'line 1, column 10: the string does not end'],
    ['an open comment', `${m('')} /* x`, 'the comment does not end'],
    ['an unknown escape', 'syntax = "\\q";', 'escape'],
    ['an unknown syntax', 'syntax = "proto4";', 'write "proto2" or "proto3"'],
    ['an unknown edition', 'edition = "1999";', 'write "2023" or "2024"'],
    ['anything else', 'hello world!', 'expected message, enum'],
    ['a syntax that comes late', 'package a; syntax = "proto3";', 'expected message, enum'],
    ['two packages', p3('package a; package b;'), 'two packages'],
    ['an unknown type', m('Nope a = 1;'), 'the type "Nope" is not defined'],
    ['a field of a package', p3('package a.b; message M { a.b x = 1; }'), 'the type "a.b" is not defined'],
    ['an rpc of an enum', p3('enum E { Z = 0; } service S { rpc X (E) returns (E); }'), 'the message "E"'],
    ['number 0', m('string a = 0;'), 'the numbers are 1 to 536870911'],
    ['a negative number', m('string a = -1;'), 'the numbers are 1 to 536870911'],
    ['a number that is too big', m('string a = 536870912;'), 'the numbers are 1 to 536870911'],
    ['a number beyond all', m(`string a = ${'9'.repeat(400)};`), 'the number is too large'],
    ['number 19000', m('string a = 19000;'), '19000 to 19999 are kept'],
    ['number 19999', m('string a = 19999;'), '19000 to 19999 are kept'],
    ['a number used twice', m('string a = 1; string b = 1;'), 'which field "a" has already'],
    ['a number used twice, once in a oneof', m('string a = 1; oneof o { string b = 1; }'), 'has already'],
    ['a name used twice', m('string a = 1; string a = 2;'), '"M.a" is defined twice'],
    [
      'a field and a oneof of one name',
      m('string a = 1; oneof a { string b = 2; }'),
      '"M.a" is defined twice',
    ],
    ['two messages of one name', p3('message M {} message M {}'), '"M" is defined twice'],
    ['a message and an enum of one name', p3('message M {} enum M { Z = 0; }'), '"M" is defined twice'],
    ['values of two enums of one name', p3('enum E { Z = 0; } enum F { Z = 0; }'), '"Z" is defined twice'],
    [
      'a message named like the entry of a map',
      m('map<string, int32> a = 1; message AEntry {}'),
      'defined twice',
    ],
    ['a reserved number', m('reserved 1, 5 to 9; string a = 7;'), 'the number 7, which is reserved'],
    ['a reserved name', m('reserved "a"; string a = 1;'), 'a name that is reserved'],
    ['ranges that overlap', m('reserved 1 to 5, 5;'), 'two ranges'],
    ['a range from high to low', m('reserved 5 to 1;'), '5 to 1 is not a range'],
    ['a required field', m('required string a = 1;'), 'proto2 alone allows'],
    ['a field without a label', 'message M { string a = 1; }', 'needs a label in proto2'],
    ['a default in proto3', m('string a = 1 [default = "x"];'), 'proto3 does not allow'],
    ['a group in proto3', m('optional group G = 1 {}'), 'proto2 only'],
    ['extension ranges in proto3', m('extensions 100 to 200;'), 'proto3 does not allow'],
    ['a label in an edition', 'edition = "2023"; message M { optional string a = 1; }', 'field_presence'],
    ['a label in a oneof', m('oneof o { repeated string a = 1; }'), 'may not be repeated'],
    ['a oneof without fields', m('oneof o {}'), 'has no field'],
    ['a map with a label', m('repeated map<string, string> a = 1;'), 'a map and has no label'],
    ['a map in a oneof', m('oneof o { map<string, string> a = 1; }'), 'no part of a oneof'],
    ['keys that are no keys', m('map<double, string> a = 1;'), 'keys of a map'],
    ['an enum without values', p3('enum E {}'), 'has no value'],
    ['an enum that does not begin with 0', p3('enum E { A = 1; }'), 'is 0 in proto3'],
    ['an alias that is not allowed', p3('enum E { A = 0; B = 0; }'), 'allow_alias'],
    ['a value beyond 32 bits', p3('enum E { A = 0; B = 2147483648; }'), '32 bits'],
    ['a reserved value', p3('enum E { reserved 2; A = 0; B = 2; }'), 'which is reserved'],
    [
      'a default of the wrong type',
      'message M { optional int32 a = 1 [default = "x"]; }',
      'not of type int32',
    ],
    [
      'a default that does not fit',
      'message M { optional uint32 a = 1 [default = -1]; }',
      'not of type uint32',
    ],
    [
      'a default that no enum has',
      'enum E { A = 0; } message M { optional E a = 1 [default = B]; }',
      'no value of E',
    ],
    [
      'an extension of a closed message',
      'message M {} extend M { optional int32 a = 1; }',
      'does not leave the number 1',
    ],
    ['an extension of a message in proto3', p3('message M {} extend M { int32 a = 1; }'), 'options only'],
    [
      'an extension within a field',
      'message M { extensions 1 to 5; optional int32 a = 3; }',
      'left to extensions',
    ],
    [
      'two extensions of one number',
      'message M { extensions 1 to 5; } extend M { optional int32 a = 1; optional int32 b = 1; }',
      'another one has already',
    ],
    ['a name without end', `message ${'M'.repeat(600)} {}`, 'more than 512 characters'],
    ['a package without end', `package ${'a.'.repeat(100)}a;`, 'more than 32 parts'],
    ['messages nested without end', 'message A {'.repeat(10_000), 'deeper than 32 levels'],
    ['options nested without end', p3(`option (x) = ${'{a: '.repeat(10_000)}`), 'deeper than 32 levels'],
  ];
  for (const [title, text, words] of table) {
    it(`refuses ${title}`, () => {
      expect(() => accept(text)).to.throw(InvalidSchema, words);
      expect(() => accept(text, {}, true)).to.throw(InvalidSchema, words);
    });

    it(`shows what another registry took for a schema: ${title}`, () => {
      let shown: string;
      try {
        shown = canonical(text);
      } catch (error) {
        // Not of the grammar, or beyond a limit.
        expect(error).to.be.instanceOf(InvalidSchema).and.to.have.property('message').that.contains(words);
        return;
      }
      expect(canonical(shown)).to.equal(shown);
      expect(parse(shown).findFault('always')).to.be.a('string');
    });
  }

  it('refuses any text that is cut off or mutilated with no other error', () => {
    for (let at = 0; at < everything.length; at += 7) {
      for (const text of [everything.slice(0, at), everything.slice(0, at) + everything.slice(at + 5)]) {
        try {
          parse(text);
        } catch (error) {
          expect(error, text.slice(at - 20, at + 20)).to.be.instanceOf(InvalidSchema);
        }
      }
    }
  });
});

describe('Protobuf maps that are written out', () => {
  const p3 = (body: string) => `syntax = "proto3"; package a; ${body}`;
  const entry = (name: string, key: string, value: string) =>
    `message ${name} { option map_entry = true; ${key} key = 1; ${value} value = 2; }`;
  const table: readonly (readonly [title: string, written: string, short: string])[] = [
    [
      'in their message',
      `message P { string id = 1; repeated P.TagsEntry tags = 10; ${entry('TagsEntry', 'string', 'string')} }`,
      'message P { string id = 1; map<string, string> tags = 10; }',
    ],
    [
      'with messages and enums for values, which the entry sees from inside',
      `message P { repeated FooBarEntry foo_bar = 1; ${entry('FooBarEntry', 'int32', 'N')} repeated EsEntry es = 2; ${entry('EsEntry', 'bool', '.a.E')} message N {} } enum E { Z = 0; }`,
      'message P { map<int32, N> foo_bar = 1; map<bool, E> es = 2; message N {} } enum E { Z = 0; }',
    ],
    [
      'under a name of their own, for several fields',
      `message P { repeated Pair x = 1; Pair y = 2; ${entry('Pair', 'string', 'P')} }`,
      'message P { map<string, P> x = 1; map<string, P> y = 2; }',
    ],
    [
      'outside of the message',
      `message P { repeated Pair x = 1; } ${entry('Pair', 'string', 'int64')}`,
      'message P { map<string, int64> x = 1; }',
    ],
  ];
  for (const [title, written, short] of table) {
    it(`are maps: ${title}`, () => {
      const [long, brief] = [accept(p3(written)), accept(p3(short))];
      expect(long.canonical()).to.equal(brief.canonical());
      expect(long.normalized()).to.equal(brief.normalized());
      expect(long.formatted('serialized')).to.equal(brief.formatted('serialized'));
      expect(protobuf.incompatibilities(long, brief)).to.deep.equal([]);
      expect(protobuf.incompatibilities(brief, long)).to.deep.equal([]);
      expect(() => accept(p3(written), {}, true)).to.throw('which only compilers do; write map<…>');
      expect(accept(p3(short), {}, true).canonical()).to.equal(brief.canonical());
    });
  }

  it('stay messages where they are used for something else, too', () => {
    const text = p3(`message P { repeated E x = 1; oneof o { E y = 2; } ${entry('E', 'string', 'P')} }`);
    const { canonical: shown } = accept(text);
    expect(shown())
      .to.contain('map<string, P> x = 1;')
      .and.contain('E y = 2;')
      .and.contain('map_entry = true');
    expect(canonical(shown())).to.equal(shown());
  });

  it('are maps in a file that imports the entry', () => {
    const files = { 'e.proto': p3(entry('Pair', 'string', 'int32')) };
    const text = p3('import "e.proto"; message P { repeated Pair x = 1; }');
    expect(parse(text, files).canonical()).to.contain('map<string, int32> x = 1;');
  });

  it('are no maps without a key or a value', () => {
    const text = p3('message P { repeated E x = 1; message E { option map_entry = true; string key = 1; } }');
    expect(canonical(text)).to.contain('repeated E x = 1;');
  });
});

describe('Protobuf option values', () => {
  const head = `syntax = "proto2"; import "google/protobuf/descriptor.proto"; import "google/protobuf/any.proto";
    enum E { Z = 0; ONE = 1; NEG = -1; }
    message Opt {
      optional E e = 1; repeated E r = 2; map<string, E> m = 3; optional bool b = 4; optional google.protobuf.Any any = 5;
      optional bytes y = 6; optional float f = 7; optional double d = 8; optional int32 i = 9; optional uint64 u = 10;
      repeated Opt o = 11; optional string s = 12; optional group Grp = 13 { optional int32 x = 1; }
      repeated sint64 z = 14; extensions 100 to 200;
    }
    extend Opt { optional int32 ext = 100; }
    extend google.protobuf.FieldOptions { optional Opt opt = 50000; optional E eo = 50001; optional bool bo = 50002; repeated int32 ro = 50003; }`;
  const using = (option: string) => `${head} message M { optional string a = 1 [${option}]; }`;
  const table: readonly (readonly [value: string, same: string])[] = [
    ['e: 1', 'e: ONE'],
    ['e: -1', 'e: NEG'],
    ['e: 0x1', 'e: ONE'],
    ['r: [0, ONE, -1] r: 1', 'r: [Z, ONE, NEG, ONE]'],
    ['m { key: "x" value: 1 } m: { key: "y" }', 'm: [{ key: "x", value: ONE }, { key: "y" }]'],
    ['m [ < key: "x"; value: 1; > ]', 'm: { key: "x", value: ONE }'],
    ...['1', 't', 'True', '0x1', '01'].map((word) => [`b: ${word}`, 'b: true'] as const),
    ...['0', 'f', 'False', '00'].map((word) => [`b: ${word}`, 'b: false'] as const),
    ['any { [type.googleapis.com/Opt] { i: 1 } }', 'any: { [type.googleapis.com/Opt]: { i: 1 } }'],
    [
      'any { type_url: "type.googleapis.com/Opt" value: "\\x48\\x01" }',
      'any: { [type.googleapis.com/Opt]: { i: 1 } }',
    ],
    ['Grp { x: 1 }', 'Grp: { x: 1 }'],
    ['grp { x: 1 }', 'Grp: { x: 1 }'],
    ['i: 0x1F u: 017', 'i: 31, u: 15'],
    ['i: -0X1f', 'i: -31'],
    ['i: - 1', 'i: -1'],
    ['f: inf d: -Infinity', 'f: inf, d: -inf'],
    ['f: NaN d: nan', 'f: nan, d: nan'],
    ['f: .5 d: 1.e3', 'f: 0.5, d: 1000'],
    ['s: "a" \'b\' "\\x63"', 's: "abc"'],
    ['y: "\\377" "\\u00e9"', 'y: "\\377\\303\\251"'],
    ['o [{ i: 1 }, { i: 2 }] o { i: 3 }', 'o: [{ i: 1 }, { i: 2 }, { i: 3 }]'],
    ['o: { o: { o: [] z: [] } }', 'o: { o: {} }'],
    ['z: [-1, 2]; z: 3,', 'z: [-1, 2, 3]'],
    ['[ext]: 7', '[ext]: 7'],
  ];
  for (const [value, same] of table) {
    it(`take { ${value} } for { ${same} }`, () => {
      const [one, other] = [
        accept(using(`(opt) = { ${value} }`), {}, true),
        accept(using(`(opt) = { ${same} }`)),
      ];
      expect(one.formatted('serialized')).to.equal(other.formatted('serialized'));
      expect(one.normalized()).to.equal(other.normalized());
      expect(canonical(one.canonical())).to.equal(one.canonical());
      expect(parse(one.canonical()).normalized()).to.equal(one.normalized());
    });
  }

  const slack: readonly (readonly [option: string, shown: string, words: string])[] = [
    ['(eo) = 1', '(eo) = ONE', 'by its name'],
    ['(bo) = True', '(bo) = true', 'takes true or false'],
    ['(opt) = { f: 1.5f d: 2F }', 'f: 1.5', 'does not end with f'],
    ['(opt) = { d: 0x10 }', 'd: 16', 'takes a decimal number'],
    ['(opt) = { r [ONE] }', 'r: ONE', 'a colon is missing'],
    ['(ro) = [1, 2]', '(ro) = 1,\n    (ro) = 2', 'takes no list'],
    ['(opt) = { e: TWO }', 'e: TWO', 'a value of type E'],
    ['(opt) = { b: yes }', 'b: yes', 'a value of type bool'],
    [
      '(opt) = { any { [example.com/Opt] { i: 1 } } }',
      'type_url: "example.com/Opt"',
      'an address that protoc',
    ],
    [
      '(opt) = { any { [type.googleapis.com/Gone] {} } }',
      '[type.googleapis.com/Gone]: {',
      'nothing is known',
    ],
    ['(opt) = { i: 1 i: 2 }', 'i: [', 'set twice'],
    ['(opt) = { i: 1.5 }', 'i: 1.5', 'a value of type int32'],
    ['(opt) = { u: -1 }', 'u: -1', 'a value of type uint64'],
    ['(opt) = { r: [[0]] }', 'r: [', 'a value of type E'],
  ];
  for (const [option, shown, words] of slack) {
    it(`take ${option}, but under a strict look not`, () => {
      const { canonical: written, normalized } = accept(using(option));
      expect(normalized()).to.contain(shown);
      expect(canonical(written())).to.equal(written());
      expect(parse(normalized()).normalized()).to.equal(normalized());
      expect(() => accept(using(option), {}, true)).to.throw(InvalidSchema, words);
    });
  }
});

describe('Protobuf options that nothing defines', () => {
  const p3 = (body: string) => `syntax = "proto3"; ${body}`;
  const table: readonly (readonly [title: string, text: string, shown: string, words: string])[] = [
    ['a plain one', p3('option nope = 1;'), 'option nope = 1;', 'FileOptions has no "nope"'],
    [
      'a custom one',
      p3('message M { string a = 1 [(nope) = 1, deprecated = true]; }'),
      'string a = 1 [\n    (nope) = 1,\n    deprecated = true\n  ];',
      '"(nope)" is not defined',
    ],
    [
      'an aggregate',
      p3('message M { option (a.b).c = { d: "x" e { f: -1.5 } [g.h]: [1, X] }; }'),
      'option (a.b).c = {\n    d: "x",\n    e: {\n      f: -1.5\n    },\n    [g.h]: [\n      1,\n      X\n    ]\n  };',
      '"(a.b)" is not defined',
    ],
    ['one of a value', p3('enum E { Z = 0 [(x) = true]; }'), 'Z = 0 [(x) = true];', '"(x)" is not defined'],
    [
      'one of a oneof',
      p3('message M { oneof o { option (x) = 1; string a = 1; } }'),
      'option (x) = 1;',
      '(x)',
    ],
    [
      'one of a method',
      p3('message M {} service S { rpc R (M) returns (M) { option (x.y) = { get: "/v1" }; } }'),
      'option (x.y) = {\n      get: "/v1"\n    };',
      '"(x.y)" is not defined',
    ],
    [
      'one of an extension range',
      'message M { extensions 1 to 5 [(x) = "a\\"b"]; }',
      'extensions 1 to 5 [(x) = "a\\"b"];',
      '"(x)" is not defined',
    ],
    [
      'one of another kind of thing',
      p3('import "confluent/meta.proto"; option (confluent.field_meta).doc = "x";'),
      'option (confluent.field_meta).doc = "x";',
      'extends google.protobuf.FieldOptions',
    ],
    [
      'one of the wrong type',
      p3('option java_multiple_files = 1.5;'),
      'option java_multiple_files = 1.5;',
      'type bool',
    ],
    [
      'one that is set twice',
      p3('option go_package = "a"; option go_package = "b";'),
      'option go_package = "a";\noption go_package = "b";',
      'set twice',
    ],
    [
      'one that names no value of its enum',
      p3('option optimize_for = FAST;'),
      'option optimize_for = FAST;',
      'OptimizeMode',
    ],
    [
      'a list',
      p3('message M { string a = 1 [(x) = ["a", "b"]]; }'),
      '(x) = [\n    "a",\n',
      '"(x)" is not defined',
    ],
  ];
  for (const [title, text, shown, words] of table) {
    it(`are kept as they were written, but a strict look refuses them: ${title}`, () => {
      const printed = accept(text).canonical();
      expect(printed).to.contain(shown);
      expect(canonical(printed)).to.equal(printed);
      expect(() => accept(text, {}, true)).to.throw(InvalidSchema, words);
      // A descriptor has no place for them.
      expect(accept(parse(text).formatted('serialized'), {}).canonical()).not.to.contain(shown);
    });
  }

  it('come out of a descriptor that lists them as uninterpreted', () => {
    const type = descriptorType();
    const option = (value: object, name = [{ namePart: 'acme.x', isExtension: true }]) => ({
      name,
      ...value,
    });
    const file = {
      ...type.decode(Buffer.from(parse(p3('message M {}')).formatted('serialized'), 'base64')).toJSON(),
      options: {
        javaPackage: 'j',
        uninterpretedOption: [
          option({ stringValue: Buffer.from('s') }),
          option({ identifierValue: 'WORD' }),
          option({ positiveIntValue: 7 }),
          option({ negativeIntValue: -7 }),
          option({ doubleValue: 1.5 }),
          option({ aggregateValue: 'a: 1 b { c: "d" }' }),
          option({ identifierValue: 'true' }, [{ namePart: 'java_multiple_files', isExtension: false }]),
        ],
      },
    };
    const bytes = Buffer.from(type.encode(type.fromObject(file)).finish()).toString('base64');
    expect(accept(bytes).canonical()).to.equal(
      lines(
        'syntax = "proto3";',
        '',
        'option java_package = "j";',
        'option java_multiple_files = true;',
        'option (acme.x) = "s";',
        'option (acme.x) = WORD;',
        'option (acme.x) = 7;',
        'option (acme.x) = -7;',
        'option (acme.x) = 1.5;',
        'option (acme.x) = {',
        '  a: 1,',
        '  b: {',
        '    c: "d"',
        '  }',
        '};',
        '',
        'message M {}',
      ),
    );
    expect(parse(bytes).findFault('always', true)).to.contain('"(acme.x)" is not defined');
  });

  it('are custom options: the text without extensions has only the others', () => {
    const text = parse(p3('option nope = 1; option (a.b) = 2; option (confluent.x) = 3;'));
    expect(text.formatted('ignore_extensions')).to.equal(
      lines('syntax = "proto3";', '', 'option nope = 1;', 'option (confluent.x) = 3;'),
    );
  });
});

/** FileDescriptorProto as protobufjs knows it. */
function descriptorType(): protobufjs.Type {
  const root = new protobufjs.Root();
  root.loadSync(new URL(import.meta.resolve('protobufjs/google/protobuf/descriptor.json')).pathname);
  return root.lookupType('google.protobuf.FileDescriptorProto');
}
