/** What the Helm chart has in common with the CRD, the operator's tables and its own values.yaml. */
import {
  type Document,
  isMap,
  isScalar,
  type Pair,
  parse,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml';

type Schema = Readonly<Record<string, unknown>>;

/** A value of values.yaml that its users set, with what stands above it. */
export interface Value {
  /** Such as `image.tag`. */
  readonly path: string;
  readonly meaning: string;
  readonly fallback: unknown;
  readonly schema: Schema;
}

const annotation = /^@schema (.*)$/;

/**
 * All values of values.yaml, in its order; a map without a comment of its own stands for the values within it.
 * @throws Error that names a value without a comment
 */
export function valuesOf(text: string): readonly Value[] {
  const document: Document = parseDocument(text);
  return valuesIn(document.contents as unknown as YAMLMap, '');
}

function valuesIn(map: YAMLMap, prefix: string): readonly Value[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair as Pair<{ value: string; commentBefore?: string }, unknown>;
    const path = `${prefix}${key.value}`;
    // The first comment of a map is held by the map, behind what is above the whole.
    const above = index === 0 ? (key.commentBefore ?? map.commentBefore ?? '') : (key.commentBefore ?? '');
    const paragraph = above.split(/\n\s*\n/).at(-1) ?? '';
    const lines = paragraph.split('\n').map((line) => line.trim());
    const meaning = lines
      .filter((line) => !annotation.test(line))
      .join(' ')
      .trim();
    const isGroup = isMap(value) && value.items.length > 0 && hasComments(value);
    if (isGroup) return valuesIn(value as YAMLMap, `${path}.`);
    if (meaning === '')
      throw new Error(`config/chart/values.yaml: ${path} has no comment that says what it is`);
    const found = lines.map((line) => annotation.exec(line)?.[1]).find((given) => given !== undefined);
    const fallback = isScalar(value) ? value.value : (value as { toJSON(): unknown }).toJSON();
    const schema = { ...schemaOf(fallback), ...((found === undefined ? {} : parse(found)) as Schema) };
    return [{ path, meaning, fallback, schema }];
  });
}

function hasComments(map: YAMLMap): boolean {
  return (
    map.commentBefore != null ||
    map.items.some(({ key }) => (key as { commentBefore?: string }).commentBefore != null)
  );
}

function schemaOf(value: unknown): Schema {
  if (Array.isArray(value)) return { type: 'array' };
  if (value !== null && typeof value === 'object') return { type: 'object' };
  return { type: Number.isInteger(value) ? 'integer' : typeof value };
}

/** The JSON Schema of the values. An unknown one is refused, because it would be a misspelled one. */
export function valuesSchema(values: readonly Value[], specSchema: Schema): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart llm-schema-registry',
    ...nested(
      values.map((value) =>
        value.path === 'registries'
          ? { ...value, schema: { ...value.schema, ...registriesSchema(specSchema) } }
          : value,
      ),
      '',
    ),
  } as unknown as { properties: Record<string, Schema> };
  // Charts that have this one as a part share their globals with it.
  schema.properties.global = { ...schema.properties.global, additionalProperties: true };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function nested(values: readonly Value[], prefix: string): Schema {
  const names = [...new Set(values.map(({ path }) => path.slice(prefix.length).split('.')[0] ?? ''))];
  const properties = names.map((name) => {
    const path = `${prefix}${name}`;
    const own = values.find((value) => value.path === path);
    if (own !== undefined) return [name, { description: own.meaning, ...own.schema }] as const;
    return [
      name,
      nested(
        values.filter((value) => value.path.startsWith(`${path}.`)),
        `${path}.`,
      ),
    ] as const;
  });
  // A value that is null is one that is taken away. A map may be: what it adds to is then left as Kubernetes has it.
  const required = names.filter(
    (name) => !values.some(({ path, schema }) => path === `${prefix}${name}` && schema.type === 'object'),
  );
  return {
    type: 'object',
    additionalProperties: false,
    required,
    properties: Object.fromEntries(properties),
  };
}

function registriesSchema(specSchema: Schema): Schema {
  const texts = { type: 'object', additionalProperties: { type: 'string' } };
  const namespace = { type: 'string', pattern: '^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$' };
  const registry = {
    type: 'object',
    additionalProperties: false,
    properties: { namespace, labels: texts, annotations: texts, spec: jsonSchemaOf(specSchema) },
  };
  return { propertyNames: { pattern: '^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$' }, additionalProperties: registry };
}

/** The part of a CRD's schema that JSON Schema has too; what it does not name is refused, as it would be dropped. */
function jsonSchemaOf(node: unknown): Schema {
  const { properties, items, additionalProperties, ...rest } = node as Record<string, unknown>;
  const isOpen = 'x-kubernetes-preserve-unknown-fields' in rest;
  const dropped = new Set(['description', 'default', 'nullable', 'format', 'example']);
  const kept = Object.entries(rest).filter(([key]) => !key.startsWith('x-kubernetes-') && !dropped.has(key));
  const isObject = typeof additionalProperties === 'object';
  return {
    ...Object.fromEntries(kept),
    ...(items === undefined ? {} : { items: jsonSchemaOf(items) }),
    ...(isObject ? { additionalProperties: jsonSchemaOf(additionalProperties) } : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties as object).map(([name, property]) => [name, jsonSchemaOf(property)]),
          ),
          ...(isOpen || isObject ? {} : { additionalProperties: false }),
        }),
  };
}

/** The table of README.md. */
export function valuesTable(values: readonly Value[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = values.map(
    ({ path, meaning, fallback }) =>
      `| \`${path}\` | ${cell(meaning)} | \`${cell(JSON.stringify(fallback))}\` |`,
  );
  return ['| Value | Meaning | Default |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The text between the marks of README.md. */
export function withTable(readme: string, table: string): string {
  const [start, end] = ['<!-- values -->', '<!-- end of values -->'];
  const [before, rest = ''] = readme.split(start);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`config/chart/README.md needs the marks ${start} and ${end}`);
  return `${before}${start}\n${table}\n${end}${after}`;
}

export function chartYaml(version: string): string {
  return `# Written by \`npm run generate\`; the version is that of package.json.\n${stringify({
    apiVersion: 'v2',
    name: 'llm-schema-registry',
    description: 'The operator of LLM Schema Registry, and the registries that come with it',
    type: 'application',
    version,
    appVersion: version,
    // CEL rules of the CRD need it.
    kubeVersion: '>=1.31.0-0',
    home: 'https://github.com/llm-schema-registry/llm-schema-registry',
    sources: ['https://github.com/llm-schema-registry/llm-schema-registry'],
    keywords: ['schema-registry', 'json-schema', 'avro', 'protobuf', 'llm', 'operator'],
    annotations: { 'artifacthub.io/license': 'Apache-2.0', 'artifacthub.io/operator': 'true' },
  })}`;
}

const written = '{{- /* Written by `npm run generate`. */ -}}\n';

/** Braces in a text are none of Helm's. */
function literal(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}

/** One CRD as a template, with the annotation by which Helm leaves it in the cluster. */
export function crdTemplate(crd: {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}): string {
  const { metadata, ...rest } = crd;
  const { labels } = metadata as { labels?: Readonly<Record<string, string>> };
  const { apiVersion, kind, ...body } = rest as Record<string, unknown>;
  return `${written}{{- if .Values.crds.install }}
{{- $labels := ${dictOf(labels)} }}
{{- $annotations := merge (dict) ${dictOf(metadata.annotations)} (.Values.crds.annotations | default dict) }}
{{- if .Values.crds.keep }}
{{- $annotations = set $annotations "helm.sh/resource-policy" "keep" }}
{{- end }}
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  {{- include "operator.metadata" (dict "root" $ "name" "${metadata.name}" "labels" $labels "annotations" $annotations) | nindent 2 }}
${literal(stringify(body, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 }))}{{- end }}
`;
}

function dictOf(texts: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(texts).map(
    ([key, value]) => ` ${JSON.stringify(key)} ${JSON.stringify(value)}`,
  );
  return `(dict${pairs.join('')})`;
}

function indented(text: string, spaces: number): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${' '.repeat(spaces)}${line}`)
    .join('\n');
}

/** Named templates with the rules of roles. */
export function ruleTemplates(rules: Readonly<Record<string, readonly object[]>>): string {
  return (
    written +
    Object.entries(rules)
      .map(([name, some]) => `{{- define "rules.${name}" -}}\n${stringify(some)}{{- end }}\n`)
      .join('')
  );
}

interface Admission {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: object;
}

/** What warns of a registry that is open, under the operator's name: two releases of a cluster may have it. */
export function admissionTemplate(objects: readonly Admission[]): string {
  const named = (text: string) =>
    text.replaceAll('llm-schema-registry-operator', '{{ include "operator.fullname" $ }}');
  const templates = objects.map(
    ({ apiVersion, kind, spec }) => `---
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  {{- include "operator.metadata" (dict "root" $ "name" (printf "%s-exposed" (include "operator.fullname" $))) | nindent 2 }}
${named(stringify({ spec }, { lineWidth: 0 }))}`,
  );
  return `${written}{{- if and .Values.admissionWarnings.enabled (not .Values.watchNamespaces) }}\n${templates.join('')}{{- end }}\n`;
}

interface UserRole {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly rules: readonly object[];
}

/** The ClusterRoles of those who use registries. */
export function userRoleTemplate(roles: readonly UserRole[]): string {
  const templates = roles.map(({ metadata, rules }) => {
    const aggregated = Object.entries(metadata.labels).filter(([key]) => key.includes('/aggregate-to-'));
    const labels = `(ternary ${dictOf(Object.fromEntries(aggregated))} dict $.Values.rbac.userRoles.aggregate)`;
    return `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "operator.metadata" (dict "root" $ "name" "${metadata.name}" "labels" ${labels}) | nindent 2 }}
rules:
${indented(stringify(rules), 2)}
`;
  });
  return `${written}{{- if .Values.rbac.userRoles.create }}\n${templates.join('')}{{- end }}\n`;
}
