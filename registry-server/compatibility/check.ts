import type { CompareOptions, SchemaModel, SchemaType, Side } from '../schema-types/schema-type.ts';
import { type CompatibilityLevel, type CompatibilityPolicy, modes } from './modes.ts';
import { tellSome } from './tell-some.ts';

/** A live version that the proposed schema is compared with. */
export interface ExistingVersion {
  readonly version: number;
  readonly schema: SchemaModel;
}

/** A quick check throws a RangeError before it takes more than some milliseconds; a full one gives up after about a second. */
export type Effort = 'quick' | 'full';

/** A pair of types is a step, and an honest schema has as many pairs as it has fields. */
const maxSteps: Readonly<Record<Effort, number>> = { quick: 5_000, full: 300_000 };

export interface Strictness {
  readonly compatibility: CompatibilityLevel;
  readonly compatibilityPolicy?: CompatibilityPolicy;
}

/**
 * The lines of a verbose answer but the last one; empty when the level allows the proposed schema.
 * @param existing live versions, oldest first. A transitive level stops at the newest one that does not fit.
 */
export function checkCompatibility(
  type: SchemaType,
  { compatibility, compatibilityPolicy }: Strictness,
  proposed: SchemaModel,
  existing: readonly ExistingVersion[],
  effort: Effort = 'full',
): readonly string[] {
  const mode = modes[compatibility];
  const options = { maxSteps: maxSteps[effort], isLenient: compatibilityPolicy === 'LENIENT' };
  const reach = mode.isTransitive ? existing : existing.slice(-1);
  for (const earlier of reach.toReversed()) {
    // Readers of old data come last: what was compared with is said once, after their lines.
    const forward = mode.forward ? lines(type, earlier.schema, proposed, 'old', 'new', options, effort) : [];
    const backward = mode.backward
      ? lines(type, proposed, earlier.schema, 'new', 'old', options, effort)
      : [];
    if (forward.length + backward.length === 0) continue;
    return [
      ...forward,
      ...backward,
      `{oldSchemaVersion: ${earlier.version}}`,
      oldSchema(earlier.schema.canonical()),
    ];
  }
  return [];
}

/** The last line of every verbose answer that has lines. */
export function settingsLine(level: CompatibilityLevel, validateFields: boolean): string {
  return `{validateFields: '${validateFields}', compatibility: '${level}'}`;
}

function lines(
  type: SchemaType,
  reader: SchemaModel,
  writer: SchemaModel,
  readerSide: Side,
  writerSide: Side,
  options: CompareOptions,
  effort: Effort,
): readonly string[] {
  if (reader.schemaType !== writer.schemaType) return ['Incompatible because of different schema type'];
  try {
    return tellSome(type.incompatibilities(reader, writer, options), ({ message }) =>
      message(readerSide, writerSide),
    );
  } catch (error) {
    // Two schemas that are fine by themselves may still be too big to compare: never let them through unseen.
    if (!(error instanceof RangeError) || effort === 'quick') throw error;
    return [`The schemas are too deep or too many-sided to compare: ${error.message}`];
  }
}

const maxShownCharacters = 10 * 1024;

function oldSchema(text: string): string {
  if (text.length <= maxShownCharacters) return `{oldSchema: '${text}'}`;
  return `{oldSchema: <truncated to ${maxShownCharacters} characters> '${text.slice(0, maxShownCharacters)}'}`;
}
