import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { binariesOf } from '../../hack/cluster/binaries.ts';
import { leaseName } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { openApiServer } from '../build/api-server.ts';
import { makeCertificate, type TestCertificate } from '../build/certificate.ts';
import { aRegistryNamed, named } from '../build/children.ts';
import { chart, type Helm, home, openHelm } from '../build/helm.ts';
import { blocksOf, commandsOf, guides } from '../build/pages.ts';
import { isTriedIn } from './trials.ts';
import { type as typeIn } from './type.ts';

const namespaces = [home, 'team-a', 'team-b', 'schemas-dev', 'argocd', 'monitoring'];
/** Registries that pages speak of, by namespace and name. */
const registries = [
  ['default', 'contracts'],
  ['default', 'production'],
  ['default', 'my-registry'],
  ['team-a', 'contracts'],
  [home, 'sample'],
  ['schemas-dev', 'registry'],
] as const;
const api = 'llm-schema-registry.io/v1alpha1';

/**
 * What changes something is a dry run, so that pages do not meddle with each other: the API server reads, completes, checks and admits it all
 * the same. What is there already has passed that too, and whose field it was before is no concern of a page.
 */
const prelude = `
kubectl() {
  local more=()
  case "$1" in annotate|apply|create|delete|label|patch|replace|scale|set) [[ " $* " == *" --dry-run"* ]] || more+=(--dry-run=server) ;; esac
  [[ " $* " == *" --server-side "* ]] && more+=(--force-conflicts)
  local words
  words=$("$KUBECTL" "$@" "\${more[@]}" 2>&1)
  local code=$?
  echo "$words"
  [ $code = 0 ] || [[ $1 == create && $words == *" already exists" ]]
}
helm() {
  case "$1" in
    install) "$HELM" install another "\${@:3}" --take-ownership --force-conflicts --dry-run=server ;;
    upgrade) "$HELM" "$@" --take-ownership --dry-run=server ;;
    rollback) "$HELM" "$@" --dry-run=server ;;
    uninstall) "$HELM" "$@" --dry-run ;;
    *) "$HELM" "$@" ;;
  esac
}
`;

/** What pages speak of, beside registries. */
function things(certificate: TestCertificate): readonly KubeObject[] {
  const file = (path: string) => readFileSync(path).toString('base64');
  const tls = { 'tls.crt': file(certificate.certPath), 'tls.key': file(certificate.keyPath) };
  return [
    named('v1', 'Secret', 'contracts-auth', 'default', { stringData: { 'admin-key': 'a key' } }),
    named('v1', 'Secret', 'contracts-tls', 'default', { type: 'kubernetes.io/tls', data: tls }),
    named('v1', 'Secret', 'collector', 'default'),
    named('v1', 'Secret', 'registry-db', 'default'),
    named('v1', 'ServiceAccount', 'archive', 'default'),
    named('v1', 'ServiceAccount', 'contracts', 'team-a'),
    named('v1', 'ConfigMap', 'argocd-cm', 'argocd'),
    named('coordination.k8s.io/v1', 'Lease', leaseName, home, {
      spec: { holderIdentity: 'llm-schema-registry-operator-0' },
    }),
  ];
}

/** What the operator writes about a registry that answers. */
const status = (name: string, namespace: string) => {
  const condition = (type: string, value: 'True' | 'False', reason: string) => ({
    ...{ type, status: value, reason, message: reason },
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  return {
    observedGeneration: 1,
    version: packageJson.version,
    replicas: 3,
    readyReplicas: 3,
    replicasReady: '3/3',
    endpoints: { http: `http://${name}.${namespace}.svc` },
    conditions: [
      condition('Ready', 'True', 'Ready'),
      condition('Reconciling', 'False', 'Settled'),
      condition('Exposed', 'True', 'NoAuthentication'),
    ],
  };
};

const isKnown = (apiVersion: string): boolean =>
  /^(v1|apps|autoscaling|policy|batch)\b|\.k8s\.io\/|^llm-schema-registry\.io/.test(apiVersion) &&
  !/^(gateway\.networking|snapshot\.storage|autoscaling)\.k8s\.io/.test(apiVersion);

/** Objects that this API server knows, and parts of a spec of a SchemaRegistry. */
function manifestsIn(text: string): readonly KubeObject[] {
  if (!/^(apiVersion|spec):/m.test(text)) return [];
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  return objects.flatMap((object) => {
    const metadata = { ...object.metadata, name: 'shown', namespace: 'default' };
    if (object.apiVersion === undefined)
      return [{ apiVersion: api, kind: 'SchemaRegistry', metadata, spec: object.spec }];
    return isKnown(object.apiVersion) ? [{ ...object, metadata }] : [];
  });
}

describe('what pages say to type in a cluster', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let helm: Helm;
  let certificate: TestCertificate;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    helm = await openHelm();
    certificate = makeCertificate('DNS:contracts');
    const { cluster } = server;
    for (const name of namespaces)
      await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const thing of things(certificate)) await cluster.apply(thing);
    for (const [namespace, name] of registries) {
      await cluster.apply(aRegistryNamed(name, {}, namespace));
      await server.kubectl(
        ['patch', 'sr', name, '-n', namespace, '--subresource', 'status', '--type', 'merge', '-p'].concat(
          JSON.stringify({ status: status(name, namespace) }),
        ),
      );
    }
  });
  before('a release of the chart, and one after it', async () => {
    const options = ['schemas', chart, '--namespace', home, '--take-ownership', '--force-conflicts'];
    await helm(['install', ...options]);
    await helm(['upgrade', ...options]);
  });
  after(async () => {
    certificate?.remove();
    helm?.close();
    await server?.close();
  });

  for (const page of guides) {
    const typed = commandsOf(page).filter(isTriedIn('api-server'));
    if (typed.length === 0) continue;
    it(page, async () => {
      const wrong = await typeIn(typed, {
        prelude,
        environment: {
          KUBECTL: join(binariesOf('node'), 'kubectl'),
          HELM: join(binariesOf('helm'), 'helm'),
        },
        filledIn: [
          ['NAMESPACE', 'team-a'],
          ['NAME', 'contracts'],
          ['VERSION', packageJson.version],
          ['…', 'something'],
        ],
        files: { 'ca.crt': readFileSync(certificate.caPath, 'utf8'), 'keys.yaml': '[]' },
      });
      expect(wrong).to.deep.equal([]);
    });
  }

  for (const { page, line, text } of guides.flatMap((page) => blocksOf(page)))
    for (const document of manifestsIn(text))
      it(`${page}:${line}: ${document.kind} is taken as it stands`, async () => {
        await server.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(document));
      });
});
