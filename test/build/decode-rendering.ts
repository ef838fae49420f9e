/** How a table of a rendering reads in JSON. */
export interface DecodeJson {
  readonly unwrap?: string;
  readonly root: string;
  readonly entries: Readonly<Record<string, Entry>>;
}

interface Entry {
  readonly undo?: 'pairs' | 'json-text' | 'numbered';
  readonly absent?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
  readonly items?: string;
  readonly branches?: readonly Branch[];
}

interface Branch {
  readonly types?: readonly string[];
  readonly required?: readonly string[];
  readonly known?: readonly string[];
  readonly where?: Readonly<
    Record<string, { readonly types?: readonly string[]; readonly values?: readonly unknown[] }>
  >;
  readonly to?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a model wrote under a rendering, as the schema has it: what the page on renderings says, and no more. */
export function decodeRendering(written: unknown, table: DecodeJson): unknown {
  const whole = table.unwrap === undefined || !isObject(written) ? written : written[table.unwrap];
  return decode(whole, table.entries[table.root], table);
}

function decode(value: unknown, entry: Entry | undefined, table: DecodeJson): unknown {
  if (entry === undefined) return value;
  if (entry.branches) {
    const branch = entry.branches.find((each) => fits(value, each));
    return branch?.to === undefined ? value : decode(value, table.entries[branch.to], table);
  }
  if (entry.undo === 'json-text') return typeof value === 'string' ? JSON.parse(value) : value;
  const to = (name: string | undefined) => (name === undefined ? undefined : table.entries[name]);
  if (Array.isArray(value)) {
    const items = value.map((item) => decode(item, to(entry.items), table));
    if (entry.undo !== 'pairs') return items;
    return Object.fromEntries(items.flatMap((item) => (isObject(item) ? [[item.key, item.value]] : [])));
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value)
    .filter(([name, member]) => !(member === null && entry.absent?.includes(name)))
    .map(([name, member]): [string, unknown] => {
      const own =
        entry.properties && Object.hasOwn(entry.properties, name) ? entry.properties[name] : undefined;
      return [name, decode(member, to(own), table)];
    });
  return entry.undo === 'numbered' ? members.map(([, member]) => member) : Object.fromEntries(members);
}

function fits(value: unknown, { types, required = [], known, where = {} }: Branch): boolean {
  if (types && !types.some((type) => hasType(value, type))) return false;
  if (!isObject(value)) return true;
  const names = Object.keys(value);
  if (!required.every((name) => names.includes(name))) return false;
  if (known && !names.every((name) => known.includes(name))) return false;
  return Object.entries(where).every(([name, wanted]) => {
    if (!names.includes(name)) return true;
    if (wanted.values) return wanted.values.includes(value[name]);
    return wanted.types === undefined || wanted.types.some((type) => hasType(value[name], type));
  });
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  return type === 'integer' ? typeof value === 'number' : typeof value === type;
}
