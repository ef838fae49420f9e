import { InvalidSchema } from '../schema-type.ts';
import { defaultOf } from './default.ts';
import {
  entryNameOf,
  type FieldType,
  jsonNameOf,
  type NumberRange,
  noOptions,
  type OptionValues,
  type ProtoEnum,
  type ProtoEnumValue,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoMethod,
  type ProtoOneof,
  type ProtoService,
  type ProtoSymbol,
  type SetField,
} from './model.ts';
import { interpretOptions } from './options.ts';
import { checkEnum, checkField, checkMapKey, checkMessage, checkName } from './rules.ts';
import { isMessage, isType, joinName, resolveName } from './scopes.ts';
import {
  isScalar,
  maxNameLength,
  maxPackageParts,
  type Where,
  type WrittenBody,
  type WrittenEnum,
  type WrittenField,
  type WrittenFile,
  type WrittenMessage,
  type WrittenOptions,
  type WrittenRange,
  type WrittenService,
} from './written.ts';

export interface LinkedFile {
  readonly file: ProtoFile;
  readonly publicImports: readonly LinkedFile[];
}

/** What options are made of. */
export interface OptionTypes {
  /** The options messages of descriptor.proto. */
  readonly message: (name: string) => ProtoMessage | undefined;
  /** The custom options that need no import. */
  readonly implied: () => readonly ProtoField[];
}

/**
 * Resolves every name of a file.
 * @param imports by path
 * @throws InvalidSchema naming the place when a name is missing or a rule broken
 */
export function linkFile(
  written: WrittenFile,
  imports: ReadonlyMap<string, LinkedFile>,
  optionTypes: OptionTypes,
): LinkedFile {
  return new Linker(written, imports, optionTypes).link();
}

interface PendingOptions {
  readonly written: WrittenOptions;
  readonly holder: string;
  readonly scope: string;
  readonly where: Where;
  readonly target: SetField[];
}

/** One file on its way from what was written to the model. */
class Linker {
  readonly #written: WrittenFile;
  readonly #imports: ReadonlyMap<string, LinkedFile>;
  readonly #optionTypes: OptionTypes;
  readonly #own = new Map<string, ProtoSymbol>();
  readonly #symbols = new Map<string, ProtoSymbol>();
  /** Fields wait until every type is known, options until every field is. */
  readonly #fillLater: (() => void)[] = [];
  readonly #pending: PendingOptions[] = [];

  constructor(written: WrittenFile, imports: ReadonlyMap<string, LinkedFile>, optionTypes: OptionTypes) {
    this.#written = written;
    this.#imports = imports;
    this.#optionTypes = optionTypes;
  }

  link(): LinkedFile {
    const written = this.#written;
    const publicImports = this.#addImports();
    const scope = written.package;
    this.#addPackage(scope);
    const options = this.#options(written.options, 'FileOptions', scope, 0);
    const body = this.#declareBody(written, scope);
    const services = written.services.map((service) => this.#declareService(service, scope));
    for (const fill of this.#fillLater) fill();
    this.#interpretOptions();
    const file: ProtoFile = {
      edition: written.edition,
      package: written.package,
      imports: written.imports.map(({ path, kind }) => ({ path, kind })),
      ...body,
      services,
      options,
      own: this.#own,
      symbols: this.#symbols,
    };
    return { file, publicImports };
  }

  #fail(where: Where, words: string): InvalidSchema {
    return new InvalidSchema(`${this.#written.placeOf(where)}: ${words}`);
  }

  #addImports(): readonly LinkedFile[] {
    const seen = new Set<LinkedFile>();
    const publicImports: LinkedFile[] = [];
    const add = (linked: LinkedFile): void => {
      if (seen.has(linked)) return;
      seen.add(linked);
      for (const [name, symbol] of linked.file.own) this.#symbols.set(name, symbol);
      for (const further of linked.publicImports) add(further);
    };
    const paths = new Set<string>();
    for (const { path, kind, where } of this.#written.imports) {
      if (paths.has(path)) throw this.#fail(where, `"${path}" is imported twice`);
      paths.add(path);
      const linked = this.#imports.get(path);
      if (linked === undefined) {
        throw this.#fail(where, `nothing is known of the import "${path}"; give a reference of that name`);
      }
      add(linked);
      if (kind === 'public') publicImports.push(linked);
    }
    return publicImports;
  }

  #addPackage(name: string): void {
    if (name === '') return;
    let full = '';
    const parts = name.split('.');
    if (parts.length > maxPackageParts) {
      throw this.#fail('package', `the package has more than ${maxPackageParts} parts`);
    }
    for (const part of parts) {
      checkName(part, 'package', (words) => this.#fail('package', words));
      full = joinName(full, part);
      if (this.#symbols.get(full)?.kind === 'package') this.#own.set(full, { kind: 'package' });
      else this.#define(full, { kind: 'package' }, 'package');
    }
  }

  #define(fullName: string, symbol: ProtoSymbol, where: Where): void {
    if (fullName.length > maxNameLength) {
      throw this.#fail(
        where,
        `the full name "${fullName.slice(0, 60)}…" has more than ${maxNameLength} characters`,
      );
    }
    if (this.#own.has(fullName) || this.#symbols.has(fullName)) {
      throw this.#fail(where, `"${fullName}" is defined twice`);
    }
    this.#own.set(fullName, symbol);
    this.#symbols.set(fullName, symbol);
  }

  #declare(name: string, scope: string, symbol: ProtoSymbol, where: Where): void {
    checkName(name, scope, (words) => this.#fail(where, words));
    this.#define(joinName(scope, name), symbol, where);
  }

  #declareBody(body: WrittenBody, scope: string) {
    const groups: ProtoMessage[] = [];
    const extensions = this.#declareExtensions(body.extensions, scope, groups);
    const messages = body.messages.map((message) => this.#declareMessage(message, scope));
    const enums = body.enums.map((one) => this.#declareEnum(one, scope));
    return { messages: [...groups, ...messages], enums, extensions };
  }

  #declareMessage(written: WrittenMessage, scope: string): ProtoMessage {
    const fullName = joinName(scope, written.name);
    const fields: ProtoField[] = [];
    const groups: ProtoMessage[] = [];
    const enums: ProtoEnum[] = [];
    const extensions: ProtoField[] = [];
    const oneofs: ProtoOneof[] = [];
    const messages: ProtoMessage[] = [];
    const extensionRanges: NumberRange[] = [];
    const message: ProtoMessage = {
      kind: 'message',
      name: written.name,
      visibility: written.visibility,
      fullName,
      package: this.#written.package,
      fields,
      oneofs,
      messages,
      enums,
      extensions,
      extensionRanges,
      reservedRanges: written.reservedRanges.map(withoutOptions),
      reservedNames: written.reservedNames,
      options: this.#options(written.options, 'MessageOptions', fullName, written.where),
    };
    this.#declare(written.name, scope, message, written.where);
    checkMessage(written, this.#written.edition, this.#failAt);
    for (const range of written.extensionRanges) {
      const { start, end } = range;
      extensionRanges.push({
        start,
        end,
        options: this.#options(range.options, 'ExtensionRangeOptions', fullName, range.where),
      });
    }
    for (const oneof of written.oneofs) {
      this.#declare(oneof.name, fullName, other, oneof.where);
      oneofs.push({
        name: oneof.name,
        options: this.#options(oneof.options, 'OneofOptions', fullName, oneof.where),
      });
    }
    for (const field of inPrintOrder(written)) {
      this.#declare(field.name, fullName, other, field.where);
      const group = field.group && this.#declareMessage(field.group, fullName);
      if (group) groups.push(group);
      if (field.map) this.#declare(entryNameOf(field.name), fullName, other, field.where);
      this.#fillLater.push(() => fields.push(this.#field(field, fullName, group)));
    }
    const body = this.#declareBody(written, fullName);
    messages.push(...groups, ...body.messages);
    enums.push(...body.enums);
    // An array that fills later, as the fields do.
    this.#fillLater.push(() => extensions.push(...body.extensions));
    return message;
  }

  readonly #failAt = (where: Where, words: string): InvalidSchema => this.#fail(where, words);

  #declareExtensions(
    written: readonly WrittenField[],
    scope: string,
    groups: ProtoMessage[],
  ): readonly ProtoField[] {
    const extensions: ProtoField[] = [];
    for (const extension of written) {
      this.#declare(extension.name, scope, other, extension.where);
      const group = extension.group && this.#declareMessage(extension.group, scope);
      if (group) groups.push(group);
      this.#fillLater.push(() => {
        const field = this.#field(extension, scope, group);
        this.#checkExtensionNumber(field, extension.where);
        extensions.push(field);
        this.#own.set(field.fullName, field);
        this.#symbols.set(field.fullName, field);
      });
    }
    return extensions;
  }

  readonly #extensionNumbers = new Set<string>();

  #checkExtensionNumber({ extendee, number, name }: ProtoField, where: Where): void {
    const key = `${extendee?.fullName} ${number}`;
    if (this.#extensionNumbers.has(key)) {
      throw this.#fail(
        where,
        `the extension "${name}" has the number ${number}, which another one has already`,
      );
    }
    this.#extensionNumbers.add(key);
  }

  #field(written: WrittenField, scope: string, group: ProtoMessage | undefined): ProtoField {
    const type = this.#fieldType(written, scope, group);
    const extendee =
      written.extendee === undefined ? undefined : this.#message(written.extendee, scope, written.where);
    checkField(written, type, extendee, this.#written.edition, this.#failAt);
    const { name, number, jsonName, where } = written;
    return {
      kind: 'field',
      name,
      fullName: joinName(scope, name),
      number,
      label: written.label,
      type,
      oneof: written.oneof,
      extendee,
      default: defaultOf(written, type, (words) => this.#fail(where, words)),
      jsonName: jsonName === jsonNameOf(name) ? undefined : jsonName,
      options: this.#options(written.options, 'FieldOptions', scope, where),
    };
  }

  #fieldType(written: WrittenField, scope: string, group: ProtoMessage | undefined): FieldType {
    if (group) return { kind: 'group', message: group };
    if (!written.map) return this.#type(written.type, scope, written.where);
    const key = this.#type(written.map.key, scope, written.where);
    checkMapKey(key, written.where, this.#failAt);
    const value = this.#type(written.map.value, scope, written.where);
    const name = entryNameOf(written.name);
    const fields = [plainField('key', 1, key), plainField('value', 2, value)] as const;
    const entry: ProtoMessage = {
      ...emptyMessage,
      name,
      fullName: joinName(scope, name),
      package: this.#written.package,
      fields,
    };
    return { kind: 'map', key: fields[0], value: fields[1], entry };
  }

  #type(name: string, scope: string, where: Where): FieldType {
    if (isScalar(name)) return { kind: 'scalar', scalar: name };
    const found = resolveName(name, scope, this.#symbols, isType);
    this.#requireVisible(found, where);
    if (found?.kind === 'message') return { kind: 'message', message: found };
    if (found?.kind === 'enum') return { kind: 'enum', enum: found };
    throw this.#fail(where, `the type "${name}" is not defined here nor in an imported file`);
  }

  #requireVisible(found: ProtoSymbol | undefined, where: Where): void {
    if (found === undefined || !isType(found) || found.visibility !== 'local') return;
    if (this.#own.get(found.fullName) === found) return;
    throw this.#fail(where, `the type "${found.fullName}" is local to the file that defines it`);
  }

  #message(name: string, scope: string, where: Where): ProtoMessage {
    const found = resolveName(name, scope, this.#symbols, isMessage);
    this.#requireVisible(found, where);
    if (found?.kind === 'message') return found;
    throw this.#fail(where, `the message "${name}" is not defined here nor in an imported file`);
  }

  #declareEnum(written: WrittenEnum, scope: string): ProtoEnum {
    const fullName = joinName(scope, written.name);
    const values: ProtoEnumValue[] = [];
    const valuesByName = new Map<string, ProtoEnumValue>();
    const declared: ProtoEnum = {
      kind: 'enum',
      name: written.name,
      visibility: written.visibility,
      fullName,
      package: this.#written.package,
      values,
      valuesByName,
      reservedRanges: written.reservedRanges.map(withoutOptions),
      reservedNames: written.reservedNames,
      options: this.#options(written.options, 'EnumOptions', fullName, written.where),
    };
    this.#declare(written.name, scope, declared, written.where);
    for (const value of written.values) {
      // A value is a sibling of its enum, as in C++.
      this.#declare(value.name, scope, other, value.where);
      const options = this.#options(value.options, 'EnumValueOptions', fullName, value.where);
      const one = { name: value.name, number: value.number, options };
      values.push(one);
      valuesByName.set(value.name, one);
    }
    this.#checkLater.push(() => checkEnum(written, declared, this.#written.edition, this.#failAt));
    return declared;
  }

  /** Rules that ask for options: allow_alias. */
  readonly #checkLater: (() => void)[] = [];

  #declareService(written: WrittenService, scope: string): ProtoService {
    const fullName = joinName(scope, written.name);
    this.#declare(written.name, scope, other, written.where);
    const methods: ProtoMethod[] = [];
    for (const method of written.methods) {
      this.#declare(method.name, fullName, other, method.where);
      const options = this.#options(method.options, 'MethodOptions', fullName, method.where);
      this.#fillLater.push(() => {
        methods.push({
          name: method.name,
          input: this.#message(method.input, fullName, method.where),
          output: this.#message(method.output, fullName, method.where),
          streamsInput: method.streamsInput,
          streamsOutput: method.streamsOutput,
          options,
        });
      });
    }
    return {
      name: written.name,
      methods,
      options: this.#options(written.options, 'ServiceOptions', fullName, written.where),
    };
  }

  #options(written: WrittenOptions, holder: string, scope: string, where: Where): OptionValues {
    if (written.length === 0) return noOptions;
    const target: SetField[] = [];
    this.#pending.push({ written, holder, scope, where, target });
    return target;
  }

  #interpretOptions(): void {
    const extensions = this.#pending.length === 0 ? new Map() : this.#extensionsByNumber();
    const implied = this.#pending.length === 0 ? [] : this.#optionTypes.implied();
    for (const { written, holder, scope, where, target } of this.#pending) {
      const message = this.#optionTypes.message(holder);
      if (message === undefined) continue;
      const values = interpretOptions(written, message, (option) => ({
        scope,
        symbols: this.#symbols,
        extensions,
        implied,
        fail: (words) => this.#fail(option?.where ?? where, words),
      }));
      target.push(...values);
    }
    for (const check of this.#checkLater) check();
  }

  #extensionsByNumber(): Map<string, Map<number, ProtoField>> {
    const found = new Map<string, Map<number, ProtoField>>();
    for (const symbol of this.#symbols.values()) {
      if (symbol.kind !== 'field' || symbol.extendee === undefined) continue;
      const row = found.get(symbol.extendee.fullName) ?? new Map<number, ProtoField>();
      found.set(symbol.extendee.fullName, row.set(symbol.number, symbol));
    }
    return found;
  }
}

const other: ProtoSymbol = { kind: 'other' };

const withoutOptions = ({ start, end }: WrittenRange): NumberRange => ({ start, end, options: noOptions });

function inPrintOrder({ fields, oneofs }: WrittenMessage): readonly WrittenField[] {
  if (oneofs.length === 0) return fields;
  const byOneof = Map.groupBy(fields, ({ oneof }) => oneof);
  return [undefined, ...oneofs.map(({ name }) => name)].flatMap((oneof) => byOneof.get(oneof) ?? []);
}

const emptyMessage: ProtoMessage = {
  kind: 'message',
  name: '',
  fullName: '',
  package: '',
  fields: [],
  oneofs: [],
  messages: [],
  enums: [],
  extensions: [],
  extensionRanges: [],
  reservedRanges: [],
  reservedNames: [],
  options: noOptions,
};

const plainField = (name: string, number: number, type: FieldType): ProtoField => ({
  kind: 'field',
  name,
  fullName: name,
  number,
  label: 'optional',
  type,
  oneof: undefined,
  extendee: undefined,
  default: undefined,
  jsonName: undefined,
  options: noOptions,
});
