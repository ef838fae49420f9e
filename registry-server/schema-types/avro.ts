import { avroMismatches } from '../compatibility/avro/table.ts';
import { invalidDefaults, unreadableFraction } from './avro/defaults.ts';
import type { AvroSchema } from './avro/model.ts';
import { invalidNamespace, nameBeyondAscii } from './avro/names.ts';
import { type Names, parseAvro } from './avro/parse.ts';
import { printAvro, printNormalizedAvro } from './avro/print.ts';
import { avroTags, retagAvro } from './avro/tags.ts';
import { readJson } from './json-text.ts';
import { once } from './once.ts';
import type { ResolvedReference, SchemaModel, SchemaType } from './schema-type.ts';

export const avro: SchemaType<AvroSchema> = {
  name: 'AVRO',
  parse: (text, references) => {
    const names: Names = new Map();
    for (const reference of references) parseReference(reference, names);
    // What the references define is printed by name only: the text stays what the client wrote.
    const referred = [...names.keys()];
    const referredNames: ReadonlySet<string> = new Set(referred);
    const model = parseAvro(readJson(text).value, names);
    const canonical = once(() => printAvro(model, referred));
    return {
      schemaType: 'AVRO',
      text,
      references,
      canonical,
      normalized: () => printNormalizedAvro(model, referred),
      formatted: (format) => (format.toLowerCase() === 'resolved' ? printAvro(model, []) : canonical()),
      topLevelFields: () => (model.type === 'record' ? model.fields.map(({ name }) => name) : []),
      findFault: (rules) =>
        invalidNamespace(model, referredNames) ??
        unreadableFraction(model, referredNames) ??
        (rules === 'new' ? (nameBeyondAscii(model, referredNames) ?? invalidDefaults(model)) : undefined),
      tags: () => avroTags(model),
      withTags: (changes) => retagAvro(canonical(), changes),
      model,
    } satisfies SchemaModel<AvroSchema>;
  },
  incompatibilities: (reader, writer, options) =>
    avroMismatches(reader.model, writer.model, options?.maxSteps),
};

function parseReference(reference: ResolvedReference, names: Names): void {
  parseAvro(readJson(reference.schema).value, names);
}
