/** Keywords by the type of the values that they constrain. */
export const keywordsOfType = {
  string: [
    'minLength',
    'maxLength',
    'pattern',
    'format',
    'contentEncoding',
    'contentMediaType',
    'contentSchema',
  ],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  array: [
    'items',
    'prefixItems',
    'additionalItems',
    'unevaluatedItems',
    'minItems',
    'maxItems',
    'uniqueItems',
    'contains',
    'minContains',
    'maxContains',
  ],
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'unevaluatedProperties',
    'dependentRequired',
    'dependentSchemas',
    'dependencies',
    'propertyOrdering',
  ],
} as const;

const typeOf = new Map<string, string>(
  Object.entries(keywordsOfType).flatMap(([type, keywords]) =>
    keywords.map((keyword) => [keyword, type] as const),
  ),
);

/** Undefined for a keyword that is about values of any type. */
export function typeOfKeyword(keyword: string): string | undefined {
  return typeOf.get(keyword);
}

/** Whether the keyword says anything about values of this type. */
export function fitsType(keyword: string, type: string): boolean {
  const of = typeOf.get(keyword);
  return of === undefined || of === (type === 'integer' ? 'number' : type);
}

/** They constrain nothing. */
export const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$comment',
]);

/** They say where a schema is, or hold others. */
export const frame: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'id',
  '$anchor',
  '$defs',
  'definitions',
  '$vocabulary',
]);

/** They constrain across types or parts; no provider here takes them. */
export const conditions: ReadonlySet<string> = new Set([
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
]);

/** Each constrains something. */
export function isRule(keyword: string): boolean {
  return typeOf.has(keyword) || conditions.has(keyword);
}
