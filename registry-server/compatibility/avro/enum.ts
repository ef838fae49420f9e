import type { AvroEnum } from '../../schema-types/avro/model.ts';
import { compareNames } from './names.ts';
import type { Path } from './path.ts';
import type { Walk } from './walk.ts';

export function compareEnum(reader: AvroEnum, writer: AvroEnum, path: Path, walk: Walk): void {
  compareNames(reader, writer, path, walk);
  // A reader's default stands for every symbol that it does not know.
  if (walk.isOver || reader.default !== undefined) return;
  walk.spendOnLookUps(reader.symbols.length + writer.symbols.length);
  const known = new Set(reader.symbols);
  const missing = writer.symbols.filter((symbol) => !known.has(symbol));
  if (missing.length === 0) return;
  walk.add('MISSING_ENUM_SYMBOLS', walk.below(path, 'symbols'), () => `[${missing.join(', ')}]`);
}
