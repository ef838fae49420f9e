// biome-ignore lint/suspicious/noExplicitAny: a schema is any JSON
type Schema = any;

/** Schemas of so and so many definitions, each of which refers twice to the next. */
export interface Doubling {
  readonly title: string;
  readonly type: 'JSON' | 'AVRO';
  /** @param end what differs between two chains, and only at their end */
  readonly chain: (depth: number, end: 'before' | 'after') => Schema;
  /** One definition that refers twice to itself. */
  readonly tree: Schema;
}

const links: Readonly<Record<string, (one: Schema, other: Schema) => Schema>> = {
  properties: (left, right) => ({ type: 'object', properties: { left, right } }),
  'properties of a closed model': (left, right) => ({
    type: 'object',
    properties: { left, right },
    additionalProperties: false,
  }),
  items: (left, right) => ({ type: 'array', items: [left, right] }),
  'items in properties': (left, right) => ({
    properties: { left: { items: left }, right: { items: right } },
  }),
  additionalProperties: (left, right) => ({ properties: { left }, additionalProperties: right }),
  additionalItems: (left, right) => ({ type: 'array', items: [left], additionalItems: right }),
  dependencies: (left, right) => ({ type: 'object', dependencies: { left, right } }),
  anyOf: (left, right) => ({ anyOf: [{ properties: { left } }, { properties: { right } }] }),
  oneOf: (left, right) => ({ oneOf: [{ properties: { left } }, { properties: { right } }] }),
  allOf: (left, right) => ({ allOf: [{ properties: { left } }, { properties: { right } }] }),
  'references in anyOf': (left, right) => ({ anyOf: [{ properties: { left } }, { items: right }] }),
  not: (left, right) => ({ properties: { left: { not: left }, right: { not: right } } }),
  'keywords side by side': (left, right) => ({ properties: { left }, anyOf: [{ items: right }] }),
};

const ends = {
  before: { type: 'object', properties: { v: { type: 'string' } }, additionalProperties: false },
  after: { type: 'object', properties: { w: { type: 'integer' }, v: { type: 'number' } }, required: ['w'] },
} as const;

const refTo = (name: string) => ({ $ref: `#/definitions/${name}` });

export const doublingJsonSchemas: readonly Doubling[] = Object.entries(links).map(([title, link]) => ({
  title,
  type: 'JSON',
  chain: (depth, end) => ({
    $ref: '#/definitions/d0',
    definitions: Object.fromEntries(
      Array.from({ length: depth + 1 }, (_, n) => {
        const next = refTo(`d${n + 1}`);
        return [`d${n}`, n === depth ? ends[end] : link(next, { ...next })];
      }),
    ),
  }),
  tree: { $ref: '#/definitions/t', definitions: { t: link(refTo('t'), refTo('t')) } },
}));

const avroLinks: Readonly<Record<string, (inner: Schema) => Schema>> = {
  fields: (inner) => inner,
  unions: (inner) => ['null', inner],
  arrays: (inner) => ({ type: 'array', items: inner }),
  'maps of unions': (inner) => ({ type: 'map', values: ['int', inner] }),
};

export const doublingAvro: readonly Doubling[] = Object.entries(avroLinks).map(([title, link]) => ({
  title,
  type: 'AVRO',
  chain: (depth, end) => {
    const aNode = (n: number, left: Schema, right: Schema) => ({
      type: 'record',
      name: `n${n}.Node`,
      fields: [
        { name: 'left', type: left },
        { name: 'right', type: right },
      ],
    });
    const last = end === 'before' ? 'string' : 'int';
    let chain = aNode(depth, last, last);
    for (let n = depth - 1; n >= 0; n--) chain = aNode(n, link(chain), link(`n${n + 1}.Node`));
    return chain;
  },
  tree: {
    type: 'record',
    name: 'n.Node',
    fields: ['left', 'right'].map((name) => ({ name, type: link('n.Node') })),
  },
}));
