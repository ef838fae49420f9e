import { escapeBytes, printFloat } from './default.ts';
import {
  block,
  brackets,
  importStatements,
  indent,
  inLines,
  inOrder,
  merged,
  printLiteral,
  printRange,
  quote,
} from './layout.ts';
import {
  type FieldType,
  isUnknown,
  type NumberRange,
  type OptionValue,
  type OptionValues,
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoMethod,
  type ProtoOneof,
  type ProtoService,
  type SetField,
  type Symbols,
} from './model.ts';
import { openAny } from './options.ts';
import { nameForm } from './rules.ts';
import { shortName } from './scopes.ts';
import { maxEnumNumber, maxFieldNumber } from './written.ts';

/** How the same file is printed. */
export interface Style {
  /** Ordered where order says nothing, type names in full. */
  readonly isNormalized: boolean;
  /** Without extension ranges, extend blocks and custom options but Confluent's own. */
  readonly leavesOutExtensions: boolean;
  /** Of messages and fields that are printed with other options than they have. */
  readonly options?: ReadonlyMap<ProtoMessage | ProtoField, OptionValues>;
}

/** The text of a file, in the reference's layout. */
export function printFile(file: ProtoFile, style: Style): string {
  const printer = new Printer(file, style);
  return printer.file();
}

class Printer {
  readonly #file: ProtoFile;
  readonly #style: Style;
  readonly #symbols: Symbols;

  constructor(file: ProtoFile, style: Style) {
    this.#file = file;
    this.#style = style;
    this.#symbols = file.symbols;
  }

  file(): string {
    const { edition, package: name, imports, messages, enums, extensions, services, options } = this.#file;
    const isEdition = !edition.startsWith('proto');
    // Where nothing is said it is proto2.
    const syntax =
      this.#style.isNormalized && edition === 'proto2'
        ? ''
        : `${isEdition ? 'edition' : 'syntax'} = "${edition}";\n`;
    const head = `${syntax}${name === '' ? '' : `package ${name};\n`}`;
    const listed = this.#sorted(imports, ({ path }) => path);
    const sections = [
      importStatements(listed),
      this.#optionStatements(options, name),
      [
        ...withoutGroups(messages, extensions).map((one) => this.#message(one)),
        ...enums.map((one) => this.#enum(one)),
      ],
      this.#extends(extensions, name),
      services.map((service) => this.#service(service)),
    ];
    return head + sections.map((section) => (section.length === 0 ? '' : `\n${section.join('')}`)).join('');
  }

  #sorted<T>(list: readonly T[], key: (item: T) => string | number): readonly T[] {
    if (!this.#style.isNormalized) return list;
    return list.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  }

  #name(target: ProtoMessage | ProtoEnum, scope: string): string {
    if (target.kind === 'message' && target.unknownAs !== undefined) return target.unknownAs;
    if (this.#style.isNormalized) return `.${target.fullName}`;
    return shortName(target, target.package, { name: scope, package: this.#file.package }, this.#symbols);
  }

  #optionsOf(target: ProtoMessage | ProtoField): OptionValues {
    return this.#style.options?.get(target) ?? target.options;
  }

  #message(message: ProtoMessage): string {
    const scope = message.fullName;
    const plain = message.fields.filter(({ oneof }) => oneof === undefined);
    const sections = [
      this.#reserved(message.reservedRanges, message.reservedNames, maxFieldNumber),
      this.#optionStatements(this.#optionsOf(message), scope),
      this.#sorted(plain, ({ number }) => number).map((field) => this.#field(field, scope)),
      this.#oneofs(message),
      this.#extensionRanges(message.extensionRanges, scope),
      this.#extends(message.extensions, scope),
      [
        ...withoutGroups(message.messages, [...message.fields, ...message.extensions]).map((inner) =>
          this.#message(inner),
        ),
        ...message.enums.map((inner) => this.#enum(inner)),
      ],
    ];
    return block(`${prefixOf(message)}message ${message.name}`, sections);
  }

  #reserved(ranges: readonly NumberRange[], names: readonly string[], max: number): readonly string[] {
    const numbers = this.#sorted(ranges, ({ start }) => start).map((range) => printRange(range, max));
    const isEdition = !this.#file.edition.startsWith('proto');
    const words = this.#sorted(names, (name) => name).map((name) =>
      isEdition && nameForm.test(name) ? name : quote(name),
    );
    const lists = this.#style.isNormalized
      ? [...numbers, ...words]
      : [numbers.join(', '), words.join(', ')].filter((list) => list !== '');
    return lists.map((list) => `reserved ${list};\n`);
  }

  #extensionRanges(ranges: readonly NumberRange[], scope: string): readonly string[] {
    if (this.#style.leavesOutExtensions) return [];
    return this.#sorted(ranges, ({ start }) => start).map(
      (range) =>
        `extensions ${printRange(range, maxFieldNumber)}${this.#bracketOptions(range.options, scope)};\n`,
    );
  }

  #oneofs({ fields, oneofs, fullName }: ProtoMessage): readonly string[] {
    const members = Map.groupBy(fields, ({ oneof }) => oneof);
    const lowest = (oneof: ProtoOneof) =>
      Math.min(...(members.get(oneof.name) ?? []).map(({ number }) => number));
    return this.#sorted(oneofs, lowest).map((oneof) =>
      block(`oneof ${oneof.name}`, [
        this.#optionStatements(oneof.options, fullName),
        this.#sorted(members.get(oneof.name) ?? [], ({ number }) => number).map((field) =>
          this.#field(field, fullName),
        ),
      ]),
    );
  }

  #field(field: ProtoField, scope: string): string {
    const { label, type, name, number } = field;
    const head = label === undefined ? '' : `${label} `;
    const options = this.#fieldOptions(field, scope);
    if (type.kind !== 'group') return `${head}${this.#type(type, scope)} ${name} = ${number}${options};\n`;
    const body = this.#message(type.message).slice(`message ${type.message.name}`.length);
    return `${head}group ${type.message.name} = ${number}${options}${body}`;
  }

  #type(type: FieldType, scope: string): string {
    switch (type.kind) {
      case 'scalar':
        return type.scalar;
      case 'map':
        return `map<${this.#type(type.key.type, scope)}, ${this.#type(type.value.type, scope)}>`;
      case 'enum':
        return this.#name(type.enum, scope);
      default:
        return this.#name(type.message, scope);
    }
  }

  #fieldOptions(field: ProtoField, scope: string): string {
    const own = this.#optionList(this.#optionsOf(field), scope);
    if (field.default !== undefined) own.push(['default', printDefault(field.default, field.type)]);
    if (field.jsonName !== undefined) own.push(['json_name', quote(field.jsonName)]);
    return brackets(this.#sorted(own, nameOfOption));
  }

  #bracketOptions(options: OptionValues, scope: string): string {
    return brackets(this.#sorted(this.#optionList(options, scope), nameOfOption));
  }

  #optionStatements(options: OptionValues, scope: string): readonly string[] {
    return this.#sorted(this.#optionList(options, scope), nameOfOption).map(
      ([name, value]) => `option ${name} = ${value};\n`,
    );
  }

  /** Names and values; a repeated option as often as it has values. */
  #optionList(options: OptionValues, scope: string): [name: string, value: string][] {
    return options.flatMap(({ field, values }): [string, string][] => {
      if (field.extendee !== undefined) {
        if (this.#style.leavesOutExtensions && !isConfluent(field.fullName)) return [];
        const name = `(${this.#extensionName(field, scope)})`;
        return values.map((value) => [name, this.#value(value, field.type, scope)]);
      }
      // Features of editions are written one by one.
      const [inner] = values;
      if (isUnknown(inner) && this.#style.leavesOutExtensions && isCustom(field.name)) return [];
      if (field.name !== 'features' || !Array.isArray(inner)) {
        return values.map((value) => [field.name, this.#value(value, field.type, scope)]);
      }
      return this.#optionList(inner as OptionValues, scope).map(([name, value]) => [
        `features.${name}`,
        value,
      ]);
    });
  }

  #extensionName(field: ProtoField, scope: string): string {
    // One that needs no import is known by its full name.
    if (this.#style.isNormalized || !this.#symbols.has(field.fullName)) return field.fullName;
    const home = packageOf(field, this.#symbols);
    return shortName(field, home, { name: scope, package: this.#file.package }, this.#symbols);
  }

  #value(value: OptionValue, type: FieldType, scope: string): string {
    if (isUnknown(value)) {
      return printLiteral(this.#style.isNormalized ? inOrder(merged(value.unknown)) : value.unknown);
    }
    if (typeof value === 'string') return quote(value);
    if (Buffer.isBuffer(value)) return `"${escapeBytes(value)}"`;
    if (Array.isArray(value)) {
      const isAny = type.kind === 'message' && type.message.fullName === 'google.protobuf.Any';
      return isAny
        ? this.#any(value as OptionValues, scope)
        : this.#messageValue(value as OptionValues, scope);
    }
    if (typeof value === 'number') return printFloat(value, type.kind === 'scalar' ? type.scalar : 'double');
    if (type.kind !== 'enum') return String(value);
    return type.enum.values.find(({ number }) => BigInt(number) === value)?.name ?? String(value);
  }

  #any(fields: OptionValues, scope: string): string {
    const opened = openAny(fields, (fullName) => this.#symbols.get(fullName));
    if (opened === undefined) return this.#messageValue(fields, scope);
    return `{\n${inLines([`[${opened.url}]: ${this.#messageValue(opened.inside, scope)}`])}}`;
  }

  #messageValue(fields: OptionValues, scope: string): string {
    return `{\n${inLines(this.#sorted(fields, ({ field }) => field.name).map((set) => this.#entry(set, scope)))}}`;
  }

  #entry({ field, values }: SetField, scope: string): string {
    const plain = field.type.kind === 'group' ? field.type.message.name : field.name;
    const name = field.extendee === undefined ? plain : `[${field.fullName}]`;
    const printed = values.map((value) => this.#value(value, field.type, scope));
    const isList = field.label === 'repeated' || field.type.kind === 'map';
    if (!isList || (this.#style.isNormalized && printed.length === 1)) return `${name}: ${printed[0]}`;
    return `${name}: [\n${inLines(printed)}]`;
  }

  #extends(extensions: readonly ProtoField[], scope: string): readonly string[] {
    if (this.#style.leavesOutExtensions) return [];
    const blocks: { readonly extendee: ProtoMessage; readonly fields: string[] }[] = [];
    for (const field of extensions) {
      const { extendee } = field;
      if (extendee === undefined) continue;
      const last = blocks.at(-1);
      if (last?.extendee === extendee) last.fields.push(this.#field(field, scope));
      else blocks.push({ extendee, fields: [this.#field(field, scope)] });
    }
    return blocks.map(({ extendee, fields }) => block(`extend ${this.#name(extendee, scope)}`, [fields]));
  }

  #enum(declared: ProtoEnum): string {
    const scope = declared.fullName;
    const lines = [
      ...this.#reserved(declared.reservedRanges, declared.reservedNames, maxEnumNumber),
      ...this.#optionStatements(declared.options, scope),
      // The first value is what a reader puts where there is none: it stays the first.
      ...[
        ...declared.values.slice(0, 1),
        ...this.#sorted(
          this.#sorted(declared.values.slice(1), ({ name }) => name),
          ({ number }) => number,
        ),
      ].map(({ name, number, options }) => `${name} = ${number}${this.#bracketOptions(options, scope)};\n`),
    ];
    return block(`${prefixOf(declared)}enum ${declared.name}`, [lines]);
  }

  #service(service: ProtoService): string {
    const scope = this.#file.package === '' ? service.name : `${this.#file.package}.${service.name}`;
    return block(`service ${service.name}`, [
      this.#optionStatements(service.options, scope),
      service.methods.map((method) => this.#method(method, scope)),
    ]);
  }

  #method(method: ProtoMethod, scope: string): string {
    const { name, streamsInput, streamsOutput } = method;
    const input = `${streamsInput ? 'stream ' : ''}${this.#name(method.input, scope)}`;
    const output = `${streamsOutput ? 'stream ' : ''}${this.#name(method.output, scope)}`;
    const options = this.#optionStatements(method.options, scope).map(indent).join('');
    return `rpc ${name} (${input}) returns (${output})${options === '' ? '' : ` {\n${options}}`};\n`;
  }
}

/** Sorted without the parentheses of custom options. */
const nameOfOption = ([name]: readonly [string, string]): string => name.replace(/[()]/g, '');

/** Confluent's own options are none that its format leaves out. */
const isConfluent = (fullName: string): boolean => fullName.startsWith('confluent.');
const isCustom = (name: string): boolean => name.startsWith('(') && !/^\(\.?confluent\./.test(name);

const prefixOf = ({ visibility }: ProtoMessage | ProtoEnum): string =>
  visibility === undefined ? '' : `${visibility} `;

/** A group is printed with its field. */
function withoutGroups(
  messages: readonly ProtoMessage[],
  fields: readonly ProtoField[],
): readonly ProtoMessage[] {
  const groups = new Set(fields.map(({ type }) => (type.kind === 'group' ? type.message : undefined)));
  return messages.filter((message) => !groups.has(message));
}

/** The longest package that a full name begins with. */
function packageOf({ fullName }: ProtoField, symbols: Symbols): string {
  let end = fullName.lastIndexOf('.');
  while (end > 0 && symbols.get(fullName.slice(0, end))?.kind !== 'package')
    end = fullName.lastIndexOf('.', end - 1);
  return end > 0 ? fullName.slice(0, end) : '';
}

function printDefault(value: string, type: FieldType): string {
  if (type.kind !== 'scalar') return value;
  if (type.scalar === 'string') return quote(value);
  return type.scalar === 'bytes' ? `"${value}"` : value;
}
