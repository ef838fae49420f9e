/** Writes what follows from the CRD, from registry.proto, from the operator's tables and from what is counted; with --check it only says what is out of date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { kinds, leaseAccess, otherAccess, otherLeaseAccess } from '../operator/kube/kinds.ts';
import packageJson from '../package.json' with { type: 'json' };
import {
  admissionTemplate,
  chartYaml,
  crdTemplate,
  ruleTemplates,
  userRoleTemplate,
  valuesOf,
  valuesSchema,
  valuesTable,
  withTable,
} from './chart.ts';
import { commandPage } from './command-page.ts';
import { alertsOfCompose, dashboardsOfCompose } from './compose/monitoring.ts';
import { grpcTypes } from './grpc-types.ts';
import { metricsPage } from './metrics-page.ts';
import { operatorDashboardConfigMap } from './operator-dashboard.ts';
import { kindPage, settingsPage } from './reference-pages.ts';

const root = new URL('../', import.meta.url);
const rbac = 'rbac.authorization.k8s.io/v1';
const operatorName = 'llm-schema-registry-operator';
const operatorNamespace = 'llm-schema-registry';

const outputs: Readonly<Record<string, () => Promise<string>>> = {
  'crds/schema-registry.yaml': plainCrd,
  'operator/generated/schema-registry.ts': typesOfCrd,
  'registry-server/grpc/generated/registry.ts': async () =>
    grpcTypes(read('registry-server/grpc/registry.proto')),
  'docs/metrics.md': async () => metricsPage(),
  'docs/reference/schemaregistry.md': async () => kindPage(readCrd().spec.versions[0].schema.openAPIV3Schema),
  'docs/reference/registry-command.md': async () => commandPage(),
  'docs/reference/settings.md': async () => settingsPage(),
  'config/rbac/role.yaml': async () => documents([clusterRole()]),
  'config/namespaced/lease-role.yaml': async () => documents([leaseRole()]),
  'config/namespaced/watched/role.yaml': async () => documents([namespacedRole(), namespacedBinding()]),
  'config/compose/prometheus/alerts.yaml': async () => alertsOfCompose(),
  ...Object.fromEntries(
    Object.entries(dashboardsOfCompose()).map(([file, text]) => [
      `config/compose/grafana/dashboards/${file}`,
      async () => text,
    ]),
  ),
  'config/monitoring/dashboard.yaml': async () => operatorDashboardConfigMap(),
  'config/chart/Chart.yaml': async () => chartYaml(packageJson.version),
  'config/chart/values.schema.json': async () => valuesSchema(chartValues(), specSchema()),
  'config/chart/README.md': async () => withTable(read('config/chart/README.md'), valuesTable(chartValues())),
  'config/chart/templates/crds.yaml': async () => crdTemplate(readCrd()),
  'config/chart/templates/user-roles.yaml': async () =>
    userRoleTemplate(
      parseAllDocuments(read('config/rbac/user-roles.yaml')).map((document) => document.toJS()),
    ),
  'config/chart/templates/admission.yaml': async () =>
    admissionTemplate(
      parseAllDocuments(read('config/admission/exposed.yaml')).map((document) => document.toJS()),
    ),
  'config/chart/files/alerts.yaml': async () =>
    `# Written by \`npm run generate\` from config/monitoring/prometheus-rule.yaml.\n${stringify(
      parse(read('config/monitoring/prometheus-rule.yaml')).spec.groups,
      { lineWidth: 0 },
    )}`,
  'config/chart/files/dashboards/llm-schema-registry-operator.json': async () =>
    Object.values(parse(operatorDashboardConfigMap()).data as Record<string, string>).join(''),
  'config/chart/templates/_rules.tpl': async () =>
    ruleTemplates({
      work: rulesOfWork(),
      lease: rulesOfLease(),
      otherLeases: rulesOfLease(otherLeaseAccess),
    }),
};

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [path, make] of Object.entries(outputs)) {
  const url = new URL(path, root);
  const wanted = await make();
  if (existsSync(url) && readFileSync(url, 'utf8') === wanted) continue;
  stale.push(path);
  if (!isCheck) writeFileSync(url, wanted);
}
if (isCheck && stale.length > 0) {
  console.error(`out of date: ${stale.join(', ')}; run npm run generate and commit what it writes`);
  process.exit(1);
}
if (!isCheck) console.log(stale.length === 0 ? 'all up to date' : `written: ${stale.join(', ')}`);

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

function chartValues() {
  return valuesOf(read('config/chart/values.yaml'));
}

function specSchema() {
  return readCrd().spec.versions[0].schema.openAPIV3Schema.properties.spec;
}

function readCrd() {
  return parse(readFileSync(new URL('crds/source/schema-registry.yaml', root), 'utf8'));
}

/** Without the anchors of its source, and with quotes around what YAML 1.1 would read as something else than text. */
async function plainCrd(): Promise<string> {
  const comment = `# Written by \`npm run generate\` from source/schema-registry.yaml.
# Deleting it deletes every SchemaRegistry of the cluster. config/default and config/namespaced leave it alone.
`;
  return comment + stringify(readCrd(), { version: '1.1', aliasDuplicateObjects: false, lineWidth: 120 });
}

async function typesOfCrd(): Promise<string> {
  const crd = readCrd();
  const schema = crd.spec.versions[0].schema.openAPIV3Schema;
  const { spec, status } = schema.properties;
  const wanted = {
    type: 'object',
    additionalProperties: false,
    required: ['spec'],
    properties: { spec: plain(spec), status: plain(status) },
  };
  return compile(wanted as never, 'SchemaRegistryFields', {
    additionalProperties: false,
    bannerComment: '/* Written by `npm run generate` from crds/source/schema-registry.yaml. */',
    style: { singleQuote: true, printWidth: 110 },
  });
}

/** The part of a CRD's schema that JSON Schema has too; int-or-string becomes both types. */
function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain);
  if (node === null || typeof node !== 'object') return node;
  const { anyOf: _anyOf, pattern: _pattern, maxItems: _maxItems, ...rest } = node as Record<string, unknown>;
  const kept = Object.entries(rest).filter(([key]) => !key.startsWith('x-kubernetes-'));
  const copy = Object.fromEntries(kept.map(([key, value]) => [key, plain(value)]));
  return 'x-kubernetes-int-or-string' in rest ? { ...copy, type: ['integer', 'string'] } : copy;
}

function metaOf(name: string): object {
  return { name, labels: { 'app.kubernetes.io/name': operatorName } };
}

function rulesOfWork(): readonly object[] {
  return [...Object.values(kinds), ...otherAccess].map(({ apiVersion, plural, verbs }) =>
    rule(apiVersion, plural, verbs),
  );
}

type LeaseAccess = (typeof leaseAccess | typeof otherLeaseAccess)[number];

/** Rights to the lease wherever it is: a Role in its namespace would move with an overlay that moves the operator. */
function rulesOfLease(access: readonly LeaseAccess[] = leaseAccess): readonly object[] {
  return access.map(({ apiVersion, plural, verbs, ...rest }) => ({
    ...rule(apiVersion, plural, verbs),
    ...('name' in rest ? { resourceNames: [rest.name] } : {}),
  }));
}

function clusterRole(): object {
  return {
    apiVersion: rbac,
    kind: 'ClusterRole',
    metadata: metaOf(operatorName),
    rules: [...rulesOfWork(), ...rulesOfLease([...leaseAccess, ...otherLeaseAccess])],
  };
}

function leaseRole(): object {
  const metadata = { ...metaOf(`${operatorName}-lease`), namespace: operatorNamespace };
  return { apiVersion: rbac, kind: 'Role', metadata, rules: rulesOfLease() };
}

/** It has no namespace and goes where it is applied. */
function namespacedRole(): object {
  return { apiVersion: rbac, kind: 'Role', metadata: metaOf(operatorName), rules: rulesOfWork() };
}

function namespacedBinding(): object {
  return {
    apiVersion: rbac,
    kind: 'RoleBinding',
    metadata: metaOf(operatorName),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: operatorName },
    subjects: [{ kind: 'ServiceAccount', name: operatorName, namespace: operatorNamespace }],
  };
}

function documents(objects: readonly object[]): string {
  return `# Written by \`npm run generate\` from operator/kube/kinds.ts.\n${objects.map((object) => stringify(object)).join('---\n')}`;
}

function rule(apiVersion: string, resource: string, verbs: readonly string[]) {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return { apiGroups: [group], resources: [resource], verbs: [...verbs] };
}
