import type { Incompatibility, Side } from '../schema-types/schema-type.ts';
import { shortened } from './shortened.ts';

const maxPathCharacters = 1_000;

/** Changes that a reader minds, as the verbose answer quotes them for JSON Schema and for Protobuf. */
export function brokenRules<Kind extends string>(
  breaking: readonly { readonly kind: Kind; readonly path: string }[],
  describe: (kind: Kind, path: string, reader: Side, writer: Side) => string,
): readonly Incompatibility[] {
  return breaking.map(({ kind, path }) => ({
    errorType: kind,
    path: () => path,
    message: (reader, writer) =>
      `{errorType:"${kind}", description:"${describe(kind, shortened(path, maxPathCharacters), reader, writer)}"}`,
  }));
}
