import type { AvroField, AvroRecord } from '../../schema-types/avro/model.ts';
import { compareNames } from './names.ts';
import type { Path } from './path.ts';
import type { Walk } from './walk.ts';

export function compareRecord(reader: AvroRecord, writer: AvroRecord, path: Path, walk: Walk): void {
  compareNames(reader, writer, path, walk);
  const fields = walk.below(path, 'fields');
  for (const [index, field] of reader.fields.entries()) {
    if (walk.isOver) return;
    const written = findWritten(field, writer, walk);
    const here = walk.below(fields, String(index));
    if (written !== undefined) walk.compare(field.type, written.type, walk.below(here, 'type'));
    else if (field.default === undefined) compareMissing(field, writer, here, walk);
  }
}

function findWritten(field: AvroField, writer: AvroRecord, walk: Walk): AvroField | undefined {
  const same = writer.fieldsByName.get(field.name);
  if (same !== undefined) return same;
  walk.spendOnLookUps(field.aliases.length + 1);
  for (const alias of field.aliases) {
    const aliased = writer.fieldsByName.get(alias);
    if (aliased !== undefined) return aliased;
  }
  return undefined;
}

function compareMissing(field: AvroField, writer: AvroRecord, path: Path, walk: Walk): void {
  // The Java library compares an enum that has a default with the whole record here: a TYPE_MISMATCH in its answer.
  if (field.type.type === 'enum' && field.type.default !== undefined) {
    walk.compare(field.type, writer, walk.below(path, 'type'));
  } else {
    walk.add('READER_FIELD_MISSING_DEFAULT_VALUE', path, () => field.name);
  }
}
