/** What a provider takes, as data: what differs between providers is here, and the renderer has no name of one in it. */
export interface Profile {
  readonly name: string;
  readonly provider: string;
  /** The day on which the sources were read. */
  readonly asOf: string;
  readonly source: readonly string[];
  /** Where `whole`, schemas go as they are, and only the name and the root are looked at. */
  readonly schema: SchemaRules | 'whole';
  readonly root: 'any' | 'object' | 'object-without-union';
  /** An expression for a whole name, and what may stand for a character that it does not have. */
  readonly toolName: { readonly pattern: string; readonly says: string; readonly maxLength: number };
  readonly limits: readonly Limit[];
  readonly envelope: Envelope;
}

/** What becomes of each part of a schema. */
export interface SchemaRules {
  /** An optional property stays so, or is required, and null says that it is absent. */
  readonly optional: 'keep' | 'null';
  /** Objects get `additionalProperties: false`, keep what they have, or lose the keyword. */
  readonly closing: 'false' | 'keep' | 'drop';
  /** Objects with names of any kind stay, or become an array of `{key, value}`. */
  readonly maps: 'keep' | 'pairs';
  /** A place for any value stays, or becomes a string that holds JSON. */
  readonly anything: 'keep' | 'json-text';
  readonly tuples: 'keep' | 'numbered';
  /** How null is allowed beside another type. */
  readonly nullable: 'type-list' | 'any-of' | 'keyword';
  readonly refs: 'keep' | 'inline';
  readonly recursion: 'keep' | 'optional' | 'refuse';
  readonly const: 'keep' | 'enum';
  readonly enums: 'all' | 'primitives' | 'strings';
  /** The type beside an enum or a const stays, or goes. */
  readonly typeOfEnum: 'keep' | 'drop';
  /** The keywords that the provider enforces, or takes and ignores without harm. All others go into the description. */
  readonly keywords: readonly string[];
  /** Those that it knows; `any`: it takes each. */
  readonly formats: readonly string[] | 'any';
  /** The largest minItems that it takes. */
  readonly mostMinItems?: number;
  /** Patterns with look-around or back references are not taken. */
  readonly patterns?: 'simple';
}

/** What is counted in what was rendered. */
export type Measure =
  | 'tools'
  | 'properties'
  | 'depth'
  | 'enumValues'
  | 'enumCharacters'
  | 'characters'
  | 'optional'
  | 'unions';

export interface Limit {
  readonly measure: Measure;
  readonly most: number;
  /** Of one schema, or of all that a request has together. */
  readonly per: 'schema' | 'request';
}

/**
 * Bodies with holes: `$name`, `$description`, `$schema`, `$schemaText` (the schema as a string), `$strict` and, where
 * tools are listed, `$tools`. A member whose hole has nothing to fill it is left out.
 */
export interface Envelope {
  /** For a structured output; undefined where the provider has none. */
  readonly output?: unknown;
  readonly tools: unknown;
  readonly tool: unknown;
}
