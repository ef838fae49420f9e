import { InvalidSchema } from '../invalid-schema.ts';
import { defaultOf } from './default.ts';
import { featuresOf } from './features.ts';
import { isWrittenOut, linkedEntry, writtenEntry } from './map-entry.ts';
import {
  emptyMessage,
  entryNameOf,
  type FieldType,
  type FileHead,
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
  plainField,
  type SetField,
  type Symbols,
  unknownOption,
} from './model.ts';
import { interpretOptions, mindedNumber } from './options.ts';
import { checkEnum, checkField, checkMapKey, checkMessage, checkName } from './rules.ts';
import { isMessage, isType, joinName, outerScope, resolveName } from './scopes.ts';
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
  readonly faults: Faults;
  /** A map was written out as a list of entries. */
  readonly hasWrittenMaps: boolean;
}

/** What is wrong with a file that parses, the first of each: words with their place. */
export interface Faults {
  /** What no compiler could ever read, and types that are not there. */
  readonly usual: string | undefined;
  /** What protoc minds and the reference does not. */
  readonly strict: string | undefined;
}

/** What a file can see. */
export interface Surroundings {
  /** By path. */
  readonly imports: ReadonlyMap<string, LinkedFile>;
  /** What all given and all known files define, imported or not: the reference looks there, too. */
  readonly elsewhere: () => Elsewhere;
}

export interface Elsewhere {
  readonly symbols: Symbols;
  /** The file that defines a symbol. */
  readonly paths: ReadonlyMap<ProtoSymbol, string>;
}

/** What options are made of. */
export interface OptionTypes {
  /** The options messages of descriptor.proto. */
  readonly message: (name: string) => ProtoMessage | undefined;
  /** The custom options that need no import. */
  readonly implied: () => readonly ProtoField[];
}

/**
 * Resolves every name of a file. What is missing or breaks a rule is among its faults, and kept: what another registry
 * took must be readable here.
 * @throws InvalidSchema when a limit is passed, or a name is none
 */
export function linkFile(
  written: WrittenFile,
  surroundings: Surroundings,
  optionTypes: OptionTypes,
): LinkedFile {
  return new Linker(written, surroundings, optionTypes).link();
}

interface PendingOptions {
  readonly written: WrittenOptions;
  readonly holder: string;
  readonly scope: string;
  readonly where: Where;
  readonly target: SetField[];
  readonly kept: readonly SetField[];
}

/** One file on its way from what was written to the model. */
class Linker {
  readonly #written: WrittenFile;
  readonly #surroundings: Surroundings;
  readonly #optionTypes: OptionTypes;
  readonly #own = new Map<string, ProtoSymbol>();
  readonly #symbols = new Map<string, ProtoSymbol>();
  /** Fields wait until every type is known, options until every field is. */
  readonly #fillLater: (() => void)[] = [];
  readonly #pending: PendingOptions[] = [];
  readonly #openImports = new Set<string>();
  readonly #impliedImports = new Set<string>();
  /** Entries of maps that are written out, and where each is listed. */
  readonly #entries = new Map<ProtoMessage, readonly [WrittenField, WrittenField]>();
  /** Those that are used for something else as well. */
  readonly #usedEntries = new Set<ProtoMessage>();
  readonly #home: FileHead;
  /** Seen through `import option`: extensions are all that it is for. */
  readonly #optionImports = new Set<ProtoSymbol>();
  readonly #lists: ProtoMessage[][] = [];
  #hasWrittenMaps = false;
  #usualFault: string | undefined;
  #strictFault: string | undefined;

  constructor(written: WrittenFile, surroundings: Surroundings, optionTypes: OptionTypes) {
    this.#written = written;
    this.#surroundings = surroundings;
    this.#strictFault = written.minded;
    this.#optionTypes = optionTypes;
    const options = this.#options(written.options, 'FileOptions', written.package, 0);
    this.#home = { edition: written.edition, options };
  }

  link(): LinkedFile {
    const written = this.#written;
    const publicImports = this.#addImports();
    const scope = written.package;
    this.#addPackage(scope);
    const { options } = this.#home;
    const body = this.#declareBody(written, scope);
    const services = written.services.map((service) => this.#declareService(service, scope));
    for (const fill of this.#fillLater) fill();
    this.#interpretOptions();
    this.#dropEntries();
    const file: ProtoFile = {
      edition: written.edition,
      package: written.package,
      imports: onceEach(written.imports),
      openImports: this.#openImports,
      impliedImports: this.#impliedImports,
      ...body,
      services,
      options,
      own: this.#own,
      symbols: this.#symbols,
    };
    return {
      file,
      publicImports,
      faults: { usual: this.#usualFault, strict: this.#strictFault },
      hasWrittenMaps: this.#hasWrittenMaps,
    };
  }

  #fail(where: Where, words: string): InvalidSchema {
    return new InvalidSchema(`${this.#written.placeOf(where)}: ${words}`);
  }

  /** What throws in there is a fault, and the file is taken all the same. */
  #attempt(check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (!(error instanceof InvalidSchema)) throw error;
      this.#usualFault ??= error.message;
      return false;
    }
  }

  #mind(where: Where, words: string): void {
    this.#strictFault ??= `${this.#written.placeOf(where)}: ${words}`;
  }

  /** A written-out entry is a map on its own account: it is shown as part of its field. */
  #dropEntries(): void {
    for (const list of this.#lists) {
      const kept = list.filter((message) => !this.#entries.has(message) || this.#usedEntries.has(message));
      if (kept.length < list.length) list.splice(0, list.length, ...kept);
    }
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
      if (kind === 'weak' && this.#written.edition === '2024')
        this.#mind(where, 'edition 2024 has no weak imports');
      if (kind === 'option' && this.#written.edition !== '2024') {
        this.#mind(where, '"import option" begins with edition 2024');
      }
      if (kind !== 'option' && this.#optionImports.size > 0) {
        this.#mind(where, 'an import comes before those of options');
      }
      if (paths.has(path)) this.#mind(where, `"${path}" is imported twice`);
      paths.add(path);
      const linked = this.#surroundings.imports.get(path);
      if (linked === undefined) {
        this.#openImports.add(path);
        this.#mind(where, openImport(path));
        continue;
      }
      if (kind === 'option') for (const symbol of linked.file.own.values()) this.#optionImports.add(symbol);
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
    const isFree = this.#attempt(() => {
      if (!this.#own.has(fullName) && !this.#symbols.has(fullName)) return;
      throw this.#fail(where, `"${fullName}" is defined twice`);
    });
    if (!isFree) return;
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
    return { messages: this.#listed([...groups, ...messages]), enums, extensions };
  }

  /** A list that loses the entries of maps in the end. */
  #listed(messages: ProtoMessage[]): ProtoMessage[] {
    if (messages.some((message) => this.#entries.has(message))) this.#lists.push(messages);
    return messages;
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
      home: this.#home,
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
    this.#attempt(() => checkMessage(written, this.#written.edition, this.#failAt));
    const entry = writtenEntry(written);
    if (entry !== undefined) this.#entries.set(message, entry);
    if (isWrittenOut(written)) {
      this.#mind(
        written.where,
        `message "${written.name}" sets map_entry, which only compilers do; write map<…>`,
      );
    }
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
    this.#listed(messages);
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
        this.#attempt(() => this.#checkExtensionNumber(field, extension.where));
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
    this.#attempt(() => checkField(written, type, extendee, this.#written.edition, this.#failAt));
    const { name, number, jsonName, where } = written;
    let fallback: string | undefined;
    const hasFallback = this.#attempt(() => {
      fallback = defaultOf(written, type, (words) => this.#fail(where, words));
    });
    if (typeof written.default === 'object' && type.kind === 'scalar') {
      const words = mindedNumber(type.scalar, written.default);
      if (words !== undefined) this.#mind(where, `the default of field "${name}" ${words}`);
    }
    const kept = hasFallback ? [] : [keptDefault(written)];
    return {
      kind: 'field',
      name,
      fullName: joinName(scope, name),
      number,
      // That of a map that is written out says nothing more.
      label: type.kind === 'map' && written.map === undefined ? undefined : written.label,
      type,
      oneof: written.oneof,
      extendee,
      default: fallback,
      jsonName: jsonName === jsonNameOf(name) ? undefined : jsonName,
      options: this.#options(written.options, 'FieldOptions', scope, where, kept),
    };
  }

  #fieldType(written: WrittenField, scope: string, group: ProtoMessage | undefined): FieldType {
    if (group) return { kind: 'group', message: group };
    const { where, map } = written;
    if (map) {
      const key = this.#type(map.key, scope, where);
      this.#attempt(() => checkMapKey(key, where, this.#failAt));
      return this.#map(written.name, scope, key, this.#type(map.value, scope, where));
    }
    if (isScalar(written.type)) return { kind: 'scalar', scalar: written.type };
    const found = this.#typeSymbol(written.type, scope, where);
    const isPlain = written.oneof === undefined && written.extendee === undefined;
    const entry = found.kind === 'message' && isPlain ? this.#entryTypes(found, where) : undefined;
    const entryName = joinName(scope, entryNameOf(written.name));
    const holder = this.#own.get(entryName);
    // Printed as a map, it would take the name of something else.
    if (entry === undefined || (holder !== undefined && holder !== found)) return this.#typeOf(found);
    this.#hasWrittenMaps = true;
    return this.#map(written.name, scope, ...entry);
  }

  #map(fieldName: string, scope: string, key: FieldType, value: FieldType): FieldType {
    const name = entryNameOf(fieldName);
    const fields = [plainField('key', 1, key), plainField('value', 2, value)] as const;
    const fullName = joinName(scope, name);
    const entry: ProtoMessage = { ...emptyMessage, name, fullName, package: this.#written.package, fields };
    return { kind: 'map', key: fields[0], value: fields[1], entry };
  }

  /** The types of key and value of a map that is written out. */
  #entryTypes(message: ProtoMessage, where: Where): readonly [FieldType, FieldType] | undefined {
    const own = this.#entries.get(message);
    if (own === undefined) {
      const linked = linkedEntry(message);
      return linked && [linked[0].type, linked[1].type];
    }
    const [key, value] = own.map(({ type }) => this.#type(type, message.fullName, where));
    return key && value && [key, value];
  }

  #type(name: string, scope: string, where: Where): FieldType {
    if (isScalar(name)) return { kind: 'scalar', scalar: name };
    return this.#typeOf(this.#typeSymbol(name, scope, where));
  }

  #typeOf(found: ProtoMessage | ProtoEnum): FieldType {
    if (found.kind === 'enum') return { kind: 'enum', enum: found };
    this.#usedEntries.add(found);
    return { kind: 'message', message: found };
  }

  #typeSymbol(name: string, scope: string, where: Where): ProtoMessage | ProtoEnum {
    const found = this.#resolve(name, scope, isType, where);
    if (found !== undefined && isType(found)) return found;
    return this.#unknown(name, where, `the type "${name}" is not defined here nor in an imported file`);
  }

  #message(name: string, scope: string, where: Where): ProtoMessage {
    const found = this.#resolve(name, scope, isMessage, where);
    if (found?.kind !== 'message') {
      return this.#unknown(name, where, `the message "${name}" is not defined here nor in an imported file`);
    }
    this.#usedEntries.add(found);
    return found;
  }

  #unknown(name: string, where: Where, words: string): ProtoMessage {
    const [open] = this.#openImports;
    this.#usualFault ??= this.#fail(
      where,
      open === undefined ? words : `${words}; ${openImport(open)}`,
    ).message;
    const fullName = name.replace(/^\./, '');
    return { ...emptyMessage, name: fullName, fullName, unknownAs: name };
  }

  /** In the file and its imports, else in any file that was given or is known. */
  #resolve(
    name: string,
    scope: string,
    isWanted: (symbol: ProtoSymbol) => boolean,
    where: Where,
  ): ProtoSymbol | undefined {
    const found = resolveName(name, scope, this.#symbols, isWanted);
    if (found === undefined) return this.#findElsewhere(name, scope, isWanted, where);
    if (resolveName(name, scope, this.#symbols, isWanted, true) !== found) {
      this.#mind(where, `the first part of "${name}" means something nearer by; begin the name with a dot`);
    }
    if (isType(found) && this.#own.get(found.fullName) !== found) {
      const { fullName } = found;
      if (isLocal(found)) this.#mind(where, `the type "${fullName}" is local to the file that defines it`);
      if (this.#optionImports.has(found))
        this.#mind(where, `"import option" does not give the type "${fullName}"`);
    }
    return found;
  }

  #findElsewhere(
    name: string,
    scope: string,
    isWanted: (symbol: ProtoSymbol) => boolean,
    where: Where,
  ): ProtoSymbol | undefined {
    const { symbols, paths } = this.#surroundings.elsewhere();
    const found = resolveName(name, scope, symbols, isWanted);
    const path = found && paths.get(found);
    if (found === undefined || path === undefined) return undefined;
    // The tag API writes Confluent's own options without their import.
    if (!isType(found) && found.kind === 'field' && found.fullName.startsWith('confluent.')) return found;
    this.#mind(where, `"${name}" is defined in "${path}", which is not imported`);
    if (!isType(found)) return found;
    this.#impliedImports.add(path);
    // From here on the file sees it, as if it had been imported.
    for (let at = found.fullName; at !== ''; at = outerScope(at)) {
      const symbol = symbols.get(at);
      if (symbol !== undefined && !this.#symbols.has(at)) this.#symbols.set(at, symbol);
    }
    return found;
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
      home: this.#home,
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
    this.#checkLater.push(() => {
      this.#attempt(() => checkEnum(written, declared, this.#written.edition, this.#failAt));
    });
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

  /** @param kept what is printed after them */
  #options(
    written: WrittenOptions,
    holder: string,
    scope: string,
    where: Where,
    kept: readonly SetField[] = [],
  ): OptionValues {
    if (written.length === 0) return kept.length === 0 ? noOptions : kept;
    const target: SetField[] = [];
    this.#pending.push({ written, holder, scope, where, target, kept });
    return target;
  }

  #interpretOptions(): void {
    const extensions = this.#pending.length === 0 ? new Map() : this.#extensionsByNumber();
    const implied = this.#pending.length === 0 ? [] : this.#optionTypes.implied();
    for (const { written, holder, scope, where, target, kept } of this.#pending) {
      const message = this.#optionTypes.message(holder);
      if (message === undefined) continue;
      const values = interpretOptions(written, message, (option) => ({
        scope,
        where: option?.where ?? where,
        resolve: (name, from, isWanted) => this.#resolve(name, from, isWanted, option?.where ?? where),
        extensions,
        implied,
        fail: (words) => this.#fail(option?.where ?? where, words),
        mind: ({ message: words }) => {
          this.#strictFault ??= words;
        },
      }));
      target.push(...values, ...kept);
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

/** Whether only its own file may use a type: it says so itself, or a feature of the file does. */
function isLocal({ visibility, fullName, package: home, home: head }: ProtoMessage | ProtoEnum): boolean {
  if (visibility !== undefined) return visibility === 'local';
  const { default_symbol_visibility: usual } = featuresOf(head);
  const isInside = fullName.slice(home === '' ? 0 : home.length + 1).includes('.');
  return usual === 'LOCAL_ALL' || usual === 'STRICT' || (usual === 'EXPORT_TOP_LEVEL' && isInside);
}

const openImport = (path: string): string =>
  `nothing is known of the import "${path}"; give a reference of that name`;

const importRanks = ['option', 'weak', 'plain', 'public'] as const;

/** Of one that is there twice, the kind that gives most. */
function onceEach(imports: WrittenFile['imports']): ProtoFile['imports'] {
  const byPath = new Map<string, ProtoFile['imports'][number]>();
  for (const { path, kind } of imports) {
    const known = byPath.get(path);
    if (known !== undefined && importRanks.indexOf(known.kind) >= importRanks.indexOf(kind)) continue;
    byPath.set(path, { path, kind });
  }
  return [...byPath.values()];
}

/** A default that is none of its type stays as it was written. */
function keptDefault({ default: given }: WrittenField): SetField {
  const bytes = Buffer.from(typeof given === 'string' ? given : '');
  return unknownOption('default', typeof given === 'object' ? given : { kind: 'string', bytes });
}

const other: ProtoSymbol = { kind: 'other' };

const withoutOptions = ({ start, end }: WrittenRange): NumberRange => ({ start, end, options: noOptions });

function inPrintOrder({ fields, oneofs }: WrittenMessage): readonly WrittenField[] {
  if (oneofs.length === 0) return fields;
  const byOneof = Map.groupBy(fields, ({ oneof }) => oneof);
  return [undefined, ...oneofs.map(({ name }) => name)].flatMap((oneof) => byOneof.get(oneof) ?? []);
}
