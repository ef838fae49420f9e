import type { AvroNamed } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { mismatch, noMismatches } from './mismatch.ts';
import { below, type Path } from './path.ts';

/** Names are compared without their namespaces, aliases with them (Avro 1.11, Schema Resolution). */
export function compareNames(reader: AvroNamed, writer: AvroNamed, path: Path): readonly Incompatibility[] {
  if (reader.name === writer.name || reader.aliases.includes(writer.fullName)) return noMismatches;
  return [mismatch('NAME_MISMATCH', below(path, 'name'), `expected: ${writer.fullName}`)];
}
