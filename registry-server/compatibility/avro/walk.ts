import type { AvroSchema } from '../../schema-types/avro/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';

/** Compares a reader's and a writer's schema at a place; `path` is where, from the last root. */
export interface Walk {
  compare(reader: AvroSchema, writer: AvroSchema, path: readonly string[]): readonly Incompatibility[];
}

/** The path of a comparison that starts anew: the Java library does so for the branches of a union. */
export const root: readonly string[] = [''];
