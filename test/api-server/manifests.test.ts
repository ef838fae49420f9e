import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type Kind, kinds } from '../../operator/kinds.ts';
import type { KubeObject } from '../../operator/kubernetes.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { isOptional } from '../build/children.ts';

const root = new URL('../../', import.meta.url);
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
  'config/default',
  'config/operator',
  'config/rbac',
  'config/namespaced',
  'config/samples',
  'test/golden',
]
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file}`,
    ),
  )
  .filter((file) => file.endsWith('.yaml'));

/** The schemas that kubeconform needs are not served everywhere; an API server has them, and its admission as well. */
describe('the manifests and the golden children', function () {
  this.timeout(60_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    for (const name of ['llm-schema-registry', 'team-a'])
      await until('the namespace is there', () =>
        server.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
      );
  });
  after(() => server?.close());

  for (const file of files) {
    for (const object of objectsIn(file)) {
      it(`${file}: ${object.kind} ${object.metadata.name} has no field that the API server does not know`, async () => {
        const isOfNoNamespace = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'].includes(object.kind);
        const namespace = isOfNoNamespace ? undefined : (object.metadata.namespace ?? 'team-a');
        const placed = { ...object, metadata: { ...object.metadata, namespace } };
        await server.cluster.apply(placed as KubeObject, { isDryRun: true });
      });
    }
  }
});
