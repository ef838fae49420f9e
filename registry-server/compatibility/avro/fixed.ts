import type { AvroFixed } from '../../schema-types/avro/model.ts';
import { compareNames } from './names.ts';
import type { Path } from './path.ts';
import type { Walk } from './walk.ts';

export function compareFixed(reader: AvroFixed, writer: AvroFixed, path: Path, walk: Walk): void {
  compareNames(reader, writer, path, walk);
  if (reader.size === writer.size) return;
  const sizes = () => `expected: ${writer.size}, found: ${reader.size}`;
  walk.add('FIXED_SIZE_MISMATCH', walk.below(path, 'size'), sizes);
}
