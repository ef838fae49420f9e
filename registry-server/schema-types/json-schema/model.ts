/**
 * A JSON Schema as the comparison sees it: what a schema object says is split into parts of one kind each
 * (what it says of strings, of objects, its enum, its anyOf, …); several parts are a `combined` of all of them.
 */
export type JsonSchemaNode =
  | AnyNode
  | FalseNode
  | NullNode
  | BooleanNode
  | StringNode
  | NumberNode
  | ObjectNode
  | ArrayNode
  | EnumNode
  | ConstNode
  | NotNode
  | ConditionalNode
  | CombinedNode
  | ReferenceNode;

interface Common {
  /** A property that has one may be required of old data: the reader fills it in. */
  readonly hasDefault: boolean;
  /** Kafka Connect says that it holds bytes, in whatever type: its JSON converter has changed the type of decimals. */
  readonly isConnectBytes?: true;
}

export interface Typed extends Common {
  /** The schema has a `type`; else it only has keywords that say something of values of this one. */
  readonly isNamed: boolean;
}

export interface AnyNode extends Common {
  readonly kind: 'any';
}
export interface FalseNode extends Common {
  readonly kind: 'false';
}
export interface NullNode extends Common {
  readonly kind: 'null';
}
export interface BooleanNode extends Common {
  readonly kind: 'boolean';
}
export interface StringNode extends Typed {
  readonly kind: 'string';
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly pattern: string | undefined;
}
export interface NumberNode extends Typed {
  readonly kind: 'number';
  readonly isInteger: boolean;
  readonly maximum: number | undefined;
  readonly minimum: number | undefined;
  readonly exclusiveMaximum: number | undefined;
  readonly exclusiveMinimum: number | undefined;
  readonly multipleOf: number | undefined;
}
export interface ObjectNode extends Typed {
  readonly kind: 'object';
  readonly properties: ReadonlyMap<string, JsonSchemaNode>;
  readonly patternProperties: ReadonlyMap<string, JsonSchemaNode>;
  readonly required: ReadonlySet<string>;
  /** `true` where nothing is said. */
  readonly additionalProperties: boolean | JsonSchemaNode;
  readonly unevaluatedProperties: JsonSchemaNode | undefined;
  readonly maxProperties: number | undefined;
  readonly minProperties: number | undefined;
  readonly propertyDependencies: ReadonlyMap<string, ReadonlySet<string>>;
  readonly schemaDependencies: ReadonlyMap<string, JsonSchemaNode>;
}
export interface ArrayNode extends Typed {
  readonly kind: 'array';
  /** The schema of every item, when there is one for all. */
  readonly allItems: JsonSchemaNode | undefined;
  /** The schemas by position: an `items` array, or `prefixItems`. */
  readonly itemSchemas: readonly JsonSchemaNode[];
  readonly additionalItems: boolean | JsonSchemaNode;
  readonly unevaluatedItems: JsonSchemaNode | undefined;
  readonly maxItems: number | undefined;
  readonly minItems: number | undefined;
  readonly maxContains: number | undefined;
  readonly minContains: number | undefined;
  readonly uniqueItems: boolean;
}
export interface EnumNode extends Common {
  readonly kind: 'enum';
  /** One text for each value, the same for equal ones. */
  readonly values: ReadonlySet<string>;
}
export interface ConstNode extends Common {
  readonly kind: 'const';
  readonly value: string;
}
export interface NotNode extends Common {
  readonly kind: 'not';
  readonly schema: JsonSchemaNode;
}
/** if/then/else. The reference server tells no two of them apart; neither do we. */
export interface ConditionalNode extends Common {
  readonly kind: 'conditional';
}
export interface CombinedNode extends Common {
  readonly kind: 'combined';
  readonly criterion: 'allOf' | 'anyOf' | 'oneOf';
  readonly schemas: readonly JsonSchemaNode[];
  /** Without those whose text repeats an earlier one. */
  readonly distinct: () => readonly JsonSchemaNode[];
  /** The parts are of one schema object: what it says side by side. */
  readonly isImplied: boolean;
}
export interface ReferenceNode extends Common {
  readonly kind: 'reference';
  /** Never another reference. */
  readonly target: () => JsonSchemaNode;
}
