import { avro } from './avro.ts';
import type { SchemaType } from './schema-type.ts';

export const schemaTypes = { AVRO: avro } as const satisfies Record<string, SchemaType>;
