import type { AvroFixed } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { mismatch, noMismatches } from './mismatch.ts';
import { compareNames } from './names.ts';
import { below, type Path } from './path.ts';

export function compareFixed(reader: AvroFixed, writer: AvroFixed, path: Path): readonly Incompatibility[] {
  const names = compareNames(reader, writer, path);
  if (reader.size === writer.size) return names.length === 0 ? noMismatches : names;
  const sizes = `expected: ${writer.size}, found: ${reader.size}`;
  return [...names, mismatch('FIXED_SIZE_MISMATCH', below(path, 'size'), sizes)];
}
