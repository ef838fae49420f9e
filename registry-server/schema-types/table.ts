import { avro } from './avro.ts';
import { jsonSchema } from './json-schema.ts';
import { protobuf } from './protobuf.ts';
import type { SchemaType } from './schema-type.ts';

export const schemaTypes = { AVRO: avro, JSON: jsonSchema, PROTOBUF: protobuf } as const satisfies Record<
  string,
  SchemaType
>;
