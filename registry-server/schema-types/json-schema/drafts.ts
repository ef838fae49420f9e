/** What differs between the drafts, as far as reading a schema goes. */
export interface Draft {
  /** The keyword that names a schema. */
  readonly idKeyword: 'id' | '$id';
  /** Whether it is 2019-09 or later: keywords beside a `$ref` count, there are `unevaluated…`, and `contains` has its bounds. */
  readonly isModern: boolean;
  /** exclusiveMaximum is a boolean beside maximum: in draft 4. */
  readonly hasBooleanExclusives: boolean;
  /** Schemas by position are `prefixItems`, and `items` is the rest: in 2020-12. */
  readonly hasPrefixItems: boolean;
}

const draft7: Draft = {
  idKeyword: '$id',
  isModern: false,
  hasBooleanExclusives: false,
  hasPrefixItems: false,
};
const draft2019: Draft = { ...draft7, isModern: true };

/** By the meta-schema's address, without `https?://` and a closing `#`. */
export const drafts: Readonly<Record<string, Draft>> = {
  'json-schema.org/draft-04/schema': { ...draft7, idKeyword: 'id', hasBooleanExclusives: true },
  'json-schema.org/draft-06/schema': draft7,
  'json-schema.org/draft-07/schema': draft7,
  'json-schema.org/draft/2019-09/schema': draft2019,
  'json-schema.org/draft/2020-12/schema': { ...draft2019, hasPrefixItems: true },
};

const keyOf = (address: string): string => address.replace(/^https?:\/\//, '').replace(/#$/, '');

export const isDraftAddress = (address: string): boolean => Object.hasOwn(drafts, keyOf(address));

/** A schema that names no known draft is read as draft 7, as the reference server does. */
export function findDraft(address: unknown): Draft {
  if (typeof address !== 'string' || !isDraftAddress(address)) return draft7;
  return drafts[keyOf(address)] ?? draft7;
}
