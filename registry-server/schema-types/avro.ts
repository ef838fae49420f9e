import { avroMismatches } from '../compatibility/avro/table.ts';
import type { AvroSchema } from './avro/model.ts';
import { type Names, parseAvro } from './avro/parse.ts';
import { printAvro, printNormalizedAvro } from './avro/print.ts';
import { readJson } from './json-text.ts';
import type { ParsedSchema, ResolvedReference, SchemaType } from './schema-type.ts';

export const avro: SchemaType<AvroSchema> = {
  name: 'AVRO',
  parse: (text, references) => {
    const names: Names = new Map();
    for (const reference of references) parseReference(reference, names);
    // What the references define is printed by name only: the text stays what the client wrote.
    const referred = [...names.keys()];
    const model = parseAvro(readJson(text).value, names);
    const canonical = printAvro(model, referred);
    return {
      schemaType: 'AVRO',
      canonical,
      normalized: () => printNormalizedAvro(model, referred),
      formatted: (format) => (format.toLowerCase() === 'resolved' ? printAvro(model, []) : canonical),
      model,
    } satisfies ParsedSchema<AvroSchema>;
  },
  incompatibilities: (reader, writer) => avroMismatches(reader.model, writer.model),
};

function parseReference(reference: ResolvedReference, names: Names): void {
  parseAvro(readJson(reference.schema).value, names);
}
