import { jsonSchemaBreaks } from '../compatibility/json-schema/table.ts';
import { Documents } from './json-schema/documents.ts';
import type { JsonSchemaNode } from './json-schema/model.ts';
import { parseJsonSchema } from './json-schema/parse.ts';
import { isObject, readJson, sortedJson } from './json-text.ts';
import { InvalidSchema, type ParsedSchema, type SchemaType } from './schema-type.ts';

export const jsonSchema: SchemaType<JsonSchemaNode> = {
  name: 'JSON',
  parse: (text, references) => {
    const { value, compact } = readJson(text);
    if (!isObject(value) && typeof value !== 'boolean') {
      throw new InvalidSchema('a JSON Schema is an object or a boolean');
    }
    const referred = references.map((reference) => ({ reference, root: readJson(reference.schema).value }));
    const canonical = compact();
    return {
      schemaType: 'JSON',
      canonical,
      normalized: () => sortedJson(value),
      formatted: () => canonical,
      model: parseJsonSchema(new Documents(value, referred)),
    } satisfies ParsedSchema<JsonSchemaNode>;
  },
  incompatibilities: (reader, writer) => jsonSchemaBreaks(reader.model, writer.model),
};
