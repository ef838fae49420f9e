import type { AvroEnum } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { mismatch } from './mismatch.ts';
import { compareNames } from './names.ts';
import { below, type Path } from './path.ts';

export function compareEnum(reader: AvroEnum, writer: AvroEnum, path: Path): readonly Incompatibility[] {
  const names = compareNames(reader, writer, path);
  // A reader's default stands for every symbol that it does not know.
  if (reader.default !== undefined) return names;
  const known = new Set(reader.symbols);
  const missing = writer.symbols.filter((symbol) => !known.has(symbol));
  if (missing.length === 0) return names;
  return [...names, mismatch('MISSING_ENUM_SYMBOLS', below(path, 'symbols'), `[${missing.join(', ')}]`)];
}
