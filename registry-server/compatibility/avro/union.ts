import { type AvroSchema, type AvroUnion, isNamed } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { mismatch, noMismatches } from './mismatch.ts';
import { below, type Path, root } from './path.ts';
import type { Walk } from './walk.ts';

/** Both are unions: each branch that can be written must be readable. */
export function compareUnions(
  reader: AvroUnion,
  writer: AvroUnion,
  path: Path,
  walk: Walk,
): readonly Incompatibility[] {
  let found: Incompatibility[] | undefined;
  for (const [index, branch] of writer.branches.entries()) {
    if (walk.fits(reader, branch)) continue;
    found ??= [];
    found.push(lacking(branch, below(path, String(index))));
    if (walk.isTrial) break;
  }
  return found ?? noMismatches;
}

export function readUnion(
  reader: AvroUnion,
  writer: AvroSchema,
  path: Path,
  walk: Walk,
): readonly Incompatibility[] {
  // The branch of the same kind and name first: it is nearly always the one.
  const likely = reader.branches.find((branch) => isAlike(branch, writer));
  if (likely !== undefined && walk.fits(likely, writer)) return noMismatches;
  for (const branch of reader.branches) {
    if (branch !== likely && walk.fits(branch, writer)) return noMismatches;
  }
  return [lacking(writer, path)];
}

const isAlike = (a: AvroSchema, b: AvroSchema): boolean =>
  a.type === b.type && (!isNamed(a) || !isNamed(b) || a.fullName === b.fullName);

export function readFromUnion(reader: AvroSchema, writer: AvroUnion, walk: Walk): readonly Incompatibility[] {
  return writer.branches.flatMap((branch) => walk.compare(reader, branch, root));
}

const lacking = (writer: AvroSchema, path: Path): Incompatibility =>
  mismatch('MISSING_UNION_BRANCH', path, `reader union lacking writer type: ${writer.type.toUpperCase()}`);
