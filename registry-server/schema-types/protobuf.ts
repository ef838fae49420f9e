import { protobufBreaks } from '../compatibility/protobuf/table.ts';
import { linkImports, optionTypes, readProto } from './protobuf/imports.ts';
import { linkFile } from './protobuf/link.ts';
import type { ProtoFile } from './protobuf/model.ts';
import { printFile } from './protobuf/print.ts';
import { writeDescriptor } from './protobuf/write-descriptor.ts';
import type { ParsedSchema, SchemaType } from './schema-type.ts';

export const protobuf: SchemaType<ProtoFile> = {
  name: 'PROTOBUF',
  parse: (text, references) => {
    const written = readProto(text);
    const { file } = linkFile(written, linkImports(written, references), optionTypes);
    const canonical = printFile(file, { isNormalized: false, leavesOutExtensions: false });
    return {
      schemaType: 'PROTOBUF',
      canonical,
      normalized: () => printFile(file, { isNormalized: true, leavesOutExtensions: false }),
      formatted: (format) => {
        switch (format.toLowerCase()) {
          case 'serialized':
            return writeDescriptor(file).toString('base64');
          case 'ignore_extensions':
            return printFile(file, { isNormalized: false, leavesOutExtensions: true });
          default:
            return canonical;
        }
      },
      model: file,
    } satisfies ParsedSchema<ProtoFile>;
  },
  incompatibilities: (reader, writer) => protobufBreaks(reader.model, writer.model),
};
