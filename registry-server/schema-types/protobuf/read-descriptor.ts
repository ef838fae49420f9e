import { InvalidSchema } from '../invalid-schema.ts';
import { editionNumbers, groupType, scalarsByNumber } from './descriptor-types.ts';
import { readEnum, readRange, readVisibility } from './read-enum.ts';
import { readService } from './read-service.ts';
import { noBytes, WireReader } from './wire.ts';
import {
  type Edition,
  type Import,
  type Label,
  maxDepth,
  maxNameLength,
  type Visibility,
  type WrittenField,
  type WrittenFile,
  type WrittenMessage,
  type WrittenOneof,
  type WrittenRange,
} from './written.ts';

/**
 * Reads a serialized FileDescriptorProto. What a compiler adds to a text is taken away again: the oneofs of proto3
 * optional fields, names of groups.
 * @throws InvalidSchema when the bytes are none
 */
export function readDescriptor(bytes: Uint8Array): WrittenFile {
  const reader = new WireReader(bytes);
  let packageName = '';
  let syntax = '';
  let edition = 0;
  let options: Uint8Array = noBytes;
  const paths: string[] = [];
  const kinds = new Map<number, Import['kind']>();
  const optionPaths: string[] = [];
  const messages: Buffer[] = [];
  const enums: Buffer[] = [];
  const services: Buffer[] = [];
  const extensions: Buffer[] = [];
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 2) packageName = reader.string();
    else if (field === 3) paths.push(reader.string());
    else if (field === 10) for (const index of readInts(reader)) kinds.set(index, 'public');
    else if (field === 11) for (const index of readInts(reader)) kinds.set(index, 'weak');
    else if (field === 15) optionPaths.push(reader.string());
    else if (field === 4) messages.push(reader.bytes());
    else if (field === 5) enums.push(reader.bytes());
    else if (field === 6) services.push(reader.bytes());
    else if (field === 7) extensions.push(reader.bytes());
    else if (field === 8) options = reader.bytes();
    else if (field === 12) syntax = reader.string();
    else if (field === 14) edition = reader.int();
    else reader.skip();
  }
  requireShort(packageName);
  const scope: Scope = {
    edition: editionOf(syntax, edition),
    name: packageName,
    depth: 0,
  };
  const prefix = packageName === '' ? '.' : `.${packageName}.`;
  const groups = new Groups(
    messages.map((bytes) => {
      const message = readMessage(bytes, scope);
      return { message, typeName: prefix + message.name };
    }),
  );
  const withGroups: Scope = { ...scope, group: (typeName) => groups.take(typeName) };
  const fields = extensions.map((extension) => readField(extension, withGroups, noOneofs));
  const imports: Import[] = paths.map((path, index) => ({
    path,
    kind: kinds.get(index) ?? 'plain',
    where: `import "${path}"`,
  }));
  for (const path of optionPaths) imports.push({ path, kind: 'option', where: `import option "${path}"` });
  return {
    edition: scope.edition,
    package: packageName,
    imports,
    messages: groups.others(),
    enums: enums.map(readEnum),
    extensions: fields,
    services: services.map(readService),
    options,
    form: 'descriptor',
    minded: undefined,
    placeOf: (where) => (typeof where === 'number' ? 'the file' : where),
  };
}

function requireShort(fullName: string): void {
  if (fullName.length <= maxNameLength) return;
  throw new InvalidSchema(
    `the full name "${fullName.slice(0, 60)}…" has more than ${maxNameLength} characters`,
  );
}

function editionOf(syntax: string, number: number): Edition {
  if (syntax === '' || syntax === 'proto2') return 'proto2';
  if (syntax === 'proto3') return 'proto3';
  const found = (['2023', '2024'] as const).find((name) => editionNumbers[name] === number);
  if (syntax === 'editions' && found) return found;
  throw new InvalidSchema(`syntax "${syntax}", edition ${number} is not known`);
}

interface Scope {
  readonly edition: Edition;
  readonly name: string;
  readonly depth: number;
  /** The message of a group by its full name, with its dot. */
  readonly group?: (typeName: string) => WrittenMessage | undefined;
}

function readInts(reader: WireReader): readonly number[] {
  if (reader.wireType === 0) return [reader.int()];
  const packed = new WireReader(reader.bytes());
  const values: number[] = [];
  while (!packed.isAtEnd) values.push(packed.int());
  return values;
}

interface ReadParts {
  name: string;
  readonly fields: Buffer[];
  readonly messages: Buffer[];
  readonly enums: Buffer[];
  readonly extensions: Buffer[];
  readonly oneofs: WrittenOneof[];
  readonly extensionRanges: WrittenRange[];
  readonly reservedRanges: WrittenRange[];
  readonly reservedNames: string[];
  options: Uint8Array;
  visibility: Visibility | undefined;
}

function readParts(bytes: Buffer): ReadParts {
  const parts: ReadParts = {
    name: '',
    fields: [],
    messages: [],
    enums: [],
    extensions: [],
    oneofs: [],
    extensionRanges: [],
    reservedRanges: [],
    reservedNames: [],
    options: noBytes,
    visibility: undefined,
  };
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) parts.name = reader.string();
    else if (field === 2) parts.fields.push(reader.bytes());
    else if (field === 3) parts.messages.push(reader.bytes());
    else if (field === 4) parts.enums.push(reader.bytes());
    else if (field === 5) parts.extensionRanges.push(readRange(reader.bytes(), 1));
    else if (field === 6) parts.extensions.push(reader.bytes());
    else if (field === 7) parts.options = reader.bytes();
    else if (field === 8) parts.oneofs.push(readOneof(reader.bytes()));
    else if (field === 9) parts.reservedRanges.push(readRange(reader.bytes(), 1));
    else if (field === 10) parts.reservedNames.push(reader.string());
    else if (field === 11) parts.visibility = readVisibility(reader);
    else reader.skip();
  }
  return parts;
}

function readMessage(bytes: Buffer, outer: Scope): WrittenMessage {
  if (outer.depth >= maxDepth) {
    throw new InvalidSchema(`messages are nested deeper than ${maxDepth} levels`);
  }
  const parts = readParts(bytes);
  const fullName = outer.name === '' ? parts.name : `${outer.name}.${parts.name}`;
  requireShort(fullName);
  const inner: Scope = {
    edition: outer.edition,
    name: fullName,
    depth: outer.depth + 1,
  };
  const groups = new Groups(
    parts.messages.map((nested) => {
      const message = readMessage(nested, inner);
      return { message, typeName: `.${fullName}.${message.name}` };
    }),
  );
  const scope: Scope = { ...inner, group: (typeName) => groups.take(typeName) };
  const synthetic = new Set<string>();
  const fields = parts.fields.map((field) => readField(field, scope, parts.oneofs, synthetic));
  const extensions = parts.extensions.map((extension) => readField(extension, scope, noOneofs));
  return {
    name: parts.name,
    fields,
    oneofs: parts.oneofs.filter(({ name }) => !synthetic.has(name)),
    messages: groups.others(),
    enums: parts.enums.map(readEnum),
    extensions,
    extensionRanges: parts.extensionRanges,
    reservedRanges: parts.reservedRanges,
    reservedNames: parts.reservedNames,
    reserved: [],
    options: parts.options,
    visibility: parts.visibility,
    where: `message "${fullName}"`,
  };
}

const noOneofs: readonly WrittenOneof[] = [];

interface Nested {
  readonly message: WrittenMessage;
  readonly typeName: string;
}

/** The messages of a scope, some of which turn out to be those of groups. */
class Groups {
  readonly #messages: ReadonlyMap<string, WrittenMessage>;
  readonly #taken = new Set<WrittenMessage>();

  constructor(messages: readonly Nested[]) {
    this.#messages = new Map(messages.map(({ typeName, message }) => [typeName, message]));
  }

  take(typeName: string): WrittenMessage | undefined {
    const found = this.#messages.get(typeName);
    if (found) this.#taken.add(found);
    return found;
  }

  others(): readonly WrittenMessage[] {
    return [...this.#messages.values()].filter((message) => !this.#taken.has(message));
  }
}

function readField(
  bytes: Buffer,
  scope: Scope,
  oneofs: readonly WrittenOneof[],
  synthetic: Set<string> = new Set(),
): WrittenField {
  let name = '';
  let number = 0;
  let labelNumber = 1;
  let typeNumber = 0;
  let typeName = '';
  let extendee: string | undefined;
  let value: string | undefined;
  let oneofIndex = -1;
  let jsonName: string | undefined;
  let isOptional = false;
  let options: Uint8Array = noBytes;
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) name = reader.string();
    else if (field === 2) extendee = reader.string();
    else if (field === 3) number = reader.int();
    else if (field === 4) labelNumber = reader.int();
    else if (field === 5) typeNumber = reader.int();
    else if (field === 6) typeName = reader.string();
    else if (field === 7) value = reader.string();
    else if (field === 8) options = reader.bytes();
    else if (field === 9) oneofIndex = reader.int();
    else if (field === 10) jsonName = reader.string();
    else if (field === 17) isOptional = reader.bool();
    else reader.skip();
  }
  const where = `field "${name}" of "${scope.name}"`;
  const oneof = oneofs[oneofIndex]?.name;
  if (isOptional && oneof !== undefined) synthetic.add(oneof);
  const isGroup = typeNumber === groupType;
  const group = isGroup ? scope.group?.(typeName) : undefined;
  if (isGroup && !group) throw new InvalidSchema(`${where}: the message of the group is missing`);
  const type = isGroup ? (group?.name ?? '') : (scalarsByNumber.get(typeNumber) ?? typeName);
  if (type === '') throw new InvalidSchema(`${where}: the field has no type`);
  return {
    name,
    number,
    label: labelOf(labelNumber, scope.edition, isOptional, !isOptional && oneof !== undefined),
    type,
    // The entry of a map is a message here; the linker knows it.
    map: undefined,
    group,
    oneof: isOptional ? undefined : oneof,
    extendee,
    default: value,
    // What an extension has here is of no use: it is named in brackets.
    jsonName: extendee === undefined ? jsonName : undefined,
    options,
    where,
  };
}

function labelOf(
  number: number,
  edition: Edition,
  isOptional: boolean,
  isInOneof: boolean,
): Label | undefined {
  if (number === 3) return 'repeated';
  if (number === 2) return 'required';
  return isOptional || (edition === 'proto2' && !isInOneof) ? 'optional' : undefined;
}

function readOneof(bytes: Buffer): WrittenOneof {
  let name = '';
  let options: Uint8Array = noBytes;
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) name = reader.string();
    else if (field === 2) options = reader.bytes();
    else reader.skip();
  }
  return { name, options, where: `oneof "${name}"` };
}
