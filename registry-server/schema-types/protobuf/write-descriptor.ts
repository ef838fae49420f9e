import {
  editionNumbers,
  enumType,
  groupType,
  labelNumbers,
  messageType,
  scalarNumbers,
} from './descriptor-types.ts';
import {
  type FieldType,
  jsonNameOf,
  type NumberRange,
  type OptionValues,
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoOneof,
  type ProtoService,
} from './model.ts';
import { encodeOptions } from './option-bytes.ts';
import { WireWriter } from './wire.ts';
import { type Edition, visibilityNumbers } from './written.ts';

/** The file's name is not part of a schema; this is what the reference gives, and clients put their own. */
const fileName = 'default';

/** A serialized FileDescriptorProto, with all that protoc adds. */
export function writeDescriptor(file: ProtoFile): Buffer {
  // Readers refuse a file that lacks what it imports, or does not import what it takes.
  const paths: ProtoFile['imports'] = [
    ...file.imports.filter(({ kind, path }) => kind !== 'option' && !file.openImports.has(path)),
    ...[...file.impliedImports].map((path) => ({ path, kind: 'plain' as const })),
  ];
  const writer = new WireWriter().string(1, fileName).string(2, file.package || undefined);
  writer.strings(
    3,
    paths.map(({ path }) => path),
  );
  for (const [index, { kind }] of paths.entries()) {
    if (kind === 'public') writer.int(10, index);
    if (kind === 'weak') writer.int(11, index);
  }
  writer.messages(4, file.messages, (message) => writeMessage(message, file.edition));
  writer.messages(5, file.enums, writeEnum);
  writer.messages(6, file.services, writeService);
  writer.messages(7, file.extensions, (field) => writeField(field, file.edition, noOneofs));
  writeOptions(writer, 8, file.options);
  for (const { path, kind } of file.imports) if (kind === 'option') writer.string(15, path);
  const edition = editionNumbers[file.edition];
  if (edition !== undefined) writer.string(12, 'editions').int(14, edition);
  else if (file.edition === 'proto3') writer.string(12, 'proto3');
  return writer.finish();
}

/** The index of each oneof. */
type Oneofs = ReadonlyMap<string, number>;

const noOneofs: Oneofs = new Map();

function writeOptions(writer: WireWriter, number: number, options: OptionValues): void {
  if (options.length === 0) return;
  const bytes = encodeOptions(options);
  if (bytes.length > 0) writer.bytes(number, bytes);
}

function writeMessage(message: ProtoMessage, edition: Edition): Buffer {
  const optional = edition === 'proto3' ? message.fields.filter(({ label }) => label === 'optional') : [];
  const taken = new Set([...message.fields, ...message.oneofs].map(({ name }) => name));
  // Fields with presence in proto3 are oneofs of one field, after all others.
  const synthetic = optional.map(({ name }) => freeName(name, taken));
  const keys = [...message.oneofs.map(({ name }) => name), ...optional.map(({ name }) => syntheticKey(name))];
  const oneofs: Oneofs = new Map(keys.map((key, index) => [key, index]));
  const entries = message.fields.flatMap(({ type }) => (type.kind === 'map' ? [type.entry] : []));
  const writer = new WireWriter().string(1, message.name);
  writer.messages(2, message.fields, (field) => writeField(field, edition, oneofs, message.fullName));
  writer.messages(3, entries, writeEntry);
  writer.messages(3, message.messages, (inner) => writeMessage(inner, edition));
  writer.messages(4, message.enums, writeEnum);
  writer.messages(5, message.extensionRanges, (range) => writeRange(range, 1));
  writer.messages(6, message.extensions, (field) => writeField(field, edition, noOneofs));
  writeOptions(writer, 7, message.options);
  writer.messages(8, message.oneofs, writeOneof);
  writer.messages(8, synthetic, (name) => new WireWriter().string(1, name).finish());
  writer.messages(9, message.reservedRanges, (range) => writeRange(range, 1));
  writer.strings(10, message.reservedNames);
  return writer.int(11, visibilityOf(message)).finish();
}

/** No oneof has such a name. */
const syntheticKey = (field: string): string => `= ${field}`;

function freeName(field: string, taken: Set<string>): string {
  let name = field.startsWith('_') ? field : `_${field}`;
  while (taken.has(name)) name = `X${name}`;
  taken.add(name);
  return name;
}

function writeEntry(entry: ProtoMessage): Buffer {
  const writer = new WireWriter().string(1, entry.name);
  writer.messages(2, entry.fields, (field) => writeField(field, 'proto2', noOneofs));
  // map_entry of MessageOptions.
  return writer.bytes(7, new WireWriter().flag(7, true).finish()).finish();
}

function writeField(
  field: ProtoField,
  edition: Edition,
  oneofs: Oneofs,
  scope: string | undefined = undefined,
): Buffer {
  const { name, number, type, label, oneof, extendee } = field;
  const isOptional = edition === 'proto3' && label === 'optional';
  const writer = new WireWriter()
    .string(1, name)
    .string(2, extendee && nameOf(extendee))
    .int(3, number)
    .int(4, labelNumbers[type.kind === 'map' ? 'repeated' : (label ?? 'optional')])
    .int(5, typeNumber(type))
    .string(6, typeName(type))
    .string(7, field.default);
  writeOptions(writer, 8, field.options);
  writer.int(9, oneofs.get(oneof ?? (isOptional ? syntheticKey(name) : '')));
  if (scope !== undefined) writer.string(10, field.jsonName ?? jsonNameOf(name));
  return writer.flag(17, isOptional).finish();
}

function typeNumber(type: FieldType): number | undefined {
  if (type.kind === 'scalar') return scalarNumbers[type.scalar];
  if (type.kind === 'enum') return enumType;
  if (type.kind === 'message' && type.message.unknownAs !== undefined) return undefined;
  return type.kind === 'group' ? groupType : messageType;
}

function typeName(type: FieldType): string | undefined {
  if (type.kind === 'scalar') return undefined;
  return nameOf(type.kind === 'enum' ? type.enum : type.kind === 'map' ? type.entry : type.message);
}

const nameOf = (target: ProtoMessage | ProtoEnum): string =>
  target.kind === 'message' && target.unknownAs !== undefined ? target.unknownAs : `.${target.fullName}`;

function writeOneof({ name, options }: ProtoOneof): Buffer {
  const writer = new WireWriter().string(1, name);
  writeOptions(writer, 2, options);
  return writer.finish();
}

function writeRange({ start, end, options }: NumberRange, beyond: number): Buffer {
  const writer = new WireWriter().int(1, start).int(2, end + beyond);
  writeOptions(writer, 3, options);
  return writer.finish();
}

function writeEnum(written: ProtoEnum): Buffer {
  const writer = new WireWriter().string(1, written.name);
  writer.messages(2, written.values, ({ name, number, options }) => {
    const value = new WireWriter().string(1, name).int(2, number);
    writeOptions(value, 3, options);
    return value.finish();
  });
  writeOptions(writer, 3, written.options);
  writer.messages(4, written.reservedRanges, (range) => writeRange(range, 0));
  return writer.strings(5, written.reservedNames).int(6, visibilityOf(written)).finish();
}

const visibilityOf = ({ visibility }: ProtoMessage | ProtoEnum): number | undefined =>
  visibility && visibilityNumbers[visibility];

function writeService(service: ProtoService): Buffer {
  const writer = new WireWriter().string(1, service.name);
  writer.messages(2, service.methods, (method) => {
    const value = new WireWriter()
      .string(1, method.name)
      .string(2, nameOf(method.input))
      .string(3, nameOf(method.output));
    writeOptions(value, 4, method.options);
    return value.flag(5, method.streamsInput).flag(6, method.streamsOutput).finish();
  });
  writeOptions(writer, 3, service.options);
  return writer.finish();
}
