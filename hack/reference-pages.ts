import { settingsTable } from '../registry-server/settings.ts';

/** What is used here of the schema of a CRD. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly { readonly message?: string }[];
}

/** docs/reference/schemaregistry.md: every field of the kind, as its CRD declares it. */
export function kindPage(schema: Schema): string {
  const { spec, status } = schema.properties ?? {};
  const sections = Object.entries(spec?.properties ?? {}).filter(
    ([, field]) => fieldsOf('', field).length > 0,
  );
  const simple = Object.entries(spec?.properties ?? {}).filter(
    ([, field]) => fieldsOf('', field).length === 0,
  );
  const rules = messagesOf(spec);
  return `# Every field of a SchemaRegistry

Written by \`npm run generate\` from the CRD; \`kubectl explain sr.spec\` says the same in a cluster. \`spec: {}\` is a registry with every default.
A field that is not here is refused.

${table(
  'Field',
  simple.map(([name, field]) => row(name, field, spec?.required?.includes(name) ?? false)),
)}
${list(rules)}
${sections.map(([name, field]) => section(name, field)).join('\n')}
## status

What the operator says; nobody else writes it. [Conditions](../conditions.md) has every condition and reason.

${table(
  'Field',
  fieldsOf('', status ?? {}).map(([path, field, isRequired]) => row(path, field, isRequired)),
)}
`;
}

function section(name: string, field: Schema): string {
  return `## ${name}

${sentence(field)}

${table(
  'Field',
  fieldsOf('', field).map(([path, inner, isRequired]) => row(path, inner, isRequired)),
)}
${list(everyMessage(field))}`;
}

/** All below it, each before what is in it, with its path; what may have any field is not looked into. */
function fieldsOf(prefix: string, schema: Schema): readonly (readonly [string, Schema, boolean])[] {
  const inner = schema.type === 'array' ? schema.items : schema;
  return Object.entries(inner?.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}${field.type === 'array' ? '[]' : ''}`;
    return [[path, field, inner?.required?.includes(name) ?? false] as const, ...fieldsOf(`${path}.`, field)];
  });
}

const messagesOf = (schema: Schema | undefined): readonly string[] =>
  (schema?.['x-kubernetes-validations'] ?? []).flatMap(({ message }) => message ?? []);

function everyMessage(schema: Schema): readonly string[] {
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])];
  return [...new Set([...messagesOf(schema), ...inner.flatMap(everyMessage)])];
}

function typeOf(field: Schema): string {
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field['x-kubernetes-int-or-string']) return 'number or text';
  if (field.type === 'array') return `list of ${typeOf(field.items ?? {})}`;
  if (field.type === 'object' && typeof field.additionalProperties === 'object')
    return `map of ${typeOf(field.additionalProperties)}`;
  const { minimum, maximum } = field;
  if (minimum !== undefined && maximum !== undefined) return `${field.type}, ${minimum} to ${maximum}`;
  return field.type ?? 'any';
}

const sentence = ({ description = '' }: Schema): string =>
  escaped(description.replaceAll(/\s+/g, ' ').trim());

/** Outside of code, what a page of Markdown or of the site would take for something else. */
const escaped = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('{{', '{ {');

const row = (path: string, field: Schema, isRequired: boolean): string =>
  `| \`${path}\`${isRequired ? ', required' : ''} | ${typeOf(field)} | ${sentence(field)} |`;

const table = (title: string, rows: readonly string[]): string =>
  [`| ${title} | Type | Meaning |`, '| --- | --- | --- |', ...rows].join('\n');

const list = (items: readonly string[]): string =>
  items.length === 0
    ? ''
    : `\nWhat the API server checks:\n\n${items.map((item) => `- ${escaped(item)}`).join('\n')}\n`;

/** docs/reference/settings.md: every variable of the server. */
export function settingsPage(): string {
  const rows = settingsTable.map(({ name, default: given, description, isSecret }) => {
    const secret = isSecret ? '; never shown' : '';
    return `| \`${name}\` | ${given === undefined || given === '' ? '' : `\`${given}\``} | ${escaped(description)}${secret} |`;
  });
  return `# Every setting of the server and of the operator

## The registry server

Written by \`npm run generate\` from the table that the server reads; \`npx node registry-server/main.ts --help\` says the same. In a cluster the operator sets
them from the [fields of a SchemaRegistry](schemaregistry.md). A variable that is empty counts as unset; at start one message names every one that is wrong.

${['| Variable | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n')}

## The operator

In the ConfigMap \`llm-schema-registry-operator\` of its namespace, or in the [values of the chart](../../config/chart/README.md):
[the table of the install page](../install.md#install-with-kubectl) has each with its default.
`;
}
