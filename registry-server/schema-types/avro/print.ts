import { type Json, quoted, sortedJson, writeJson } from '../json-text.ts';
import { asDouble } from '../number-text.ts';
import { type AvroField, type AvroNamed, type AvroSchema, isNamed, type Properties } from './model.ts';
import { normalizedDefault } from './normalized-default.ts';

/** How the same model is printed: as the client wrote it, or so that what means the same is the same. */
interface Style {
  readonly props: (props: Properties) => string;
  readonly aliases: (aliases: readonly string[]) => readonly string[];
  readonly default: (type: AvroSchema, value: Json) => string;
  /** The documentation of a named type. */
  readonly doc: (doc: string | undefined) => string | undefined;
  readonly keepsErrors: boolean;
}

const asGiven: Style = {
  props: (props) => props.map(([key, value]) => `,${quoted(key)}:${writeJson(value, asDouble)}`).join(''),
  aliases: (aliases) => aliases,
  default: (_type, value) => writeJson(value, asDouble),
  doc: (doc) => doc,
  keepsErrors: true,
};

// What AvroSchemaUtils.toNormalizedString of the reference leaves of a schema once that is parsed and printed again.
const normalized: Style = {
  props: (props) =>
    inOrder(props)
      .map(([key, value]) => `,${quoted(key)}:${sortedJson(value, asDouble)}`)
      .join(''),
  aliases: (aliases) => [...aliases].sort(),
  default: normalizedDefault,
  doc: (doc) => (doc === '' ? undefined : doc),
  keepsErrors: false,
};

/** A logical type that the Java library knows comes first, with what belongs to it; the rest by name. */
function inOrder(props: Properties): Properties {
  const byName = props.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const logicalType = props.find(([key]) => key === 'logicalType')?.[1];
  const leading = typeof logicalType === 'string' ? logicalTypes.get(logicalType) : undefined;
  if (leading === undefined) return byName;
  const first = leading.flatMap((key) =>
    props.filter(([name, value]) => name === key && !(key === 'scale' && value === 0)),
  );
  return [...first, ...byName.filter((prop) => !first.includes(prop))];
}

const logicalTypes: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...[
    'uuid',
    'date',
    'time-millis',
    'time-micros',
    'timestamp-millis',
    'timestamp-micros',
    'timestamp-nanos',
    'local-timestamp-millis',
    'local-timestamp-micros',
    'local-timestamp-nanos',
    'big-decimal',
    'duration',
  ].map((name): [string, string[]] => [name, ['logicalType']]),
  ['decimal', ['logicalType', 'precision', 'scale']],
]);

/** As the Java library prints a schema: attributes in its order, each named type in full where it first occurs. */
export const printAvro = (schema: AvroSchema, known: Iterable<string>): string =>
  print(schema, '', new Set(known), asGiven);

/** As `printAvro`, with aliases, properties and the keys inside them sorted, and defaults spelled in one way. */
export const printNormalizedAvro = (schema: AvroSchema, known: Iterable<string>): string =>
  print(schema, '', new Set(known), normalized);

function print(schema: AvroSchema, namespace: string, known: Set<string>, style: Style): string {
  if (isNamed(schema)) {
    if (known.has(schema.fullName)) return JSON.stringify(relativeName(schema.fullName, namespace));
    known.add(schema.fullName);
  }
  switch (schema.type) {
    case 'union':
      return `[${joined(schema.branches, (branch) => print(branch, namespace, known, style))}]`;
    case 'array':
      return `{"type":"array","items":${print(schema.items, namespace, known, style)}${style.props(schema.props)}}`;
    case 'map':
      return `{"type":"map","values":${print(schema.values, namespace, known, style)}${style.props(schema.props)}}`;
    case 'fixed':
      return `{"type":"fixed"${head(schema, namespace, style)},"size":${schema.size}${tail(schema, style)}}`;
    case 'enum': {
      const fallback = schema.default === undefined ? '' : `,"default":${JSON.stringify(schema.default)}`;
      const symbols = JSON.stringify(schema.symbols);
      return `{"type":"enum"${head(schema, namespace, style)},"symbols":${symbols}${fallback}${tail(schema, style)}}`;
    }
    case 'record': {
      const type = schema.isError && style.keepsErrors ? 'error' : 'record';
      const fields = joined(schema.fields, (field) => printField(field, schema.namespace, known, style));
      return `{"type":"${type}"${head(schema, namespace, style)},"fields":[${fields}]${tail(schema, style)}}`;
    }
    default:
      return schema.props.length === 0
        ? `"${schema.type}"`
        : `{"type":"${schema.type}"${style.props(schema.props)}}`;
  }
}

function printField(field: AvroField, namespace: string, known: Set<string>, style: Style): string {
  let text = `{"name":"${field.name}","type":${print(field.type, namespace, known, style)}`;
  if (field.doc !== undefined) text += `,"doc":${quote(field.doc)}`;
  if (field.default !== undefined) text += `,"default":${style.default(field.type, field.default)}`;
  if (field.order !== 'ascending') text += `,"order":"${field.order}"`;
  if (field.aliases.length > 0) text += `,"aliases":${JSON.stringify(style.aliases(field.aliases))}`;
  return field.props.length === 0 ? `${text}}` : `${text}${style.props(field.props)}}`;
}

/** Without a list of the parts. */
function joined<T>(list: readonly T[], print: (item: T) => string): string {
  let text = '';
  for (const item of list) text += text === '' ? print(item) : `,${print(item)}`;
  return text;
}

// Most words need no escape.
const quote = (text: string): string => (/^[ -!#-[\]-~]*$/.test(text) ? `"${text}"` : quoted(text));

function head(schema: AvroNamed, namespace: string, style: Style): string {
  const space = schema.namespace === namespace ? '' : `,"namespace":${JSON.stringify(schema.namespace)}`;
  const words = style.doc(schema.doc);
  const doc = words === undefined ? '' : `,"doc":${quote(words)}`;
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
