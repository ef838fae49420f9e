import { jsonSchemaBreaks } from '../compatibility/json-schema/table.ts';
import { InvalidSchema } from './invalid-schema.ts';
import { Documents } from './json-schema/documents.ts';
import type { JsonSchemaNode } from './json-schema/model.ts';
import { parseJsonSchema } from './json-schema/parse.ts';
import { jsonSchemaTags, retagJsonSchema } from './json-schema/tags.ts';
import { isObject, type Json, readJson, sortedJson } from './json-text.ts';
import { asDecimal } from './number-text.ts';
import { once } from './once.ts';
import type { Incompatibility, SchemaModel, SchemaType, Side } from './schema-type.ts';

export const jsonSchema: SchemaType<JsonSchemaNode> = {
  name: 'JSON',
  parse: (text, references) => {
    const { value, compact } = readJson(text);
    if (!isObject(value) && typeof value !== 'boolean') {
      throw new InvalidSchema('a JSON Schema is an object or a boolean');
    }
    const referred = references.map((reference) => ({ reference, root: readJson(reference.schema).value }));
    const canonical = once(compact);
    const built = build(value, referred);
    return {
      schemaType: 'JSON',
      text,
      references,
      canonical,
      normalized: () => sortedJson(value, asDecimal),
      formatted: canonical,
      topLevelFields: () =>
        isObject(value) && isObject(value.properties) ? Object.keys(value.properties) : [],
      findFault: (_, isStrict = false) => built.fault ?? (isStrict ? restrictedName(value) : undefined),
      tags: () => jsonSchemaTags(value),
      withTags: (changes) => retagJsonSchema(canonical(), changes),
      model: built.model,
    } satisfies SchemaModel<JsonSchemaNode>;
  },
  incompatibilities: (reader, writer, options) => {
    const unreadable = [
      unreadableAs(reader.findFault('always'), (readerSide) => readerSide),
      unreadableAs(writer.findFault('always'), (_, writerSide) => writerSide),
    ].flat();
    return unreadable.length > 0 ? unreadable : jsonSchemaBreaks(reader.model, writer.model, options);
  },
};

/** The reference keeps such names for itself. */
function restrictedName(schema: Json): string | undefined {
  if (!isObject(schema) || !isObject(schema.properties)) return undefined;
  const name = Object.keys(schema.properties).find((key) => key.startsWith('$$'));
  return name && `#/properties/${name}: the name of a property may not begin with $$`;
}

interface Built {
  readonly model: JsonSchemaNode;
  /** Why there is no better model. */
  readonly fault: string | undefined;
}

/** What is wrong with the keywords, or a `$ref` that leads nowhere, is a fault: another registry may have taken it. */
function build(value: Json, referred: ConstructorParameters<typeof Documents>[1]): Built {
  try {
    return { model: parseJsonSchema(new Documents(value, referred)), fault: undefined };
  } catch (error) {
    if (!(error instanceof InvalidSchema)) throw error;
    return { model: { kind: 'any', hasDefault: false }, fault: error.message };
  }
}

/** A schema that was imported as it was, and cannot be compared. */
function unreadableAs(
  fault: string | undefined,
  side: (reader: Side, writer: Side) => Side,
): readonly Incompatibility[] {
  if (fault === undefined) return [];
  const message = (reader: Side, writer: Side) =>
    `The ${side(reader, writer)} schema cannot be compared: ${fault}`;
  return [{ errorType: 'INVALID_SCHEMA', path: () => '#/', message }];
}
