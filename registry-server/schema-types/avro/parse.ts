import { InvalidSchema } from '../invalid-schema.ts';
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  NumberText,
  toNumber,
  writeJson,
} from '../json-text.ts';
import { fractionText } from '../number-text.ts';
import {
  type AvroEnum,
  type AvroField,
  type AvroFixed,
  type AvroNamed,
  type AvroRecord,
  type AvroSchema,
  isNamed,
  type PrimitiveName,
  type Properties,
  primitives,
} from './model.ts';
import { nameForm } from './names.ts';

/** The named types that a text may use: those of its references, then its own as they come up. */
export type Names = Map<string, AvroNamed>;

/** What surrounds the place that is being parsed. */
interface Scope {
  readonly names: Names;
  readonly namespace: string;
  readonly path: string;
}

export function parseAvro(value: Json, names: Names): AvroSchema {
  return parseSchema(value, { names, namespace: '', path: '' });
}

function invalid(scope: Scope, words: string): InvalidSchema {
  return new InvalidSchema(`${scope.path || '/'}: ${words}`);
}

const at = ({ names, namespace, path }: Scope, step: string | number): Scope => ({
  names,
  namespace,
  path: `${path}/${step}`,
});

function parseSchema(value: Json, scope: Scope): AvroSchema {
  if (typeof value === 'string') return findType(value, scope);
  if (isArray(value)) return parseUnion(value, scope);
  if (!isObject(value)) throw invalid(scope, `${writeJson(value)} is not a schema; write a name, {…} or […]`);
  const { type } = value;
  if (typeof type !== 'string') throw invalid(scope, `no "type": ${shorten(value)}`);
  const parse = complexTypes[type as keyof typeof complexTypes];
  if (parse !== undefined && Object.hasOwn(complexTypes, type)) return parse(value, scope);
  const found = findType(type, scope);
  return isNamed(found) ? found : withProps(found as (typeof plain)[PrimitiveName], value);
}

function withProps(primitive: (typeof plain)[PrimitiveName], value: JsonObject): AvroSchema {
  const props = propsOf(value, schemaAttributes);
  return props.length === 0 ? primitive : { type: primitive.type, props };
}

const noProps: Properties = [];

/** One object for each primitive, so that a big schema does not hold thousands of equal ones. */
const plain = Object.fromEntries(primitives.map((type) => [type, { type, props: noProps }])) as {
  readonly [P in PrimitiveName]: { readonly type: P; readonly props: Properties };
};

const complexTypes = {
  record: (value: JsonObject, scope: Scope) => parseRecord(value, scope, false),
  error: (value: JsonObject, scope: Scope) => parseRecord(value, scope, true),
  enum: parseEnum,
  fixed: parseFixed,
  array: (value: JsonObject, scope: Scope): AvroSchema => ({
    type: 'array',
    items: parseSchema(required(value, 'items', 'array', scope), at(scope, 'items')),
    props: propsOf(value, schemaAttributes),
  }),
  map: (value: JsonObject, scope: Scope): AvroSchema => ({
    type: 'map',
    values: parseSchema(required(value, 'values', 'map', scope), at(scope, 'values')),
    props: propsOf(value, schemaAttributes),
  }),
} as const satisfies Record<string, (value: JsonObject, scope: Scope) => AvroSchema>;

function required(value: JsonObject, attribute: string, type: string, scope: Scope): Json {
  const found = value[attribute];
  if (found === undefined) throw invalid(scope, `the ${type} has no "${attribute}"`);
  return found;
}

function findType(name: string, scope: Scope): AvroSchema {
  if (Object.hasOwn(plain, name)) return plain[name as PrimitiveName];
  const nearest = name.includes('.') || scope.namespace === '' ? name : `${scope.namespace}.${name}`;
  const found = scope.names.get(nearest) ?? scope.names.get(name);
  if (found === undefined) {
    throw invalid(
      scope,
      `the type "${nearest}" is not defined; define it before its first use or refer to it`,
    );
  }
  return found;
}

function parseUnion(branches: readonly Json[], scope: Scope): AvroSchema {
  const parsed: AvroSchema[] = [];
  const seen = new Set<string>();
  for (const [index, value] of branches.entries()) {
    const here = at(scope, index);
    const branch = parseSchema(value, here);
    if (branch.type === 'union') throw invalid(here, 'a union may not hold another union directly');
    const kind = isNamed(branch) ? branch.fullName : branch.type;
    if (seen.has(kind)) throw invalid(here, `"${kind}" occurs twice in the union`);
    seen.add(kind);
    parsed.push(branch);
  }
  return { type: 'union', branches: parsed };
}

function parseRecord(value: JsonObject, scope: Scope, isError: boolean): AvroRecord {
  const names = parseNames(value, scope);
  const fields: AvroField[] = [];
  const fieldsByName = new Map<string, AvroField>();
  const record: AvroRecord = {
    type: 'record',
    isError,
    ...names,
    fields,
    fieldsByName,
    props: propsOf(value, schemaAttributes),
  };
  // Known before its fields are parsed: they may refer to it.
  define(record, scope);
  const { fields: list } = value;
  if (!isArray(list)) throw invalid(scope, `record ${record.fullName} has no array "fields"`);
  const inside = at({ ...scope, namespace: record.namespace }, 'fields');
  for (const [index, item] of list.entries()) {
    const here = at(inside, index);
    if (!isObject(item)) throw invalid(here, `a field is an object, not ${shorten(item)}`);
    const field = parseField(item, here);
    if (fieldsByName.has(field.name)) {
      throw invalid(here, `record ${record.fullName} has two fields "${field.name}"`);
    }
    fields.push(field);
    fieldsByName.set(field.name, field);
  }
  return record;
}

const orders = ['ascending', 'descending', 'ignore'] as const;

function parseField(value: JsonObject, scope: Scope): AvroField {
  const { name, type, order } = value;
  if (typeof name !== 'string') throw invalid(scope, 'the field has no "name"');
  requireName(name, scope);
  if (type === undefined) throw invalid(scope, `field "${name}" has no "type"`);
  const known = order === undefined ? 'ascending' : orders.find((one) => one === String(order).toLowerCase());
  if (known === undefined) throw invalid(scope, `order ${writeJson(order ?? null)}; write one of ${orders}`);
  const parsed = parseSchema(type, at(scope, 'type'));
  return {
    name,
    type: parsed,
    doc: textOf(value, 'doc'),
    default: readDefault(parsed, value.default),
    order: known,
    aliases: parseAliases(value, scope),
    props: propsOf(value, fieldAttributes),
  };
}

/** A number may be written as a text where the field's own type is one with a fraction, as in the Java library. */
function readDefault({ type }: AvroSchema, value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || (type !== 'float' && type !== 'double')) return value;
  const number = fractionForm.exec(value)?.[1];
  return number === undefined ? value : new NumberText(fractionText(Number(number), 'double'));
}

// java.lang.Double.valueOf, but for numbers in hexadecimal.
const fractionForm =
  /^[\0-\x20]*\+?(-?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[fFdD]?[\0-\x20]*$)))[fFdD]?[\0-\x20]*$/;

function parseEnum(value: JsonObject, scope: Scope): AvroEnum {
  const names = parseNames(value, scope);
  const { symbols, default: fallback } = value;
  if (!isArray(symbols)) throw invalid(scope, `enum ${names.fullName} has no array "symbols"`);
  const seen = new Set<string>();
  for (const [index, symbol] of symbols.entries()) {
    const here = at(scope, `symbols/${index}`);
    if (typeof symbol !== 'string') throw invalid(here, `a symbol is a string, not ${shorten(symbol)}`);
    requireName(symbol, here);
    if (seen.has(symbol)) throw invalid(here, `enum ${names.fullName} has the symbol "${symbol}" twice`);
    seen.add(symbol);
  }
  if (fallback !== undefined && (typeof fallback !== 'string' || !seen.has(fallback))) {
    throw invalid(at(scope, 'default'), `${shorten(fallback)} is not a symbol of enum ${names.fullName}`);
  }
  const parsed: AvroEnum = {
    type: 'enum',
    ...names,
    symbols: [...seen],
    default: fallback,
    props: propsOf(value, enumAttributes),
  };
  define(parsed, scope);
  return parsed;
}

function parseFixed(value: JsonObject, scope: Scope): AvroFixed {
  const names = parseNames(value, scope);
  const size = toNumber(value.size);
  if (size === undefined || !Number.isInteger(size) || size < 0) {
    throw invalid(scope, `fixed ${names.fullName} needs a "size" that is a whole number of bytes`);
  }
  const parsed: AvroFixed = { type: 'fixed', ...names, size, props: propsOf(value, schemaAttributes) };
  define(parsed, scope);
  return parsed;
}

function define(type: AvroNamed, scope: Scope): void {
  if (scope.names.has(type.fullName)) throw invalid(scope, `the type "${type.fullName}" is defined twice`);
  scope.names.set(type.fullName, type);
}

function parseNames(value: JsonObject, scope: Scope) {
  const given = value.name;
  if (typeof given !== 'string') throw invalid(scope, `the ${value.type} has no "name"`);
  const dot = given.lastIndexOf('.');
  const name = given.slice(dot + 1);
  const namespace = dot < 0 ? (textOf(value, 'namespace') ?? scope.namespace) : given.slice(0, dot);
  requireName(name, scope);
  if (namespace === '' && (primitives as readonly string[]).includes(name)) {
    throw invalid(scope, `"${name}" is the name of a primitive type`);
  }
  return {
    name,
    namespace,
    fullName: fullNameOf(name, namespace),
    aliases: parseAliases(value, scope).map((alias) => fullNameOf(alias, namespace)),
    doc: textOf(value, 'doc'),
  };
}

const fullNameOf = (name: string, namespace: string): string =>
  name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;

function parseAliases(value: JsonObject, scope: Scope): readonly string[] {
  const { aliases } = value;
  if (aliases === undefined) return noAliases;
  if (!isArray(aliases) || !aliases.every((alias) => typeof alias === 'string')) {
    throw invalid(at(scope, 'aliases'), 'aliases are an array of strings');
  }
  return [...new Set(aliases as readonly string[])];
}

const noAliases: readonly string[] = [];

function textOf(value: JsonObject, attribute: string): string | undefined {
  const found = value[attribute];
  return typeof found === 'string' ? found : undefined;
}

function requireName(name: string, scope: Scope): void {
  if (nameForm.test(name)) return;
  throw invalid(scope, `"${name}" is not a name; begin with a letter or _, go on with letters, digits and _`);
}

const schemaAttributes: ReadonlySet<string> = new Set(
  'type name namespace doc aliases fields items values size symbols'.split(' '),
);
const enumAttributes: ReadonlySet<string> = new Set([...schemaAttributes, 'default']);
const fieldAttributes: ReadonlySet<string> = new Set('name type doc default order aliases'.split(' '));

function propsOf(value: JsonObject, reserved: ReadonlySet<string>): Properties {
  let props: [string, Json][] | undefined;
  for (const key of Object.keys(value)) {
    if (reserved.has(key)) continue;
    props ??= [];
    props.push([key, value[key] as Json]);
  }
  return props ?? noProps;
}

function shorten(value: Json): string {
  const text = writeJson(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
