import { chance, pick, type Random } from './random.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What is easily read as something else than text, or breaks what it is put into. */
const texts = [
  ...[
    '',
    'a',
    'team-a',
    'true',
    'null',
    '~',
    '0x1F',
    '1e3',
    '007',
    '1.2.3',
    '- a',
    'a: b',
    'a #b',
    '{{ .Values }}',
  ],
  ...[
    '"',
    "it's",
    'two\nlines\n',
    ' spaces ',
    'é ✓',
    '*',
    '&a',
    '%',
    '@a',
    '`',
    '10Gi',
    '500m',
    '30s',
    '1h',
    'no',
    '=',
  ],
  ...[
    'example.com',
    'example.com/*',
    'mirror.example.com/schemas',
    `sha256:${'0'.repeat(64)}`,
    'http://example.com',
  ],
];

/** A value that a JSON Schema describes, as far as its patterns are met by one of the texts. */
export function fromSchema(random: Random, schema: Schema): unknown {
  if (schema.enum !== undefined) return pick(random, schema.enum);
  const type = Array.isArray(schema.type) ? pick(random, schema.type as readonly string[]) : schema.type;
  switch (type) {
    case 'boolean':
      return chance(random, 2);
    case 'integer':
    case 'number': {
      const least = schema.minimum ?? 0;
      return least + random.below(Math.min((schema.maximum ?? least + 100_000) - least + 1, 2 ** 31));
    }
    case 'array':
      return Array.from({ length: random.below(3) }, () =>
        fromSchema(random, schema.items ?? { type: 'string' }),
      );
    case 'object':
      return anObject(random, schema);
    default: {
      const fitting = texts.filter(
        (text) => schema.pattern === undefined || new RegExp(schema.pattern).test(text),
      );
      return pick(random, fitting.length === 0 ? ['a'] : fitting);
    }
  }
}

function anObject(random: Random, schema: Schema): object {
  const properties = Object.entries(schema.properties ?? {});
  const missing = (schema.required ?? []).filter((name) => schema.properties?.[name] === undefined);
  const known = properties
    .filter(([name]) => schema.required?.includes(name) || chance(random, 3))
    .map(([name, property]) => [name, fromSchema(random, property)] as const);
  const rest = schema.additionalProperties ?? properties.length === 0;
  const others = rest === false || chance(random, 2) ? [] : ['some', 'other-one'];
  const free: Schema = typeof rest === 'object' ? rest : { type: 'string' };
  return Object.fromEntries([
    ...known,
    ...missing.map((name) => [name, 'a'] as const),
    ...others.map((name) => [name, fromSchema(random, free)] as const),
  ]);
}
