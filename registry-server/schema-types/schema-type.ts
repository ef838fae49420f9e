/** A pointer from one schema to another, as clients send it. `version` is a number here: -1 was resolved before. */
export interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A reference with the text it points at. */
export interface ResolvedReference extends Reference {
  readonly schema: string;
}

/**
 * One parsed schema. `model` is what the type's compatibility engine walks; nobody else looks into it.
 * Immutable, so that it can be kept in a cache.
 */
export interface ParsedSchema<Model = unknown> {
  readonly schemaType: string;
  /** The text that is stored, hashed and shown: whitespace never makes a new version (confluent-api 4.3). */
  readonly canonical: string;
  /** The text for `normalize=true`: what differs only in order or in spelled-out defaults becomes equal. */
  readonly normalized: () => string;
  /** The text for `?format=…`; a format that the type does not know gives the canonical text (confluent-api 4.4). */
  readonly formatted: (format: string) => string;
  readonly model: Model;
}

/** One schema type. Pure: all a schema refers to comes in with it. */
export interface SchemaType<Model = unknown> {
  readonly name: string;
  /**
   * @param references transitive, each once, dependencies before those that need them
   * @throws InvalidSchema with words for the client when the text is not a schema of this type
   */
  parse(text: string, references: readonly ResolvedReference[]): ParsedSchema<Model>;
  /** What data written with `writer` the `reader` cannot read: one entry per broken rule, empty when compatible. */
  incompatibilities(reader: ParsedSchema<Model>, writer: ParsedSchema<Model>): readonly Incompatibility[];
}

/** A rule that a reader breaks, in the terms of Confluent's verbose answers. */
export interface Incompatibility {
  /** The rule, in the reference's upper-case names: READER_FIELD_MISSING_DEFAULT_VALUE, PROPERTY_REMOVED_…  */
  readonly errorType: string;
  /** Where in the schema, as a JSON pointer such as `/fields/0/type`. */
  readonly path: string;
  /** The whole line of a verbose answer. The sides are `new` and `old`: which is which depends on the direction. */
  readonly message: (reader: Side, writer: Side) => string;
}

export type Side = 'new' | 'old';

/** The text is not a schema of its type; becomes 42201. */
export class InvalidSchema extends Error {
  override readonly name = 'InvalidSchema';
}
