import { jsonSchemaBreaks } from '../compatibility/json-schema/table.ts';
import { Documents } from './json-schema/documents.ts';
import type { JsonSchemaNode } from './json-schema/model.ts';
import { parseJsonSchema } from './json-schema/parse.ts';
import { jsonSchemaTags, retagJsonSchema } from './json-schema/tags.ts';
import { isObject, readJson, sortedJson } from './json-text.ts';
import { asDecimal } from './number-text.ts';
import { once } from './once.ts';
import { InvalidSchema, type SchemaModel, type SchemaType } from './schema-type.ts';

export const jsonSchema: SchemaType<JsonSchemaNode> = {
  name: 'JSON',
  parse: (text, references) => {
    const { value, compact } = readJson(text);
    if (!isObject(value) && typeof value !== 'boolean') {
      throw new InvalidSchema('a JSON Schema is an object or a boolean');
    }
    const referred = references.map((reference) => ({ reference, root: readJson(reference.schema).value }));
    const canonical = once(compact);
    return {
      schemaType: 'JSON',
      text,
      references,
      canonical,
      normalized: () => sortedJson(value, asDecimal),
      formatted: canonical,
      topLevelFields: () =>
        isObject(value) && isObject(value.properties) ? Object.keys(value.properties) : [],
      findFault: () => undefined,
      tags: () => jsonSchemaTags(value),
      withTags: (changes) => retagJsonSchema(canonical(), changes),
      model: parseJsonSchema(new Documents(value, referred)),
    } satisfies SchemaModel<JsonSchemaNode>;
  },
  incompatibilities: (reader, writer, maxPairs) => jsonSchemaBreaks(reader.model, writer.model, maxPairs),
};
