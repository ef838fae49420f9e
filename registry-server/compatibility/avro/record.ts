import type { AvroField, AvroRecord } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { mismatch } from './mismatch.ts';
import { compareNames } from './names.ts';
import { below, type Path } from './path.ts';
import type { Walk } from './walk.ts';

export function compareRecord(
  reader: AvroRecord,
  writer: AvroRecord,
  path: Path,
  walk: Walk,
): readonly Incompatibility[] {
  let found = compareNames(reader, writer, path);
  const fields = below(path, 'fields');
  for (const [index, field] of reader.fields.entries()) {
    if (walk.isTrial && found.length > 0) return found;
    const written = findWritten(field, writer);
    const here = below(fields, String(index));
    if (written !== undefined) {
      const inside = walk.compare(field.type, written.type, below(here, 'type'));
      if (inside.length > 0) found = [...found, ...inside];
    } else if (field.default === undefined) {
      found = [...found, ...compareMissing(field, writer, here, walk)];
    }
  }
  return found;
}

function findWritten(field: AvroField, writer: AvroRecord): AvroField | undefined {
  const same = writer.fieldsByName.get(field.name);
  if (same !== undefined) return same;
  for (const alias of field.aliases) {
    const aliased = writer.fieldsByName.get(alias);
    if (aliased !== undefined) return aliased;
  }
  return undefined;
}

function compareMissing(
  field: AvroField,
  writer: AvroRecord,
  path: Path,
  walk: Walk,
): readonly Incompatibility[] {
  // The Java library compares an enum that has a default with the whole record here: a TYPE_MISMATCH in its answer.
  if (field.type.type === 'enum' && field.type.default !== undefined) {
    return walk.compare(field.type, writer, below(path, 'type'));
  }
  return [mismatch('READER_FIELD_MISSING_DEFAULT_VALUE', path, field.name)];
}
