import type { Incompatibility, Side } from '../../schema-types/schema-type.ts';
import { shortened } from '../shortened.ts';
import { type Path, placeOf } from './path.ts';

const maxInfoCharacters = 2_000;

/** @param details what the verbose answer adds: the field's name, the missing symbols, the two types */
export function mismatch(errorType: AvroRule, path: Path, details: string): Incompatibility {
  const info = shortened(details, maxInfoCharacters);
  return {
    errorType,
    path: () => placeOf(path),
    message: (reader, writer) => {
      const description = descriptions[errorType]({ place: placeOf(path), info, reader, writer });
      return `{errorType:'${errorType}', description:'${description}', additionalInfo:'${info}'}`;
    },
  };
}

interface Words {
  readonly place: string;
  readonly info: string;
  readonly reader: Side;
  readonly writer: Side;
}

/**
 * The rules of Avro's schema resolution that can be broken; there are no harmless ones. In the reference's words: scripts
 * and dashboards search for them in answers and logs.
 */
const descriptions = {
  NAME_MISMATCH: ({ place }) => `The name of the schema has changed (path '${place}')`,
  FIXED_SIZE_MISMATCH: ({ place, reader, writer }) =>
    `The size of FIXED type field at path '${place}' in the ${reader} schema does not match with the ${writer} schema`,
  MISSING_ENUM_SYMBOLS: ({ place, info, reader, writer }) =>
    `The ${reader} schema is missing enum symbols '${info}' at path '${place}' in the ${writer} schema`,
  READER_FIELD_MISSING_DEFAULT_VALUE: ({ place, info, reader, writer }) =>
    `The field '${info}' at path '${place}' in the ${reader} schema has no default value and is missing in the ${writer} schema`,
  TYPE_MISMATCH: ({ place, reader, writer }) =>
    `The type (path '${place}') of a field in the ${reader} schema does not match with the ${writer} schema`,
  MISSING_UNION_BRANCH: ({ place, reader, writer }) =>
    `The ${reader} schema is missing a type inside a union field at path '${place}' in the ${writer} schema`,
} satisfies Record<string, (words: Words) => string>;

export type AvroRule = keyof typeof descriptions;
