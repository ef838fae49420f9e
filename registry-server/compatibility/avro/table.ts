import type { AvroSchema } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { Budget } from '../budget.ts';
import { compareEnum } from './enum.ts';
import { compareFixed } from './fixed.ts';
import type { Path } from './path.ts';
import { compareRecord } from './record.ts';
import { compareUnions, readFromUnion, readUnion } from './union.ts';
import { Walk } from './walk.ts';

type Kind = AvroSchema['type'];
type Of<K extends Kind> = Extract<AvroSchema, { readonly type: K }>;
type Compare<K extends Kind> = (reader: Of<K>, writer: Of<K>, path: Path, walk: Walk) => void;

const always = () => {};

/** What is compared when reader and writer are of one kind. */
const sameKind: { readonly [K in Kind]: Compare<K> } = {
  null: always,
  boolean: always,
  int: always,
  long: always,
  float: always,
  double: always,
  bytes: always,
  string: always,
  array: (reader, writer, path, walk) => walk.compare(reader.items, writer.items, walk.below(path, 'items')),
  map: (reader, writer, path, walk) => walk.compare(reader.values, writer.values, walk.below(path, 'values')),
  union: compareUnions,
  fixed: compareFixed,
  enum: compareEnum,
  record: compareRecord,
};

/** Which other kinds a reader takes (Avro 1.11, Schema Resolution: promotions). */
const promotedFrom: Partial<Record<Kind, readonly Kind[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

/**
 * Every rule of schema resolution that the reader breaks for data of the writer; empty when it reads all of it.
 * @throws RangeError when that takes more steps, of which a pair of types is one
 */
export function avroMismatches(
  reader: AvroSchema,
  writer: AvroSchema,
  maxSteps = Infinity,
): readonly Incompatibility[] {
  return new Walk(comparePair, new Budget(maxSteps)).mismatches(reader, writer);
}

function comparePair(reader: AvroSchema, writer: AvroSchema, path: Path, walk: Walk): void {
  if (reader.type === writer.type) {
    (sameKind[reader.type] as Compare<Kind>)(reader, writer, path, walk);
  } else if (writer.type === 'union') {
    readFromUnion(reader, writer, walk);
  } else if (reader.type === 'union') {
    readUnion(reader, writer, path, walk);
  } else if (!promotedFrom[reader.type]?.includes(writer.type)) {
    const types = () =>
      `reader type: ${reader.type.toUpperCase()} not compatible with writer type: ${writer.type.toUpperCase()}`;
    walk.add('TYPE_MISMATCH', path, types);
  }
}
