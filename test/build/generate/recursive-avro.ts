import { chance, pick, type Random } from '../random.ts';
import type { AvroJson } from './avro.ts';

const recordNames = ['A', 'B', 'C'] as const;
const fieldNames = ['p', 'q', 'v', 'w'] as const;

/** Records by full name, and the type at the top; a record stands in types as `{ record: fullName }`. */
export interface AvroFamily {
  readonly root: AvroJson;
  readonly records: Readonly<Record<string, AvroJson>>;
}

export interface RecursiveAvroPair {
  readonly before: AvroFamily;
  readonly after: AvroFamily;
}

/**
 * Records that refer to one another, with unions among them. The later schema has some records in several copies, of
 * one name in several namespaces, and some of the copies are changed, so that a union may take the wrong one first.
 */
export function aRecursiveAvroPair(random: Random): RecursiveAvroPair {
  const names = recordNames.slice(0, 1 + random.below(recordNames.length));
  const templates = names.map((name, index) => [name, aRecord(random, name, names, index)] as const);
  const root = aPlace(random, names, 0);
  const once: Copies = (name) => [`n1.${name}`];
  const counts = new Map(names.map((name) => [name as string, 1 + random.below(3)]));
  const several: Copies = (name) =>
    Array.from({ length: counts.get(name) ?? 1 }, (_, copy) => `n${copy + 1}.${name}`);
  const family = (copies: Copies, oneIn: number): AvroFamily => ({
    root: changed(random, root, copies, oneIn),
    records: Object.fromEntries(
      templates.flatMap(([name, template]) =>
        copies(name).map((fullName) => [fullName, changed(random, template, copies, oneIn)]),
      ),
    ),
  });
  return { before: family(once, 0), after: family(several, 8) };
}

type Copies = (name: string) => readonly string[];

function aRecord(random: Random, name: string, names: readonly string[], index: number): AvroJson {
  const fields = fieldNames.filter(() => !chance(random, 3));
  return {
    type: 'record',
    name,
    fields: fields.map((field) => ({ name: field, type: aPlace(random, names, index + 1) })),
  };
}

/** @param from the first of the names that a datum may hold directly: so every datum ends */
function aPlace(random: Random, names: readonly string[], from: number): AvroJson {
  const later = names.slice(from);
  switch (random.below(9)) {
    case 0:
      return later.length === 0 ? 'long' : { template: pick(random, later) };
    case 1:
      return { type: 'array', items: { template: pick(random, names) } };
    case 2:
      return { type: 'map', values: { template: pick(random, names) } };
    case 3:
    case 4:
    case 5:
      return ['null', ...names.filter(() => chance(random, 2)).map((template) => ({ template }))];
    case 6:
      return ['null', { type: 'array', items: ['null', { template: pick(random, names) }] }];
    default:
      return pick(random, ['int', 'long', 'double', 'string']);
  }
}

const widened: Readonly<Record<string, string>> = { int: 'long', long: 'double', string: 'bytes' };
const narrowed: Readonly<Record<string, string>> = { double: 'int', long: 'int', string: 'boolean' };

/** @param oneIn how many leaves and fields one is changed; 0: none */
function changed(random: Random, template: AvroJson, copies: Copies, oneIn: number): AvroJson {
  const inside = (inner: AvroJson) => changed(random, inner, copies, oneIn);
  const isChanged = oneIn > 0 && chance(random, oneIn);
  if (Array.isArray(template)) {
    return template.flatMap((branch) =>
      branch.template === undefined
        ? [inside(branch)]
        : copies(branch.template)
            .filter((_, copy) => copy === 0 || !chance(random, 4))
            .toSorted(() => (chance(random, 2) ? 1 : -1))
            .map((record) => ({ record })),
    );
  }
  if (template.template !== undefined) return { record: pick(random, copies(template.template)) };
  switch (template.type) {
    case 'array':
      return { ...template, items: inside(template.items) };
    case 'map':
      return { ...template, values: inside(template.values) };
    case 'record': {
      const fields = template.fields.map((field: AvroJson) => ({ ...field, type: inside(field.type) }));
      if (isChanged && chance(random, 2)) fields.pop();
      else if (isChanged) fields.push({ name: 'n', type: 'int', ...(chance(random, 2) && { default: 0 }) });
      return { ...template, fields };
    }
    default:
      return isChanged ? ((pick(random, [widened, narrowed])[template] ?? template) as AvroJson) : template;
  }
}

/** The schema as it is registered: each record defined where it is met first. */
export function printFamily({ root, records }: AvroFamily): AvroJson {
  const defined = new Set<string>();
  const print = (type: AvroJson): AvroJson => {
    if (Array.isArray(type)) return type.map(print);
    if (type.record === undefined) return mapInside(type, print);
    if (defined.has(type.record)) return type.record;
    defined.add(type.record);
    return { ...mapInside(records[type.record], print), name: type.record };
  };
  return print(root);
}

function mapInside(type: AvroJson, map: (inner: AvroJson) => AvroJson): AvroJson {
  if (type.items !== undefined) return { ...type, items: map(type.items) };
  if (type.values !== undefined) return { ...type, values: map(type.values) };
  if (type.fields === undefined) return type;
  return {
    ...type,
    fields: type.fields.map((field: AvroJson) => ({ ...field, type: map(field.type) })),
  };
}

/**
 * The schema without recursion: copies of the records, so and so many inside each other, and then records without
 * fields. The unrolled ones are read to every depth exactly when the recursive ones are.
 * @returns undefined when that has more than `maxRecords`
 */
export function unrolledFamily(
  { root, records }: AvroFamily,
  depth: number,
  maxRecords: number,
): AvroJson | undefined {
  let count = 0;
  const copy = (type: AvroJson, left: number): AvroJson => {
    if (count > maxRecords) return 'null';
    if (Array.isArray(type)) return type.map((branch) => copy(branch, left));
    if (type.record === undefined) return mapInside(type, (inner) => copy(inner, left));
    const { name, fields } = records[type.record];
    const unrolled = { type: 'record', name, namespace: `u${++count}`, fields: left === 0 ? [] : fields };
    return mapInside(unrolled, (inner) => copy(inner, left - 1));
  };
  const whole = copy(root, depth);
  return count > maxRecords ? undefined : whole;
}

/** A datum of a type; what a union holds says which branch it is of. */
export function aDatum(random: Random, { root, records }: AvroFamily): AvroJson {
  const make = (type: AvroJson, left: number): AvroJson => {
    if (Array.isArray(type)) {
      const branch = left <= 0 ? 0 : random.below(type.length);
      return { branch, value: make(type[branch], left) };
    }
    if (type.record !== undefined) {
      const { fields } = records[type.record];
      return Object.fromEntries(fields.map((field: AvroJson) => [field.name, make(field.type, left - 1)]));
    }
    const inner = type.items ?? type.values;
    if (inner === undefined) return null;
    return left <= 0 ? [] : Array.from({ length: random.below(3) }, () => make(inner, left - 1));
  };
  return make(root, 6);
}

const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Whether a reader takes this datum (Avro specification, Schema Resolution): driven by the datum, without any memory. */
export function takesDatum(readers: AvroFamily, writers: AvroFamily, datum: AvroJson): boolean {
  const takes = (reader: AvroJson, writer: AvroJson, value: AvroJson): boolean => {
    if (Array.isArray(writer)) return takes(reader, writer[value.branch], value.value);
    if (Array.isArray(reader)) return reader.some((branch) => takes(branch, writer, value));
    if (reader.record !== undefined && writer.record !== undefined) {
      const [mine, theirs] = [readers.records[reader.record], writers.records[writer.record]];
      return (
        mine.name === theirs.name &&
        mine.fields.every((field: AvroJson) => {
          const written = theirs.fields.find(({ name }: AvroJson) => name === field.name);
          return written === undefined
            ? field.default !== undefined
            : takes(field.type, written.type, value[field.name]);
        })
      );
    }
    if (typeof reader === 'string' && typeof writer === 'string') {
      return reader === writer || promotions[writer]?.includes(reader) === true;
    }
    const [read, written] = [reader.items ?? reader.values, writer.items ?? writer.values];
    if (reader.type !== writer.type || read === undefined) return false;
    return value.every((one: AvroJson) => takes(read, written, one));
  };
  return takes(readers.root, writers.root, datum);
}
