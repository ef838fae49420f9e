import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { Problem } from './cluster/problem.ts';
import type { Report } from './cluster/report.ts';
import { waitFor } from './cluster/wait.ts';
import type { Kubectl } from './kubectl.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
export const operatorNamespace = 'llm-schema-registry';
const operator = 'deployment/llm-schema-registry-operator';
const sourceAnnotation = 'llm-schema-registry.io/image-source';

/** Where the operator takes images from, other than the released ones. */
export interface Images {
  readonly server?: string;
  readonly postgres?: string;
  readonly redis?: string;
  /** What the images were made from: a new value under an old tag replaces the pods. */
  readonly source?: string;
}

interface Conditioned {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

/** CRD, roles and operator, as `kubectl apply -k crds` and `-k config/default` do, and waits until it runs. */
export async function installOperator(kubectl: Kubectl, images: Images, report: Report): Promise<void> {
  report('Installing the operator');
  const before = await findSource(kubectl);
  const folders = ['crds', 'config/default'];
  const texts = await Promise.all(folders.map((folder) => kubectl(['kustomize', `${root}${folder}`])));
  const documents = texts.flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as Manifest),
  );
  const list = { apiVersion: 'v1', kind: 'List', items: [...withImages(documents, images)] };
  // The API server of a cluster that has just begun may be short of a watch cache or a namespace for a moment.
  await retried(() =>
    kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list)),
  );
  await kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=30s',
    'crd/schemaregistries.llm-schema-registry.io',
  ]);
  report('Waiting for the operator');
  await kubectl(['rollout', 'status', operator, '-n', operatorNamespace, '--timeout=180s']);
  if (before !== undefined && before !== images.source) await restartServers(kubectl);
}

interface Manifest {
  readonly kind: string;
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations?: Record<string, string> } };
  };
}

/** The manifests with the ConfigMap that names other images, and a mark on the pods of what these were made from. */
function withImages(
  documents: readonly Manifest[],
  { server, postgres, redis, source }: Images,
): readonly unknown[] {
  const marked = documents.map((document) => {
    if (document.kind !== 'Deployment' || source === undefined) return document;
    const { template } = document.spec;
    const annotations = { ...template.metadata.annotations, [sourceAnnotation]: source };
    return {
      ...document,
      spec: { ...document.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
    };
  });
  const named = Object.entries({ SERVER_IMAGE: server, POSTGRES_IMAGE: postgres, REDIS_IMAGE: redis });
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'llm-schema-registry-operator', namespace: operatorNamespace },
    data: Object.fromEntries(named.filter(([, image]) => image !== undefined)),
  };
  const [namespaces, others] = [
    marked.filter(({ kind }) => kind === 'Namespace'),
    marked.filter(({ kind }) => kind !== 'Namespace'),
  ];
  return [...namespaces, config, ...others];
}

/** What the images of a running operator were made from. */
async function findSource(kubectl: Kubectl): Promise<string | undefined> {
  const path = `jsonpath={.items[*].spec.template.metadata.annotations.llm-schema-registry\\.io/image-source}`;
  const found = await kubectl(['get', 'deployments', '-n', operatorNamespace, '-o', path]);
  return found.trim() || undefined;
}

/** An image that was built anew under the same tag: pods do not know until they are replaced. */
async function restartServers(kubectl: Kubectl): Promise<void> {
  const servers =
    'app.kubernetes.io/managed-by=llm-schema-registry-operator,app.kubernetes.io/component=server';
  const { items } = (await kubectl.json(['get', 'deployments', '-A', '-l', servers])) as {
    items: { metadata: { name: string; namespace: string } }[];
  };
  for (const { metadata } of items) {
    await kubectl(['rollout', 'restart', `deployment/${metadata.name}`, '-n', metadata.namespace]);
  }
}

/** Waits until a registry is Ready, saying meanwhile what it waits for. */
export async function waitForReady(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  report: Report,
  timeoutMs = 300_000,
): Promise<void> {
  report(`Waiting for SchemaRegistry ${name}`);
  let words = 'the operator has not looked at it yet';
  try {
    await waitFor(`SchemaRegistry ${name} is Ready`, { timeoutMs, everyMs: 300 }, async () => {
      const { metadata, status } = (await kubectl.json([
        'get',
        'schemaregistry',
        name,
        '-n',
        namespace,
      ])) as Conditioned;
      const condition = (type: string) => status?.conditions?.find((candidate) => candidate.type === type);
      const ready = condition('Ready');
      const stalled = condition('Stalled');
      if (stalled?.status === 'True')
        throw new Problem(`SchemaRegistry ${name} is Stalled: ${stalled.message}`);
      if (ready !== undefined && ready.status !== 'True') words = `${ready.reason}: ${ready.message}`;
      report(`Waiting for SchemaRegistry ${name}`, words);
      const isSettled = condition('Reconciling')?.status === 'False';
      return ready?.status === 'True' && isSettled && status?.observedGeneration === metadata.generation;
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(`SchemaRegistry ${name} is not Ready after ${timeoutMs / 1000} s: ${words}`, {
      cause: error,
    });
  }
}

async function retried(act: () => Promise<unknown>): Promise<void> {
  let last: unknown;
  try {
    await waitFor('the cluster takes the operator', { timeoutMs: 30_000, everyMs: 500 }, async () => {
      try {
        await act();
        return true;
      } catch (error) {
        last = error;
        return false;
      }
    });
  } catch {
    throw last;
  }
}
