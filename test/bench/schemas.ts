const FIELDS = 50;

/** An Avro record of 50 fields; another label gives another schema, which can read the data of every other one. */
export function anAvroSchema(label: string): string {
  const fields = Array.from({ length: FIELDS }, (_, i) => ({
    name: `field_${i}`,
    type: i % 3 === 0 ? ['null', 'string'] : i % 3 === 1 ? 'long' : { type: 'array', items: 'double' },
    default: i % 3 === 0 ? null : i % 3 === 1 ? 0 : [],
    doc: `What field ${i} is for`,
  }));
  return JSON.stringify({ type: 'record', name: 'Event', namespace: 'bench', doc: label, fields });
}

export function aJsonSchema(label: string): string {
  const properties = Object.fromEntries(
    Array.from({ length: FIELDS }, (_, i) => [
      `field_${i}`,
      i % 2 === 0 ? { type: 'string', maxLength: 200 } : { type: 'integer', minimum: 0 },
    ]),
  );
  return JSON.stringify({ type: 'object', description: label, properties });
}
