import { type AvroSchema, type AvroUnion, isNamed } from '../../schema-types/avro/model.ts';
import { type Path, root } from './path.ts';
import type { Walk } from './walk.ts';

/** Compares two unions: each branch that can be written must be readable. */
export function compareUnions(reader: AvroUnion, writer: AvroUnion, path: Path, walk: Walk): void {
  for (const [index, branch] of writer.branches.entries()) {
    if (walk.isOver) return;
    if (!takes(reader, branch, walk)) lack(branch, walk.below(path, String(index)), walk);
  }
}

export function readUnion(reader: AvroUnion, writer: AvroSchema, path: Path, walk: Walk): void {
  if (!takes(reader, writer, walk)) lack(writer, path, walk);
}

export function readFromUnion(reader: AvroSchema, writer: AvroUnion, walk: Walk): void {
  for (const branch of writer.branches) {
    if (walk.isOver) return;
    walk.compare(reader, branch, root);
  }
}

function takes(reader: AvroUnion, writer: AvroSchema, walk: Walk): boolean {
  // The branch of the same kind and name first: it is nearly always the one.
  const likely = reader.branches.find((branch) => isAlike(branch, writer));
  walk.spendOnLookUps(reader.branches.length);
  if (likely !== undefined && walk.fits(likely, writer)) return true;
  return reader.branches.some((branch) => branch !== likely && walk.fits(branch, writer));
}

const isAlike = (a: AvroSchema, b: AvroSchema): boolean =>
  a.type === b.type && (!isNamed(a) || !isNamed(b) || a.fullName === b.fullName);

function lack(writer: AvroSchema, path: Path, walk: Walk): void {
  const info = () => `reader union lacking writer type: ${writer.type.toUpperCase()}`;
  walk.add('MISSING_UNION_BRANCH', path, info);
}
