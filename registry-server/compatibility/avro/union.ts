import type { AvroSchema, AvroUnion } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { mismatch, noMismatches } from './mismatch.ts';
import { root, type Walk } from './walk.ts';

/** Both are unions: each branch that can be written must be readable. */
export function compareUnions(
  reader: AvroUnion,
  writer: AvroUnion,
  path: readonly string[],
  walk: Walk,
): readonly Incompatibility[] {
  let found: Incompatibility[] | undefined;
  for (const [index, branch] of writer.branches.entries()) {
    if (walk.compare(reader, branch, root).length === 0) continue;
    found ??= [];
    found.push(lacking(branch, [...path, String(index)]));
  }
  return found ?? noMismatches;
}

export function readUnion(
  reader: AvroUnion,
  writer: AvroSchema,
  path: readonly string[],
  walk: Walk,
): readonly Incompatibility[] {
  // The branch of the same kind first: it is nearly always the one.
  const likely = reader.branches.find((branch) => branch.type === writer.type);
  if (likely !== undefined && walk.compare(likely, writer, root).length === 0) return noMismatches;
  for (const branch of reader.branches) {
    if (branch !== likely && walk.compare(branch, writer, root).length === 0) return noMismatches;
  }
  return [lacking(writer, path)];
}

export function readFromUnion(reader: AvroSchema, writer: AvroUnion, walk: Walk): readonly Incompatibility[] {
  return writer.branches.flatMap((branch) => walk.compare(reader, branch, root));
}

const lacking = (writer: AvroSchema, path: readonly string[]): Incompatibility =>
  mismatch('MISSING_UNION_BRANCH', path, `reader union lacking writer type: ${writer.type.toUpperCase()}`);
