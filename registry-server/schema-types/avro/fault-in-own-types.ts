import { type AvroNamed, type AvroSchema, isNamed } from './model.ts';

/**
 * What is wrong with the first of the named types that the schema defines itself, and with which.
 * @param referred full names of the types that come from references: those were judged when they were registered
 */
export function faultInOwnTypes(
  schema: AvroSchema,
  referred: ReadonlySet<string>,
  faultOf: (type: AvroNamed) => string | undefined,
): string | undefined {
  const seen = new Set<AvroSchema>();
  return inSchema(schema);

  function inSchema(type: AvroSchema): string | undefined {
    if (isNamed(type)) {
      if (seen.has(type) || referred.has(type.fullName)) return undefined;
      seen.add(type);
      const fault = faultOf(type);
      if (fault !== undefined) return `${type.type} ${type.fullName}: ${fault}`;
    }
    for (const inner of partsOf(type)) {
      const fault = inSchema(inner);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function partsOf(type: AvroSchema): readonly AvroSchema[] {
  switch (type.type) {
    case 'record':
      return type.fields.map((field) => field.type);
    case 'union':
      return type.branches;
    case 'array':
      return [type.items];
    case 'map':
      return [type.values];
    default:
      return [];
  }
}
