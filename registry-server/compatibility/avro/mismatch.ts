import type { Incompatibility, Side } from '../../schema-types/schema-type.ts';
import type { AvroRule } from '../change.ts';
import type { Path } from './path.ts';

export const noMismatches: readonly Incompatibility[] = [];

/** @param info what the verbose answer adds: the field's name, the missing symbols, the two types */
export function mismatch(errorType: AvroRule, path: Path, info: string): Incompatibility {
  return {
    errorType,
    // Most mismatches are of union branches that were tried in vain: nobody reads their paths.
    path: () => placeOf(path),
    message: (reader, writer) => {
      const description = descriptions[errorType]({ place: placeOf(path), info, reader, writer });
      return `{errorType:'${errorType}', description:'${description}', additionalInfo:'${info}'}`;
    },
  };
}

function placeOf(path: Path): string {
  if (path.parent === undefined) return '/';
  const steps: string[] = [];
  for (let at: Path | undefined = path; at !== undefined; at = at.parent) steps.push(at.step);
  return steps.reverse().join('/');
}

interface Words {
  readonly place: string;
  readonly info: string;
  readonly reader: Side;
  readonly writer: Side;
}

// The reference's words: scripts and dashboards search for them in answers and logs.
const descriptions: Record<AvroRule, (words: Words) => string> = {
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
};
