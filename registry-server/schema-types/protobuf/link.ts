import { defaultOf } from './default.ts';
import { FaultRecord } from './fault-record.ts';
import { FieldTypes } from './field-types.ts';
import { FileNames } from './file-names.ts';
import type { LinkedFile, OptionTypes, Surroundings } from './linked-file.ts';
import { isWrittenOut } from './map-entry.ts';
import {
  entryNameOf,
  type FileHead,
  jsonNameOf,
  type NumberRange,
  noOptions,
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
  unknownOption,
} from './model.ts';
import { OptionQueue } from './option-queue.ts';
import { mindedNumber } from './options.ts';
import { checkEnum, checkField, checkMessage } from './rules.ts';
import { joinName } from './scopes.ts';
import type {
  Where,
  WrittenBody,
  WrittenEnum,
  WrittenField,
  WrittenFile,
  WrittenMessage,
  WrittenRange,
  WrittenService,
} from './written.ts';

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

/** One file on its way from what was written to the model. */
class Linker {
  readonly #written: WrittenFile;
  readonly #faults: FaultRecord;
  readonly #names: FileNames;
  readonly #types: FieldTypes;
  readonly #options: OptionQueue;
  readonly #home: FileHead;
  /** Fields wait until every type is known. */
  readonly #fillLater: (() => void)[] = [];
  /** Rules that ask for options, such as allow_alias. */
  readonly #checkLater: (() => void)[] = [];
  readonly #extensionNumbers = new Set<string>();

  constructor(written: WrittenFile, surroundings: Surroundings, optionTypes: OptionTypes) {
    this.#written = written;
    this.#faults = new FaultRecord(written);
    this.#names = new FileNames(written, surroundings, this.#faults);
    this.#types = new FieldTypes(written.package, this.#names, this.#faults);
    this.#options = new OptionQueue(this.#names, this.#faults, optionTypes);
    const options = this.#options.add(written.options, 'FileOptions', written.package, 0);
    this.#home = { edition: written.edition, options };
  }

  link(): LinkedFile {
    const written = this.#written;
    const publicImports = this.#names.addImports();
    const scope = written.package;
    this.#names.addPackage(scope);
    const body = this.#declareBody(written, scope);
    const services = written.services.map((service) => this.#declareService(service, scope));
    for (const fill of this.#fillLater) fill();
    this.#options.interpret();
    for (const check of this.#checkLater) check();
    this.#types.dropEntries();
    const { own, symbols, openImports, impliedImports } = this.#names;
    const file: ProtoFile = {
      edition: written.edition,
      package: written.package,
      imports: onceEach(written.imports),
      openImports,
      impliedImports,
      ...body,
      services,
      options: this.#home.options,
      own,
      symbols,
    };
    const { hasWrittenMaps } = this.#types;
    return { file, publicImports, faults: this.#faults.found, hasWrittenMaps };
  }

  #declareBody(body: WrittenBody, scope: string) {
    const groups: ProtoMessage[] = [];
    const extensions = this.#declareExtensions(body.extensions, scope, groups);
    const messages = body.messages.map((message) => this.#declareMessage(message, scope));
    const enums = body.enums.map((one) => this.#declareEnum(one, scope));
    return { messages: this.#types.listed([...groups, ...messages]), enums, extensions };
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
      options: this.#options.add(written.options, 'MessageOptions', fullName, written.where),
    };
    this.#names.declare(written.name, scope, message, written.where);
    this.#faults.attempt(() => checkMessage(written, this.#written.edition, this.#faults.fail));
    this.#types.addMessage(message, written);
    if (isWrittenOut(written)) {
      this.#faults.mind(
        written.where,
        `message "${written.name}" sets map_entry, which only compilers do; write map<…>`,
      );
    }
    for (const range of written.extensionRanges) {
      const { start, end } = range;
      extensionRanges.push({
        start,
        end,
        options: this.#options.add(range.options, 'ExtensionRangeOptions', fullName, range.where),
      });
    }
    for (const oneof of written.oneofs) {
      this.#names.declare(oneof.name, fullName, other, oneof.where);
      oneofs.push({
        name: oneof.name,
        options: this.#options.add(oneof.options, 'OneofOptions', fullName, oneof.where),
      });
    }
    for (const field of inPrintOrder(written)) {
      this.#names.declare(field.name, fullName, other, field.where);
      const group = field.group && this.#declareMessage(field.group, fullName);
      if (group) groups.push(group);
      if (field.map) this.#names.declare(entryNameOf(field.name), fullName, other, field.where);
      this.#fillLater.push(() => fields.push(this.#field(field, fullName, group)));
    }
    const body = this.#declareBody(written, fullName);
    messages.push(...groups, ...body.messages);
    this.#types.listed(messages);
    enums.push(...body.enums);
    // An array that fills later, as the fields do.
    this.#fillLater.push(() => extensions.push(...body.extensions));
    return message;
  }

  #declareExtensions(
    written: readonly WrittenField[],
    scope: string,
    groups: ProtoMessage[],
  ): readonly ProtoField[] {
    const extensions: ProtoField[] = [];
    for (const extension of written) {
      this.#names.declare(extension.name, scope, other, extension.where);
      const group = extension.group && this.#declareMessage(extension.group, scope);
      if (group) groups.push(group);
      this.#fillLater.push(() => {
        const field = this.#field(extension, scope, group);
        this.#faults.attempt(() => this.#checkExtensionNumber(field, extension.where));
        extensions.push(field);
        this.#names.own.set(field.fullName, field);
        this.#names.symbols.set(field.fullName, field);
      });
    }
    return extensions;
  }

  #checkExtensionNumber({ extendee, number, name }: ProtoField, where: Where): void {
    const key = `${extendee?.fullName} ${number}`;
    if (this.#extensionNumbers.has(key)) {
      throw this.#faults.fail(
        where,
        `the extension "${name}" has the number ${number}, which another one has already`,
      );
    }
    this.#extensionNumbers.add(key);
  }

  #field(written: WrittenField, scope: string, group: ProtoMessage | undefined): ProtoField {
    const type = this.#types.ofField(written, scope, group);
    const extendee =
      written.extendee === undefined
        ? undefined
        : this.#types.message(written.extendee, scope, written.where);
    this.#faults.attempt(() => checkField(written, type, extendee, this.#written.edition, this.#faults.fail));
    const { name, number, jsonName, where } = written;
    let fallback: string | undefined;
    const hasFallback = this.#faults.attempt(() => {
      fallback = defaultOf(written, type, (words) => this.#faults.fail(where, words));
    });
    if (typeof written.default === 'object' && type.kind === 'scalar') {
      const words = mindedNumber(type.scalar, written.default);
      if (words !== undefined) this.#faults.mind(where, `the default of field "${name}" ${words}`);
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
      options: this.#options.add(written.options, 'FieldOptions', scope, where, kept),
    };
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
      options: this.#options.add(written.options, 'EnumOptions', fullName, written.where),
    };
    this.#names.declare(written.name, scope, declared, written.where);
    for (const value of written.values) {
      // A value is a sibling of its enum, as in C++.
      this.#names.declare(value.name, scope, other, value.where);
      const options = this.#options.add(value.options, 'EnumValueOptions', fullName, value.where);
      const one = { name: value.name, number: value.number, options };
      values.push(one);
      valuesByName.set(value.name, one);
    }
    this.#checkLater.push(() => {
      this.#faults.attempt(() => checkEnum(written, declared, this.#written.edition, this.#faults.fail));
    });
    return declared;
  }

  #declareService(written: WrittenService, scope: string): ProtoService {
    const fullName = joinName(scope, written.name);
    this.#names.declare(written.name, scope, other, written.where);
    const methods: ProtoMethod[] = [];
    for (const method of written.methods) {
      this.#names.declare(method.name, fullName, other, method.where);
      const options = this.#options.add(method.options, 'MethodOptions', fullName, method.where);
      this.#fillLater.push(() => {
        methods.push({
          name: method.name,
          input: this.#types.message(method.input, fullName, method.where),
          output: this.#types.message(method.output, fullName, method.where),
          streamsInput: method.streamsInput,
          streamsOutput: method.streamsOutput,
          options,
        });
      });
    }
    return {
      name: written.name,
      methods,
      options: this.#options.add(written.options, 'ServiceOptions', fullName, written.where),
    };
  }
}

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
