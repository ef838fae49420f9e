import type { SchemaTags, TagChanges } from './tags.ts';

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

/** Which rules count: `always` means those that only import mode is free of, `new` also those of `validateNewSchemas`. */
export type FaultRules = 'always' | 'new';

/** At once, or later from a thread of its own. */
export type Eventually<T> = T | Promise<T>;

/** What can be asked of a schema, wherever its model is: a large one is in another thread. */
export interface ParsedSchema {
  readonly schemaType: string;
  /** As it came, with what it refers to. */
  readonly text: string;
  readonly references: readonly ResolvedReference[];
  // Functions, not getters: V8 gives each literal with a getter a hidden class of its own, and that lives, with all that
  // the getter sees, until a full collection.
  /** The text that is stored, hashed and shown: whitespace never makes a new version (Confluent's rule). */
  readonly canonical: () => string;
  /** The text for `normalize=true`: what differs only in order or in spelled-out defaults becomes equal. */
  readonly normalized: () => string;
  /** The text for `?format=…`; a format that the type does not know gives the canonical text (Confluent's rule). */
  readonly formatted: (format: string) => Eventually<string>;
  /** Names that data has at its top: what `confluent:reserved` may forbid. */
  readonly topLevelFields: () => Eventually<readonly string[]>;
  /**
   * What parses and may not be registered all the same, in words.
   * @param isStrict as the compilers of the type look at it, where `validateFields` asks for it
   */
  readonly findFault: (rules: FaultRules, isStrict?: boolean) => Eventually<string | undefined>;
  /** The records and fields that are tagged in the text itself. */
  readonly tags: () => Eventually<readonly SchemaTags[]>;
  /**
   * The text with other tags in it.
   * @throws InvalidSchema when it has no such record or field
   */
  readonly withTags: (changes: TagChanges) => Eventually<string>;
}

/**
 * A parsed schema with its `model`, which the type's compatibility engine walks; nobody else looks into it.
 * Immutable, so that it can be kept in a cache.
 */
export interface SchemaModel<Model = unknown> extends ParsedSchema {
  readonly formatted: (format: string) => string;
  readonly topLevelFields: () => readonly string[];
  readonly findFault: (rules: FaultRules, isStrict?: boolean) => string | undefined;
  readonly tags: () => readonly SchemaTags[];
  readonly withTags: (changes: TagChanges) => string;
  readonly model: Model;
}

/** One schema type. Pure: all a schema refers to comes in with it. */
export interface SchemaType<Model = unknown> {
  readonly name: string;
  /**
   * Takes what its grammar takes: what is stored must be readable, whoever let it in. What else is wrong with it,
   * `findFault` says.
   * @param references transitive, each once, dependencies before those that need them
   * @throws InvalidSchema with words for the client when the text is not a schema of this type
   */
  parse(text: string, references: readonly ResolvedReference[]): SchemaModel<Model>;
  /**
   * What data written with `writer` the `reader` cannot read: one entry per broken rule, empty when compatible.
   * @throws RangeError when it takes more than `maxSteps`, or the types are nested too deep
   */
  incompatibilities(
    reader: SchemaModel<Model>,
    writer: SchemaModel<Model>,
    options?: CompareOptions,
  ): readonly Incompatibility[];
}

export interface CompareOptions {
  /** What the comparison may cost; a pair of types is one step. */
  readonly maxSteps?: number;
  /** Overlooks what only an open content model makes a break, at every depth (JSON Schema). */
  readonly isLenient?: boolean;
}

/** A rule that a reader breaks, in the terms of Confluent's verbose answers. */
export interface Incompatibility {
  /** The rule, in the reference's upper-case names: READER_FIELD_MISSING_DEFAULT_VALUE, PROPERTY_REMOVED_…  */
  readonly errorType: string;
  /** Where in the schema, as a JSON pointer such as `/fields/0/type`. */
  readonly path: () => string;
  /** The whole line of a verbose answer. The sides are `new` and `old`: which is which depends on the direction. */
  readonly message: (reader: Side, writer: Side) => string;
}

export type Side = 'new' | 'old';
