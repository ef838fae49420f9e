import { chance, pick, type Random } from '../random.ts';

/** By path; `main.proto` is the file that is looked at, and comes first. */
export type ProtoFiles = Readonly<Record<string, string>>;

/**
 * A .proto file that compiles, or one that has something wrong with it here and there: every statement is right most of
 * the time. What it may import comes with it.
 */
export function someProtoFiles(random: Random): ProtoFiles {
  return { 'main.proto': new Writer(random).file(), ...given };
}

const given: ProtoFiles = {
  'closed.proto':
    'syntax = "proto2"; package closed; enum Closed { C_ZERO = 0; C_ONE = 1; } message Open { extensions 10 to 20; }',
  'lite.proto':
    'syntax = "proto3"; package lite; option optimize_for = LITE_RUNTIME; message Lite { string a = 1; }',
  'local.proto':
    'edition = "2024"; package local_types; message Seen { message Hidden {} export message Shown {} } local message Own {}',
  'passing.proto': 'syntax = "proto3"; package passing; import public "passed.proto"; import "hidden.proto";',
  'passed.proto': 'syntax = "proto3"; package passed; message Passed {} enum Kind { KIND_NONE = 0; }',
  'hidden.proto': 'syntax = "proto3"; package hidden; message Hidden {}',
  'options.proto': `syntax = "proto2"; package opts; import "google/protobuf/descriptor.proto"; import "google/protobuf/any.proto";
    enum Level { LOW = 0; HIGH = 1; MINUS = -1; }
    message Note {
      optional string text = 1; optional int32 count = 2; optional Level level = 3; optional bool is_on = 4; repeated Level levels = 5;
      map<string, Level> by_name = 6; optional Note inner = 7; repeated Note many = 8; optional double rate = 9; optional bytes raw = 10;
      optional uint32 size = 11; oneof choice { string one = 12; int32 other = 13; } optional group Extra = 14 { optional int32 x = 1; }
      optional google.protobuf.Any any = 15; extensions 100 to 200;
    }
    message Strict { required string must = 1; }
    extend Note { optional float weight = 100; }
    extend google.protobuf.FileOptions { optional Note file_note = 50000; repeated int32 file_numbers = 50001; }
    extend google.protobuf.MessageOptions { optional Note message_note = 50000; optional Level message_level = 50001; }
    extend google.protobuf.FieldOptions {
      optional Note field_note = 50000; optional bool field_on = 50001; optional double field_rate = 50002; optional string field_text = 50003;
      optional Level field_level = 50004; optional uint64 field_size = 50005; optional Strict field_strict = 50006;
      optional int32 for_messages = 50007 [targets = TARGET_TYPE_MESSAGE]; optional int32 for_fields = 50008 [targets = TARGET_TYPE_FIELD];
    }
    extend google.protobuf.EnumValueOptions { optional Note value_note = 50000; }
    extend google.protobuf.MethodOptions { optional Note method_note = 50000; }`,
};

type Edition = 'proto2' | 'proto3' | '2023' | '2024';

const numbers =
  'int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool float double'.split(' ');
const scalars = [...numbers, 'string', 'bytes'];

const slipIn = 60;

class Writer {
  readonly #random: Random;
  readonly #edition: Edition;
  #package = '';
  readonly #imports = new Set<string>();
  readonly #messages: string[] = [];
  readonly #enums: string[] = [];
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#edition = this.#pick(['proto2', 'proto3', 'proto3', '2023', '2024']);
  }

  #pick<T>(list: readonly T[]): T {
    return pick(this.#random, list);
  }

  /** Something that is seldom right. */
  #slips(oneIn = slipIn): boolean {
    return chance(this.#random, oneIn);
  }

  #maybe(oneIn: number, write: () => string): string {
    return chance(this.#random, oneIn) ? write() : '';
  }

  /** One of the first list, seldom one of the second. */
  #mostly<T>(right: readonly T[], wrong: readonly T[]): T {
    return this.#pick(this.#slips() ? wrong : right);
  }

  #fresh(prefix: string): string {
    this.#next += 1;
    return `${prefix}${String.fromCharCode(97 + (this.#next % 26))}${String.fromCharCode(97 + (Math.floor(this.#next / 26) % 26))}`;
  }

  /** TitleCase from then on. */
  #typeName(): string {
    if (this.#slips())
      return this.#pick(['lower', 'With_Underscore', ...this.#messages, ...this.#enums, 'A1']);
    return this.#fresh('T');
  }

  get #isEdition(): boolean {
    return !this.#edition.startsWith('proto');
  }

  file(): string {
    const random = this.#random;
    const isEdition = this.#isEdition;
    const head = isEdition ? `edition = "${this.#edition}";` : `syntax = "${this.#edition}";`;
    if (chance(random, 2))
      this.#package = this.#mostly(
        ['acme', 'acme.v1', 'acme.note_book'],
        ['Acme', 'acme.v_1', 'opts', 'passed'],
      );
    for (const path of [
      ...Object.keys(given),
      'google/protobuf/any.proto',
      'google/protobuf/timestamp.proto',
    ]) {
      const isUsual = path !== 'lite.proto' && path !== 'local.proto';
      if (chance(random, isUsual ? 3 : 25)) this.#imports.add(path);
    }
    if (this.#slips()) this.#imports.add('gone.proto');
    const body = [
      ...Array.from({ length: random.below(3) }, () => this.#enum('')),
      ...Array.from({ length: 1 + random.below(3) }, () => this.#message(0)),
      this.#maybe(4, () => this.#extend()),
      this.#maybe(4, () => this.#service()),
    ];
    const imports = [...this.#imports].map((path) => {
      const kind = this.#mostly(['', '', '', 'public '], ['weak ', 'option ']);
      return `import ${kind}"${path}";${this.#maybe(slipIn, () => `import "${path}";`)}`;
    });
    const packageLine = this.#package === '' ? '' : `package ${this.#package};`;
    return [head, packageLine, ...imports, this.#fileOptions(), ...body].filter(Boolean).join('\n');
  }

  #fileOptions(): string {
    const options = [
      'option java_package = "com.acme";',
      'option optimize_for = SPEED;',
      'option deprecated = true;',
    ];
    const noted = [
      'option (opts.file_numbers) = 1; option (opts.file_numbers) = 2;',
      'option (opts.file_note).inner.count = 1;',
    ];
    const wrong = [
      'option java_package = 1;',
      'option optimize_for = FAST;',
      'option optimize_for = LITE_RUNTIME;',
      'option optimize_for = LITE_RUNTIME; option cc_generic_services = true;',
      'option nope = true;',
      'option (nope) = true;',
      'option java_package = "a"; option java_package = "b";',
      'option (opts.file_note).text = 1;',
      'option (opts.file_note).many = { count: 1 }; option (opts.file_note).many.count = 1;',
      'option java_string_check_utf8 = true;',
      'option java_multiple_files = true;',
      'option features.field_presence = LEGACY_REQUIRED;',
      'option features.default_symbol_visibility = STRICT;',
      'option features.enforce_naming_style = STYLE_LEGACY;',
      'option features.enum_type = CLOSED;',
      'option features.json_format = LEGACY_BEST_EFFORT;',
    ];
    const features = [
      'option features.field_presence = IMPLICIT;',
      'option features.utf8_validation = NONE;',
      'option features.enum_type = OPEN;',
    ];
    return [
      this.#maybe(3, () => this.#pick(options)),
      this.#isEdition ? this.#maybe(6, () => this.#pick(features)) : '',
      this.#imports.has('options.proto') ? this.#maybe(3, () => this.#pick(noted)) : '',
      this.#maybe(12, () => this.#pick(wrong)),
    ].join('');
  }

  #enum(scope: string): string {
    const name = this.#typeName();
    const upper = name.toUpperCase();
    const isAliased = chance(this.#random, 8);
    const values = [
      `${upper}_ZERO = ${this.#mostly([0], [1, 0])}`,
      `${upper}_ONE = 1${this.#maybe(6, () => ` [${this.#valueOption()}]`)}`,
      this.#maybe(2, () => `${upper}_TWO = ${this.#mostly([2, -2, '0x10', 2147483647], [1, 2147483648, 5])}`),
      this.#maybe(
        12,
        () =>
          `${this.#pick(['ONE', `${upper}_one`, `${upper}ONE`, `${upper}_1`, `${name}Three`, `${upper}_ONE_`])} = 3`,
      ),
      isAliased ? `${upper}_AGAIN = 1` : '',
    ].filter(Boolean);
    const options = [
      isAliased || this.#slips() ? 'option allow_alias = true;' : '',
      this.#maybe(slipIn, () => 'option allow_alias = false;'),
      this.#isEdition
        ? this.#maybe(
            6,
            () =>
              `option features.${this.#mostly(['enum_type = CLOSED', 'enum_type = OPEN', 'json_format = ALLOW'], ['field_presence = IMPLICIT', 'utf8_validation = NONE'])};`,
          )
        : '',
      this.#maybe(
        8,
        () =>
          `reserved ${this.#mostly(['4', '6 to 9', '-9 to -7', '6, 8 to 9', '100 to max'], ['4 to 3', '6 to 9, 8', '1'])};`,
      ),
      this.#maybe(8, () => `reserved ${this.#reservedName('GONE')};`),
    ];
    this.#enums.push(scope === '' ? name : `${scope}.${name}`);
    return `${this.#visibility()}enum ${name} { ${options.join('')} ${values.join('; ')}; }`;
  }

  #valueOption(): string {
    const right = ['deprecated = true'];
    if (this.#imports.has('options.proto')) right.push(`(opts.value_note) = ${this.#literal()}`);
    return this.#mostly(right, ['(nope) = 1', 'nope = 1', 'deprecated = 1']);
  }

  #visibility(): string {
    if (this.#edition === '2024') return this.#maybe(8, () => this.#pick(['export ', 'local ']));
    return '';
  }

  #reservedName(name: string): string {
    const isWord = this.#isEdition !== this.#slips();
    return isWord ? name : `"${name}"`;
  }

  #message(depth: number, scope = ''): string {
    const random = this.#random;
    const name = this.#typeName();
    const full = scope === '' ? name : `${scope}.${name}`;
    this.#messages.push(full);
    const used = new Set<number>();
    const inner = [
      depth < 2 ? this.#maybe(3, () => this.#message(depth + 1, full)) : '',
      this.#maybe(5, () => this.#enum(full)),
      this.#maybe(5, () => this.#reserved()),
      this.#messageOptions(),
      ...Array.from({ length: random.below(5) }, () => this.#field(used, '')),
      this.#maybe(5, () => this.#oneof(used)),
      this.#edition !== 'proto3' || this.#slips() ? this.#maybe(4, () => this.#extensionRange()) : '',
    ];
    return `${this.#visibility()}message ${name} { ${inner.filter(Boolean).join(' ')} }`;
  }

  #messageOptions(): string {
    const right = ['deprecated = true'];
    if (this.#imports.has('options.proto'))
      right.push(`(opts.message_note) = ${this.#literal()}`, '(opts.message_level) = HIGH');
    if (this.#isEdition) right.push('features.json_format = ALLOW');
    const wrong = [
      'map_entry = true',
      'message_set_wire_format = true',
      'nope = 1',
      '(opts.field_on) = true',
      '(opts.message_level) = 1',
      'features.field_presence = IMPLICIT',
      'deprecated_legacy_json_field_conflicts = true',
    ];
    return this.#maybe(5, () => `option ${this.#mostly(right, wrong)};`);
  }

  #reserved(): string {
    const right = ['500', '501 to 510', '520, 530 to 540', '536870000 to max'];
    return this.#pick([
      `reserved ${this.#mostly(right, ['1', '5 to 1', '500 to 510, 505', '0', '500, "a"'])};`,
      `reserved ${this.#reservedName('gone')}${this.#maybe(slipIn, () => `, ${this.#reservedName('gone')}`)};`,
    ]);
  }

  #extensionRange(): string {
    const options = this.#mostly(
      [
        '',
        '',
        ' [verification = UNVERIFIED]',
        ' [declaration = { number: 1000, full_name: ".acme.ext", type: "string" }]',
      ],
      [
        ' [declaration = { number: 5, full_name: ".acme.ext", type: "string" }]',
        ' [declaration = { number: 1000, full_name: "acme.ext", type: "string" }]',
        ' [declaration = { number: 1000, full_name: ".acme.ext" }]',
        ' [verification = UNVERIFIED, declaration = { number: 1000, full_name: ".acme.ext", type: "string" }]',
        ' [verification = DECLARATION, declaration = { number: 1000, reserved: true }]',
      ],
    );
    return `extensions ${this.#mostly(['1000 to 1100'], ['1 to 2', '1100 to 1000', '0 to 5'])}${options};`;
  }

  #number(used: Set<number>): number {
    const number = this.#mostly(
      [1 + this.#random.below(30), 100 + this.#random.below(300)],
      [0, -1, 19_500, 536_870_912, 500, 1050, 1],
    );
    if (used.has(number) && !this.#slips()) return this.#number(used);
    used.add(number);
    return number;
  }

  #fieldName(): string {
    if (!this.#slips(25)) return this.#fresh('f');
    return this.#pick([
      'foo_bar',
      'fooBar',
      'foo__bar',
      'FooBar',
      'foo_1',
      'foo1',
      'gone',
      'message',
      'string',
      'a_',
      '_a',
      'fba',
    ]);
  }

  #label(): string {
    if (this.#edition === 'proto2')
      return this.#mostly(['optional ', 'optional ', 'repeated ', 'required '], ['']);
    if (this.#edition === 'proto3') return this.#mostly(['', '', 'repeated ', 'optional '], ['required ']);
    return this.#mostly(['', '', 'repeated '], ['optional ', 'required ']);
  }

  #type(): string {
    const types = [...scalars, ...this.#messages, ...this.#enums];
    if (this.#imports.has('passing.proto')) types.push('passed.Passed', 'passed.Kind');
    if (this.#imports.has('google/protobuf/any.proto')) types.push('google.protobuf.Any');
    if (this.#imports.has('local.proto')) types.push('local_types.Seen', 'local_types.Seen.Shown');
    if (this.#imports.has('lite.proto')) types.push('lite.Lite');
    if (this.#imports.has('closed.proto') && this.#edition !== 'proto3') types.push('closed.Closed');
    return this.#mostly(types, [
      'Nope',
      'closed.Closed',
      'hidden.Hidden',
      'local_types.Own',
      'local_types.Seen.Hidden',
      'google.protobuf.Timestamp',
      'acme.v1',
      '.Nope',
    ]);
  }

  #field(used: Set<number>, oneof: string): string {
    const number = this.#number(used);
    const name = this.#fieldName();
    if (oneof === '' && chance(this.#random, 7)) {
      const key = this.#mostly(['string', 'int32', 'bool', 'fixed64'], ['double', 'bytes', 'float']);
      const label = this.#maybe(slipIn, () => 'repeated ');
      return `${label}map<${key}, ${this.#type()}> ${name} = ${number}${this.#options('map', 'repeated ')};`;
    }
    if (chance(this.#random, this.#edition === 'proto2' ? 15 : 300)) {
      return `${oneof === '' ? this.#label() : ''}group ${this.#mostly([this.#fresh('G')], ['lower'])} = ${number} { }`;
    }
    const label = oneof === '' ? this.#label() : this.#mostly([''], ['optional ', 'repeated ']);
    const type = this.#type();
    return `${label}${type} ${name} = ${number}${this.#options(type, label)};`;
  }

  #options(type: string, label: string): string {
    const isRepeated = label === 'repeated ';
    const isNumber = numbers.includes(type);
    const right = ['deprecated = true', 'debug_redact = true', 'retention = RETENTION_SOURCE'];
    if (!this.#isEdition && isNumber && isRepeated) right.push('packed = true', 'packed = false');
    if (/^s?u?int64$|fixed64$/.test(type)) right.push('jstype = JS_STRING', 'jstype = JS_NUMBER');
    if (type === 'string' && this.#edition !== '2024') right.push('ctype = CORD');
    if (this.#isEdition) {
      if (isRepeated && isNumber) right.push('features.repeated_field_encoding = EXPANDED');
      if (!isRepeated && type !== 'map') right.push('features.field_presence = EXPLICIT');
      if (type === 'string') right.push('features.utf8_validation = NONE');
      if (this.#messages.includes(type)) right.push('features.message_encoding = DELIMITED', 'lazy = true');
    }
    if (this.#edition !== 'proto3' && !isRepeated && this.#defaults[type])
      right.push(`default = ${this.#pick(this.#defaults[type])}`);
    if (chance(this.#random, 10))
      right.push(`json_name = "${this.#mostly(['x', 'y', 'Z'], ['fooBar', '[x]', 'a\\0'])}"`);
    if (this.#imports.has('options.proto')) {
      right.push(
        `(opts.field_note) = ${this.#literal()}`,
        '(opts.field_on) = true',
        `(opts.field_rate) = ${this.#pick(['1', '-1.5', '1e3', 'inf', '-inf', 'nan', '0x10'])}`,
        '(opts.field_text) = "a" \'b\'',
        '(opts.field_level) = HIGH',
        '(opts.field_size) = 0xFF',
        '(opts.for_fields) = 1',
        '(opts.field_note).inner.count = 7',
        '(opts.field_strict) = { must: "x" }',
      );
    }
    const wrong = [
      'packed = true',
      'lazy = true',
      'unverified_lazy = true',
      'ctype = CORD',
      'jstype = JS_STRING',
      'default = "x"',
      'default = 1',
      'default = -1',
      'default = 1.5f',
      'default = infinity',
      'json_name = 1',
      'nope = 1',
      '(nope) = 1',
      'deprecated = 1',
      'deprecated = true, deprecated = true',
      '(opts.field_on) = t',
      '(opts.field_on) = 1',
      '(opts.field_level) = 1',
      '(opts.field_level) = "HIGH"',
      '(opts.field_rate) = 1.5f',
      '(opts.field_size) = -1',
      '(opts.field_note) = { nope: 1 }',
      '(opts.field_note) = [{ count: 1 }]',
      '(opts.field_strict) = { }',
      '(opts.for_messages) = 1',
      '(opts.message_level) = HIGH',
      'features.field_presence = IMPLICIT',
      'features.field_presence = LEGACY_REQUIRED',
      'features.repeated_field_encoding = PACKED',
      'features.utf8_validation = VERIFY',
      'features.message_encoding = DELIMITED',
      'features.enum_type = CLOSED',
    ];
    return this.#maybe(3, () => ` [${this.#slips(12) ? this.#pick(wrong) : this.#pick(right)}]`);
  }

  readonly #defaults: Readonly<Record<string, readonly string[]>> = {
    int32: ['1', '-1', '0x7f', '017', '-2147483648'],
    uint32: ['1', '4294967295'],
    bool: ['true', 'false'],
    float: ['1.5', 'inf', '-inf', 'nan', '1', '.5', '1e10'],
    string: ['"x"', '"a" "b"', '"\\303\\251"'],
    bytes: ['"\\377"'],
  };

  /** Of a Note. */
  #literal(depth = 0): string {
    const right = [
      'text: "a"',
      'text: \'a\' "b"',
      'count: 1',
      'count: -0x1F',
      'count: 017',
      'level: HIGH',
      'level: 1',
      'level: -1',
      'is_on: true',
      `is_on: ${this.#pick(['t', 'True', '1', '0', 'f', 'False'])}`,
      'levels: [LOW, 1, MINUS]',
      'levels: LOW levels: HIGH',
      'levels: []',
      'by_name { key: "a" value: HIGH }',
      'by_name: [{ key: "a" }, { key: "b", value: 1 }]',
      `rate: ${this.#pick(['1', '1.5', '-inf', 'Infinity', 'nan', '.5', '1e3'])}`,
      'raw: "\\377\\x00"',
      'size: 0xFF',
      'one: "x"',
      'other: 1',
      'Extra { x: 1 }',
      '[opts.weight]: 0.5',
      '[weight]: 1',
      'any { [type.googleapis.com/opts.Note] { count: 1 } }',
      'any: { type_url: "x" value: "y" }',
      'many []',
    ];
    const wrong = [
      'nope: 1',
      'count: 1 count: 2',
      'count: 1.5',
      'count: "1"',
      'level: 9',
      'level: NOPE',
      'is_on: yes',
      'is_on: 2',
      'size: -1',
      'rate: 0x10',
      'rate: 1.5f',
      'text: "\\377"',
      'one: "x" other: 1',
      'levels [LOW]',
      'any { [type.googleapis.com/Nope] {} }',
      'any { [example.com/opts.Note] {} }',
      '[nope]: 1',
      'text 1',
    ];
    const inner =
      depth < 2 ? [`inner ${this.#pick(['', ': '])}${depth > 5 ? '{}' : this.#literalIf(depth)}`] : [];
    const fields = new Map<string, string>();
    for (let index = this.#random.below(4); index > 0; index--) {
      const field = this.#slips(80) ? this.#pick(wrong) : this.#pick([...right, ...inner]);
      const key = /^(?:one|other)\b/.test(field) ? 'choice' : (/^(?:\w+|\[\S+\])/.exec(field)?.[0] ?? field);
      fields.set(key.replace('[weight]', '[opts.weight]'), field);
    }
    return `{ ${[...fields.values()].map((field) => field + this.#pick([' ', ', ', '; '])).join('')}}`;
  }

  #literalIf(depth: number): string {
    return chance(this.#random, 2) ? this.#literal(depth + 1) : '{}';
  }

  #oneof(used: Set<number>): string {
    const count = this.#mostly([1, 2], [0]);
    const members = Array.from({ length: count }, () => this.#field(used, 'o'));
    return `oneof ${this.#mostly([this.#fresh('o')], ['Upper', 'foo_bar'])} { ${members.join(' ')} }`;
  }

  #extend(): string {
    if (this.#imports.has('google/protobuf/descriptor.proto') || this.#imports.has('closed.proto')) {
      const isOptions = !this.#imports.has('closed.proto') || chance(this.#random, 2);
      const extendee = isOptions ? 'google.protobuf.FieldOptions' : 'closed.Open';
      const number = this.#mostly(
        [isOptions ? 50_100 + this.#random.below(9) : 10 + this.#random.below(9)],
        [5, 50_000],
      );
      const label =
        this.#edition === 'proto2'
          ? this.#mostly(['optional ', 'repeated '], ['required ', ''])
          : this.#mostly(['', 'repeated '], ['required ']);
      return `extend ${this.#mostly([extendee], ['Nope', ...this.#messages])} { ${label}${this.#type()} ${this.#fieldName()} = ${number}${this.#maybe(slipIn, () => ' [json_name = "x"]')}; }`;
    }
    return this.#maybe(slipIn, () => 'extend google.protobuf.FieldOptions { }');
  }

  #service(): string {
    const type = () => this.#mostly(this.#messages, ['Nope', 'string', ...this.#enums, 'Nope']);
    const method = () => {
      const options = this.#mostly(
        ['deprecated = true', 'idempotency_level = IDEMPOTENT'],
        ['nope = 1', '(nope).x = { y: 1 }', 'idempotency_level = 1'],
      );
      const end = chance(this.#random, 3) ? ` { option ${options}; }` : ';';
      return `rpc ${this.#mostly([this.#fresh('R')], ['lower', 'Twice', 'Twice'])} (${this.#maybe(4, () => 'stream ')}${type()}) returns (${type()})${end}`;
    };
    const methods = Array.from({ length: this.#random.below(3) }, method);
    return `service ${this.#mostly([this.#fresh('S')], ['lower', ...this.#messages])} { ${methods.join(' ')} }`;
  }
}
