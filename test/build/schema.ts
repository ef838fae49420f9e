/** An Avro record as text; each field is an optional int unless it says otherwise. */
export function anAvroRecord(
  name: string,
  fields: readonly (string | Record<string, unknown>)[] = ['a'],
): string {
  return JSON.stringify({
    type: 'record',
    name,
    fields: fields.map((field) =>
      typeof field === 'string' ? { name: field, type: 'int', default: 0 } : field,
    ),
  });
}

export function aJsonObject(properties: Record<string, unknown>, rest: Record<string, unknown> = {}): string {
  return JSON.stringify({ type: 'object', properties, ...rest });
}
