import { sortedJson, writeJson } from '../json-text.ts';
import { type AvroField, type AvroNamed, type AvroSchema, isNamed, type Properties } from './model.ts';

/** How the same model is printed: as the client ordered things, or with everything sorted. */
interface Style {
  readonly props: (props: Properties) => string;
  readonly aliases: (aliases: readonly string[]) => readonly string[];
}

const asGiven: Style = {
  props: (props) => props.map(([key, value]) => `,${JSON.stringify(key)}:${writeJson(value)}`).join(''),
  aliases: (aliases) => aliases,
};

const sorted: Style = {
  props: (props) =>
    [...props]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `,${JSON.stringify(key)}:${sortedJson(value)}`)
      .join(''),
  aliases: (aliases) => [...aliases].sort(),
};

/** As the Java library prints a schema: attributes in its order, each named type in full where it first occurs. */
export const printAvro = (schema: AvroSchema, known: Iterable<string>): string =>
  print(schema, '', new Set(known), asGiven);

/** As `printAvro`, with aliases, properties and the keys inside them sorted. */
export const printNormalizedAvro = (schema: AvroSchema, known: Iterable<string>): string =>
  print(schema, '', new Set(known), sorted);

function print(schema: AvroSchema, namespace: string, known: Set<string>, style: Style): string {
  if (isNamed(schema)) {
    if (known.has(schema.fullName)) return JSON.stringify(relativeName(schema.fullName, namespace));
    known.add(schema.fullName);
  }
  switch (schema.type) {
    case 'union':
      return `[${schema.branches.map((branch) => print(branch, namespace, known, style)).join(',')}]`;
    case 'array':
      return `{"type":"array","items":${print(schema.items, namespace, known, style)}${style.props(schema.props)}}`;
    case 'map':
      return `{"type":"map","values":${print(schema.values, namespace, known, style)}${style.props(schema.props)}}`;
    case 'fixed':
      return `{"type":"fixed"${head(schema, namespace)},"size":${schema.size}${tail(schema, style)}}`;
    case 'enum': {
      const fallback = schema.default === undefined ? '' : `,"default":${JSON.stringify(schema.default)}`;
      const symbols = JSON.stringify(schema.symbols);
      return `{"type":"enum"${head(schema, namespace)},"symbols":${symbols}${fallback}${tail(schema, style)}}`;
    }
    case 'record': {
      const type = schema.isError ? 'error' : 'record';
      const fields = schema.fields
        .map((field) => printField(field, schema.namespace, known, style))
        .join(',');
      return `{"type":"${type}"${head(schema, namespace)},"fields":[${fields}]${tail(schema, style)}}`;
    }
    default:
      return schema.props.length === 0
        ? `"${schema.type}"`
        : `{"type":"${schema.type}"${style.props(schema.props)}}`;
  }
}

function printField(field: AvroField, namespace: string, known: Set<string>, style: Style): string {
  let text = `{"name":"${field.name}","type":${print(field.type, namespace, known, style)}`;
  if (field.doc !== undefined) text += `,"doc":${JSON.stringify(field.doc)}`;
  if (field.default !== undefined) text += `,"default":${writeJson(field.default)}`;
  if (field.order !== 'ascending') text += `,"order":"${field.order}"`;
  if (field.aliases.length > 0) text += `,"aliases":${JSON.stringify(style.aliases(field.aliases))}`;
  return `${text}${style.props(field.props)}}`;
}

function head(schema: AvroNamed, namespace: string): string {
  const space = schema.namespace === namespace ? '' : `,"namespace":${JSON.stringify(schema.namespace)}`;
  const doc = schema.doc === undefined ? '' : `,"doc":${JSON.stringify(schema.doc)}`;
  return `,"name":"${schema.name}"${space}${doc}`;
}

function tail(schema: AvroNamed, style: Style): string {
  const props = style.props(schema.props);
  if (schema.aliases.length === 0) return props;
  const aliases = style.aliases(schema.aliases).map((alias) => relativeName(alias, schema.namespace));
  return `${props},"aliases":${JSON.stringify(aliases)}`;
}

/** The name alone where the namespace around it is its own. */
function relativeName(fullName: string, namespace: string): string {
  const dot = fullName.lastIndexOf('.');
  return dot >= 0 && fullName.slice(0, dot) === namespace ? fullName.slice(dot + 1) : fullName;
}
