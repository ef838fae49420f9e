import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { type Kind, kinds } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { isOptional } from '../build/children.ts';

const root = new URL('../../', import.meta.url);
const folder = fileURLToPath(root);
/** Kustomize's own, Helm's, and what only some clusters serve. */
const notServed = new Set([
  'Kustomization',
  ...Object.values(kinds)
    .filter((kind: Kind) => isOptional(kind))
    .map(({ kind }) => kind),
]);

function objectsIn(path: string): readonly KubeObject[] {
  return parseAllDocuments(readFileSync(new URL(path, root), 'utf8'))
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null && object.apiVersion !== undefined && !notServed.has(object.kind))
    .map((object) => object as KubeObject);
}

const files = [
  'crds',
  'config/admission',
  'config/default',
  'config/operator',
  'config/rbac',
  'config/namespaced',
  'config/overlays',
  'config/samples',
  'test/golden',
]
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file}`,
    ),
  )
  .filter((file) => file.endsWith('.yaml') && !file.startsWith('crds/source/'));

const overlays = readdirSync(new URL('config/overlays', root));

/** The schemas that kubeconform needs are not served everywhere; an API server has them, and its admission as well. */
describe('the manifests and the golden children', function () {
  this.timeout(60_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    const ofOverlays = ['schemas-dev', 'schemas-staging', 'schemas-prod', 'platform-schemas'];
    for (const name of ['llm-schema-registry', 'team-a', ...ofOverlays])
      await until('the namespace is there', () =>
        server.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
      );
  });
  after(() => server?.close());

  for (const file of files) {
    for (const object of objectsIn(file)) {
      it(`${file}: ${object.kind} ${object.metadata.name} has no field that the API server does not know`, async () => {
        const isOfNoNamespace = [
          'CustomResourceDefinition',
          'Namespace',
          'ClusterRole',
          'ClusterRoleBinding',
          'ValidatingAdmissionPolicy',
          'ValidatingAdmissionPolicyBinding',
        ].includes(object.kind);
        const namespace = isOfNoNamespace ? undefined : (object.metadata.namespace ?? 'team-a');
        const placed = { ...object, metadata: { ...object.metadata, namespace } };
        await server.cluster.apply(placed as KubeObject, { isDryRun: true });
      });
    }
  }

  for (const [title, args] of [
    ['the kind', ['-k', 'crds']],
    ['the operator', ['-k', 'config/default']],
    ['the operator of some namespaces', ['-k', 'config/namespaced']],
    ['what a namespace gives it', ['-n', 'team-a', '-k', 'config/namespaced/watched']],
    ...overlays.map((name) => [`the overlay ${name}`, ['-k', `config/overlays/${name}`]] as const),
    ['the samples', ['-n', 'team-a', '-f', 'config/samples']],
  ] as const)
    it(`are taken by kubectl as they stand: ${title}`, async () => {
      const [path = '', ...rest] = args.toReversed();
      const said = await server.kubectl([
        'apply',
        '--dry-run=server',
        ...rest.toReversed(),
        `${folder}${path}`,
      ]);
      expect(said).to.match(/server dry run/);
    });

  it('of the operator can be deleted, and every registry stays', async () => {
    const { kubectl } = server;
    await kubectl(['apply', '--server-side', '--force-conflicts', '-k', `${folder}crds`]);
    await kubectl(['apply', '--server-side', '-k', `${folder}config/default`]);
    await kubectl(['apply', '-n', 'team-a', '-f', `${folder}config/samples/minimal.yaml`]);
    for (const path of ['config/default', 'config/namespaced'])
      await kubectl(['delete', '--ignore-not-found', '--wait=false', '-k', `${folder}${path}`]);
    expect(await kubectl(['get', 'sr', 'sample', '-n', 'team-a', '-o', 'name'])).to.include('sample');
    const crd = await kubectl(['get', 'crd', 'schemaregistries.llm-schema-registry.io', '-o', 'json']);
    expect(JSON.parse(crd).metadata).not.to.have.property('deletionTimestamp');
  });
});
