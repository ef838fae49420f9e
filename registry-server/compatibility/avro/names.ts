import type { AvroNamed } from '../../schema-types/avro/model.ts';
import type { Path } from './path.ts';
import type { Walk } from './walk.ts';

/** Names are compared without their namespaces, aliases with them (Avro 1.11, Schema Resolution). */
export function compareNames(reader: AvroNamed, writer: AvroNamed, path: Path, walk: Walk): void {
  if (reader.name === writer.name) return;
  walk.spendOnLookUps(reader.aliases.length);
  if (reader.aliases.includes(writer.fullName)) return;
  walk.add('NAME_MISMATCH', walk.below(path, 'name'), () => `expected: ${writer.fullName}`);
}
