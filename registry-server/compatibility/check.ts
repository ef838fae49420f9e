import type { ParsedSchema, SchemaType, Side } from '../schema-types/schema-type.ts';
import { type CompatibilityLevel, modes } from './modes.ts';

/** A live version that the proposed schema is compared with. */
export interface ExistingVersion {
  readonly version: number;
  readonly schema: ParsedSchema;
}

/**
 * The lines of a verbose answer; empty when the level allows the proposed schema.
 * @param existing live versions, oldest first. A transitive level stops at the newest one that does not fit.
 * @param validateFields the subject's setting of that name: the last line repeats it
 */
export function checkCompatibility(
  type: SchemaType,
  level: CompatibilityLevel,
  proposed: ParsedSchema,
  existing: readonly ExistingVersion[],
  validateFields = false,
): readonly string[] {
  const mode = modes[level];
  const reach = mode.isTransitive ? existing : existing.slice(-1);
  for (const earlier of reach.toReversed()) {
    // Readers of old data come last: what was compared with is said once, after their lines.
    const forward = mode.forward ? lines(type, earlier.schema, proposed, 'old', 'new') : [];
    const backward = mode.backward ? lines(type, proposed, earlier.schema, 'new', 'old') : [];
    if (forward.length + backward.length === 0) continue;
    return [
      ...forward,
      ...backward,
      `{oldSchemaVersion: ${earlier.version}}`,
      oldSchema(earlier.schema.canonical),
      `{validateFields: '${validateFields}', compatibility: '${level}'}`,
    ];
  }
  return [];
}

function lines(
  type: SchemaType,
  reader: ParsedSchema,
  writer: ParsedSchema,
  readerSide: Side,
  writerSide: Side,
): readonly string[] {
  if (reader.schemaType !== writer.schemaType) return ['Incompatible because of different schema type'];
  try {
    return type.incompatibilities(reader, writer).map((broken) => broken.message(readerSide, writerSide));
  } catch (error) {
    // Two schemas that are fine by themselves may still be too big to compare: never let them through unseen.
    if (!(error instanceof RangeError)) throw error;
    return [`The schemas are too deep or too many-sided to compare: ${error.message}`];
  }
}

const maxShownCharacters = 10 * 1024;

function oldSchema(text: string): string {
  if (text.length <= maxShownCharacters) return `{oldSchema: '${text}'}`;
  return `{oldSchema: <truncated to ${maxShownCharacters} characters> '${text.slice(0, maxShownCharacters)}'}`;
}
