import type { SchemaModel, SchemaType, Side } from '../schema-types/schema-type.ts';
import { type CompatibilityLevel, type CompatibilityPolicy, modes } from './modes.ts';

/** A live version that the proposed schema is compared with. */
export interface ExistingVersion {
  readonly version: number;
  readonly schema: SchemaModel;
}

/** Quick: throws a RangeError before it takes more than some milliseconds. Full: gives up after about a second. */
export type Effort = 'quick' | 'full';

/** Pairs of types that are compared, at most: an honest schema has as many as it has fields. */
const maxPairs: Readonly<Record<Effort, number>> = { quick: 5_000, full: 300_000 };

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
  const overlooked = compatibilityPolicy === 'LENIENT' ? overlookedWhenLenient : none;
  const reach = mode.isTransitive ? existing : existing.slice(-1);
  for (const earlier of reach.toReversed()) {
    // Readers of old data come last: what was compared with is said once, after their lines.
    const forward = mode.forward
      ? lines(type, earlier.schema, proposed, 'old', 'new', overlooked, effort)
      : [];
    const backward = mode.backward
      ? lines(type, proposed, earlier.schema, 'new', 'old', overlooked, effort)
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

const none: ReadonlySet<string> = new Set();

/** What breaks a reader only if somebody used the freedom of an open content model before it was named. */
const overlookedWhenLenient: ReadonlySet<string> = new Set([
  'ADDITIONAL_PROPERTIES_NARROWED',
  'ADDITIONAL_PROPERTIES_REMOVED',
  'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
  'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL',
  'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
]);

function lines(
  type: SchemaType,
  reader: SchemaModel,
  writer: SchemaModel,
  readerSide: Side,
  writerSide: Side,
  overlooked: ReadonlySet<string>,
  effort: Effort,
): readonly string[] {
  if (reader.schemaType !== writer.schemaType) return ['Incompatible because of different schema type'];
  try {
    return type
      .incompatibilities(reader, writer, maxPairs[effort])
      .filter(({ errorType }) => !overlooked.has(errorType))
      .map((broken) => broken.message(readerSide, writerSide));
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
