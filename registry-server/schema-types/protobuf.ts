import { protobufBreaks } from '../compatibility/protobuf/table.ts';
import { once } from './once.ts';
import { openSurroundings, optionTypes, readProto } from './protobuf/imports.ts';
import { linkFile } from './protobuf/link.ts';
import type { ProtoFile } from './protobuf/model.ts';
import { printFile } from './protobuf/print.ts';
import { printWritten } from './protobuf/print-written.ts';
import { strictFault } from './protobuf/strict-fault.ts';
import { protobufTags, retagProtobuf } from './protobuf/tags.ts';
import { writeDescriptor } from './protobuf/write-descriptor.ts';
import type { SchemaModel, SchemaType } from './schema-type.ts';

export const protobuf: SchemaType<ProtoFile> = {
  name: 'PROTOBUF',
  parse: (text, references) => {
    const written = readProto(text);
    const surroundings = openSurroundings(written, references);
    const linked = linkFile(written, surroundings, optionTypes);
    const { file } = linked;
    const { imports } = surroundings;
    // A text stays as it was written, so that its guid is that of other registries; a descriptor has no other form. Printed
    // at once, so that what was read need not be kept: it is as large as the model.
    const isKept = written.form !== 'descriptor' && !linked.hasWrittenMaps;
    const kept = isKept ? sameOr(text, printWritten(written)) : undefined;
    const canonical =
      kept === undefined
        ? once(() => printFile(file, { isNormalized: false, leavesOutExtensions: false }))
        : () => kept;
    return {
      schemaType: 'PROTOBUF',
      text,
      references,
      canonical,
      normalized: () => printFile(file, { isNormalized: true, leavesOutExtensions: false }),
      formatted: (format) => {
        switch (format.toLowerCase()) {
          case 'serialized':
            return writeDescriptor(file).toString('base64');
          case 'ignore_extensions':
            return printFile(file, { isNormalized: false, leavesOutExtensions: true });
          default:
            return canonical();
        }
      },
      // Fields of oneofs, too, of which the reference says nothing.
      topLevelFields: () => file.messages.flatMap(({ fields }) => fields.map(({ name }) => name)),
      findFault: (_, isStrict = false) => (isStrict ? strictFault(linked, imports) : linked.faults.usual),
      tags: () => protobufTags(file),
      withTags: (changes) => retagProtobuf(file, changes, optionTypes.implied()),
      model: file,
    } satisfies SchemaModel<ProtoFile>;
  },
  incompatibilities: (reader, writer, options) =>
    protobufBreaks(reader.model, writer.model, options?.maxSteps),
};

/** What is stored is printed as it is: the same string need not be kept twice. */
const sameOr = (text: string, printed: string): string => (printed === text ? text : printed);
