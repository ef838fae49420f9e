const named = new Set(['record', 'error', 'enum', 'fixed']);
const primitive = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/**
 * An Avro schema with all names in full and keys in order, so that the same schema is the same text: registries write
 * `shop.Customer` or `Customer` within the namespace `shop`. https://avro.apache.org/docs/1.12.0/specification/#names
 */
export const avroMeaning = (schema: unknown): string => JSON.stringify(typeOf(schema, ''), inOrder);

function typeOf(schema: unknown, namespace: string): unknown {
  if (typeof schema === 'string') return primitive.has(schema) ? schema : fullName(schema, namespace);
  if (Array.isArray(schema)) return schema.map((branch) => typeOf(branch, namespace));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { type, ...rest } = schema as Record<string, unknown>;
  if (typeof type !== 'string' || !named.has(type)) {
    if (type === 'array') return { ...rest, type, items: typeOf(rest.items, namespace) };
    if (type === 'map') return { ...rest, type, values: typeOf(rest.values, namespace) };
    const inner = typeOf(type, namespace);
    return Object.keys(rest).length === 0 ? inner : { ...rest, type: inner };
  }
  const { name, namespace: own, fields, ...others } = rest;
  const full = fullName(`${name}`, typeof own === 'string' ? own : namespace);
  const within = full.slice(0, Math.max(0, full.lastIndexOf('.')));
  if (!Array.isArray(fields)) return { ...others, type, name: full };
  return {
    ...others,
    type,
    name: full,
    fields: fields.map((field) => ({ ...field, type: typeOf(field?.type, within) })),
  };
}

const fullName = (name: string, namespace: string): string =>
  name.includes('.') || namespace === '' ? name.replace(/^\./, '') : `${namespace}.${name}`;

const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;
