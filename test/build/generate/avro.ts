import { chance, pick, type Random } from '../random.ts';

// biome-ignore lint/suspicious/noExplicitAny: a schema is any JSON
export type AvroJson = any;

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
const fieldNames = ['a', 'b', 'c', 'd'] as const;
const symbols = ['X', 'Y', 'Z'] as const;

/** A record with records, enums, unions and collections in it; every name is defined once. */
export function anAvroSchema(random: Random): AvroJson {
  const names = { last: 0 };
  return aRecord(random, 2, names);
}

interface Names {
  last: number;
}

function aType(random: Random, depth: number, names: Names): AvroJson {
  if (depth === 0) return pick(random, primitives);
  switch (random.below(9)) {
    case 0:
      return { type: 'array', items: aType(random, depth - 1, names) };
    case 1:
      return { type: 'map', values: aType(random, depth - 1, names) };
    case 2:
    case 3:
      return aUnion(random, depth - 1, names);
    case 4:
      return aRecord(random, depth - 1, names);
    case 5:
      return { type: 'enum', name: `E${names.last++}`, symbols: some(random, symbols) };
    case 6:
      return { type: 'fixed', name: `F${names.last++}`, size: 1 + random.below(2) };
    default:
      return pick(random, primitives);
  }
}

function aRecord(random: Random, depth: number, names: Names): AvroJson {
  const name = `R${names.last++}`;
  return {
    type: 'record',
    name,
    fields: some(random, fieldNames).map((field) => aField(random, field, depth, names)),
  };
}

function aField(random: Random, name: string, depth: number, names: Names): AvroJson {
  const type = aType(random, depth, names);
  return chance(random, 2) ? { name, type } : { name, type, default: aDefault(type) };
}

function aUnion(random: Random, depth: number, names: Names): AvroJson {
  const branches: AvroJson[] = [];
  for (let count = 0; count < 1 + random.below(3); count++) {
    const branch = aType(random, depth, names);
    if (!Array.isArray(branch) && !branches.some((one) => kindOf(one) === kindOf(branch)))
      branches.push(branch);
  }
  return branches.length === 0 ? ['null'] : branches;
}

const kindOf = (type: AvroJson): string => type.name ?? type.type ?? type;

function some<T>(random: Random, list: readonly T[]): T[] {
  const chosen = list.filter(() => !chance(random, 3));
  return chosen.length === 0 ? [...list] : chosen;
}

function aDefault(type: AvroJson): AvroJson {
  if (Array.isArray(type)) return aDefault(type[0]);
  switch (type.type ?? type) {
    case 'null':
      return null;
    case 'boolean':
      return false;
    case 'bytes':
    case 'string':
      return '';
    case 'array':
      return [];
    case 'map':
      return {};
    case 'enum':
      return type.symbols[0];
    case 'fixed':
      return '\u0000'.repeat(type.size);
    case 'record':
      return Object.fromEntries(
        type.fields.map((field: AvroJson) => [field.name, field.default ?? aDefault(field.type)]),
      );
    default:
      return 0;
  }
}

/** What somebody may do to a schema: one or two changes, harmless or not. */
export function changedAvro(random: Random, schema: AvroJson): AvroJson {
  const copy = structuredClone(schema);
  for (let count = 0; count < 1 + random.below(2); count++) {
    const records = recordsIn(copy);
    change(random, pick(random, records), { last: 100 + random.below(1_000_000) });
  }
  // Inner ones first: the default of a record holds those of its fields.
  for (const record of recordsIn(copy).toReversed()) {
    for (const field of record.fields) if (field.default !== undefined) field.default = aDefault(field.type);
  }
  return copy;
}

function recordsIn(type: AvroJson): AvroJson[] {
  if (Array.isArray(type)) return type.flatMap(recordsIn);
  if (typeof type !== 'object') return [];
  if (type.type === 'record')
    return [type, ...type.fields.flatMap((field: AvroJson) => recordsIn(field.type))];
  return [type.items, type.values].filter((inner) => inner !== undefined).flatMap(recordsIn);
}

const promoted: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double', 'int'],
  float: ['double', 'int'],
  string: ['bytes'],
  bytes: ['string'],
};

function change(random: Random, record: AvroJson, names: Names): void {
  const field = pick(random, record.fields as AvroJson[]);
  const taken = new Set(record.fields.flatMap(({ name, aliases = [] }: AvroJson) => [name, ...aliases]));
  const unused = fieldNames.filter((name) => !taken.has(name));
  switch (random.below(6)) {
    case 0:
      if (unused.length > 0) record.fields.push(aField(random, pick(random, unused), 1, names));
      break;
    case 1:
      if (record.fields.length > 1) record.fields.splice(record.fields.indexOf(field), 1);
      break;
    case 2:
      Object.assign(field, { name: `n${names.last++}`, aliases: [field.name] });
      break;
    case 3:
      delete field.default;
      break;
    default:
      field.type = changedType(random, field.type, names);
      if (field.default !== undefined) field.default = aDefault(field.type);
  }
}

function changedType(random: Random, type: AvroJson, names: Names): AvroJson {
  if (Array.isArray(type)) {
    if (chance(random, 2) && type.length > 1) return type.filter((_, index) => index > 0);
    const branch = pick(random, primitives);
    return type.some((one) => kindOf(one) === branch) ? type : [...type, branch];
  }
  if (type.type === 'enum') return { ...type, symbols: some(random, symbols) };
  if (type.type === 'fixed') return { ...type, size: 1 + random.below(2) };
  if (type.type === 'array') return { ...type, items: changedType(random, type.items, names) };
  if (type.type === 'map') return { ...type, values: changedType(random, type.values, names) };
  if (chance(random, 3)) return kindOf(type) === 'null' ? [type] : ['null', type];
  return typeof type === 'string' && !chance(random, 4)
    ? pick(random, promoted[type] ?? primitives)
    : aType(random, 1, names);
}
