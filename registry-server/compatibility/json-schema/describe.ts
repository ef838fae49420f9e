import type { Side } from '../../schema-types/schema-type.ts';
import type { JsonSchemaChangeKind } from '../change.ts';

/** What a reader with the later schema minds, in one sentence that names the place and the two sides. */
export function describe(kind: JsonSchemaChangeKind, path: string, reader: Side, writer: Side): string {
  const [, words] = endings.find(([ending]) => ending.test(kind)) as (typeof endings)[number];
  return words(path, reader, writer);
}

type Words = (path: string, reader: Side, writer: Side) => string;

/** By the end of the kind's name, the particular before the general. */
const endings: readonly (readonly [RegExp, Words])[] = [
  [
    /^REQUIRED_ATTRIBUTE_ADDED$/,
    (path, reader, writer) =>
      `The ${reader} schema requires the property at path '${path}', which the ${writer} schema leaves optional`,
  ],
  [
    /ADDED_TO_OPEN_CONTENT_MODEL$/,
    (path, reader, writer) =>
      `The ${reader} schema restricts '${path}', which the ${writer} schema does not list and allows with any value`,
  ],
  [
    /^REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL$/,
    (path, reader, writer) =>
      `The ${reader} schema requires the property at path '${path}', which the ${writer} schema does not have`,
  ],
  [
    /REMOVED_FROM_CLOSED_CONTENT_MODEL$/,
    (path, reader, writer) =>
      `The ${reader} schema allows nothing that it does not list, and no longer lists '${path}' of the ${writer} schema`,
  ],
  [
    /REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL$/,
    (path, reader, writer) =>
      `The ${reader} schema no longer lists '${path}', and what it allows beside its list does not cover the ${writer} schema`,
  ],
  [
    /ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL$/,
    (path, reader, writer) =>
      `The ${reader} schema restricts '${path}' more than the ${writer} schema does for what it does not list`,
  ],
  [
    /^(ADDITIONAL|UNEVALUATED)_.*_(REMOVED|NARROWED)$/,
    (path, reader, writer) =>
      `The ${reader} schema allows less at path '${path}' than the ${writer} schema, for what is not listed`,
  ],
  [
    /^(PRODUCT|NOT)_TYPE_EXTENDED$/,
    (path, reader, writer) => `The ${reader} schema demands more at path '${path}' than the ${writer} schema`,
  ],
  [
    /^(SUM_TYPE|ENUM_ARRAY)_NARROWED$/,
    (path, reader, writer) =>
      `The ${reader} schema offers fewer choices at path '${path}' than the ${writer} schema`,
  ],
  [
    /^(TYPE|COMBINED_TYPE|COMBINED_TYPE_SUBSCHEMAS)_(CHANGED|NARROWED)$/,
    (path, reader, writer) =>
      `The type at path '${path}' in the ${reader} schema does not take all that the ${writer} schema allows`,
  ],
  [
    /_ADDED$/,
    (path, reader, writer) =>
      `The ${reader} schema has a restriction at path '${path}' that the ${writer} schema does not have`,
  ],
  [
    /_(INCREASED|EXPANDED|EXTENDED)$/,
    (path, reader, writer) =>
      `The ${reader} schema has more at path '${path}' than the ${writer} schema allows for`,
  ],
  [
    /_DECREASED$/,
    (path, reader, writer) =>
      `The ${reader} schema has a lower limit at path '${path}' than the ${writer} schema`,
  ],
  [/./, (path, reader, writer) => `The ${reader} and the ${writer} schema differ at path '${path}'`],
];
