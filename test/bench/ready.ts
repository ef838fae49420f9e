/**
 * `npm run bench:ready [rounds]`: from `kubectl apply` to Ready, of a registry by its operator, and of the very objects
 * that the operator makes of it, applied by hand: in turn, in one cluster, the images on the node.
 */
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { until } from '../build/api-server.ts';
import { small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster, stopCluster } from '../build/running-cluster.ts';

const rounds = Number(process.argv[2] ?? 5);
const timeout = '--timeout=180s';
/** What the operator makes of one object; its policies let its own pods speak to each other only, as they do here. */
const kinds = [
  ...['serviceaccounts', 'configmaps', 'secrets', 'services', 'networkpolicies', 'statefulsets'],
  ...['deployments', 'poddisruptionbudgets', 'horizontalpodautoscalers'],
].join(',');
const label = 'app.kubernetes.io/managed-by=llm-schema-registry-operator';

const cluster = await runningCluster();
try {
  // So that nothing else is at work.
  await cluster.kubectl(['delete', 'sr', 'sample', '--wait=true']);
  const byOperator: number[] = [];
  const byHand: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    // One for both: the objects name it.
    const namespace = `round-${round}`;
    byOperator.push(await timed(() => applyRegistry(cluster, namespace)));
    const objects = await objectsOf(cluster, namespace);
    await remove(cluster, namespace);
    byHand.push(await timed(() => applyObjects(cluster, namespace, objects)));
    await remove(cluster, namespace);
    process.stderr.write(`  round ${round}: ${inSeconds(byOperator.at(-1))}, ${inSeconds(byHand.at(-1))}\n`);
  }
  console.log(`by the operator     ${inWords(byOperator)}`);
  console.log(`by kubectl apply    ${inWords(byHand)}`);
  console.log(`ratio of medians    ${(median(byOperator) / median(byHand)).toFixed(2)}`);
} finally {
  await stopCluster();
}

async function applyRegistry({ kubectl }: RunningCluster, namespace: string): Promise<void> {
  const apiVersion = 'llm-schema-registry.io/v1alpha1';
  await applyList(kubectl, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion, kind: 'SchemaRegistry', metadata: { name: 'registry', namespace }, spec: small },
  ]);
  await kubectl(['wait', '--for=condition=Ready', 'sr/registry', '-n', namespace, timeout]);
}

async function applyObjects(
  { kubectl }: RunningCluster,
  namespace: string,
  objects: readonly KubeObject[],
): Promise<void> {
  const items = objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
  await applyList(kubectl, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...items,
  ]);
  await Promise.all(
    ['deployment/registry', 'statefulset/registry-postgres', 'statefulset/registry-redis'].map((workload) =>
      kubectl(['rollout', 'status', workload, '-n', namespace, timeout]),
    ),
  );
}

function applyList(kubectl: RunningCluster['kubectl'], items: readonly object[]): Promise<string> {
  return kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/** As somebody would have written them: without what the API server and the operator add to them. */
async function objectsOf({ kubectl }: RunningCluster, namespace: string): Promise<readonly KubeObject[]> {
  const found = (await kubectl.json(['get', kinds, '-l', label, '-n', namespace])) as { items: KubeObject[] };
  return found.items.map(({ apiVersion, kind, metadata, status, ...rest }) => {
    const { name, labels, annotations } = metadata;
    const { clusterIP, clusterIPs, ...spec } = (rest.spec ?? {}) as Record<string, unknown>;
    const kept = clusterIP === 'None' ? { ...spec, clusterIP } : spec;
    // The operator's own label would have it look at them.
    const { 'app.kubernetes.io/managed-by': _, ...others } = labels ?? {};
    return {
      ...{ apiVersion, kind, metadata: { name, labels: others, annotations } },
      ...rest,
      ...(rest.spec === undefined ? {} : { spec: kept }),
    } as KubeObject;
  });
}

async function remove({ kubectl }: RunningCluster, namespace: string): Promise<void> {
  await kubectl(['delete', 'namespace', namespace, '--timeout=120s']);
  await until(
    'its volumes are gone',
    async () => !(await kubectl(['get', 'persistentvolumes'])).includes(`${namespace}/`),
    60_000,
  );
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
}

function inSeconds(ms = Number.NaN): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function inWords(values: readonly number[]): string {
  return `${inSeconds(median(values))} (${inSeconds(Math.min(...values))} to ${inSeconds(Math.max(...values))}, ${values.length} times)`;
}
