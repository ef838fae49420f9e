import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { down } from '../../hack/cluster/down.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { up } from '../../hack/cluster/up.ts';
import { waitFor } from '../../hack/cluster/wait.ts';
import { kubectlOf } from '../../hack/kubectl.ts';
import { isNotFound } from '../../operator/kube/api-error.ts';
import { Cluster, openKubeConfig } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { openMetrics } from '../../operator/metrics.ts';
import type { Status } from '../../operator/registry.ts';
import { ownClusterName } from './left-over-clusters.ts';

/** A real API server with our CRD and nothing that runs pods; KUBECONFIG points at it. */
export async function openApiServer() {
  const name = await ownClusterName('test-api');
  const { kubeconfigPath, kubectlPath } = await up({
    name,
    hasNode: false,
    report: reportTo(process.stderr),
  });
  process.env.KUBECONFIG = kubeconfigPath;
  const cluster = new Cluster(openKubeConfig(), openMetrics('test'));
  const crd = parse(
    readFileSync(new URL('../../crds/schema-registry.yaml', import.meta.url), 'utf8'),
  ) as KubeObject;
  await cluster.apply(crd);
  await until('the CRD is served', async () => {
    await cluster.request('GET', '/apis/llm-schema-registry.io/v1alpha1/schemaregistries');
    return true;
  });
  const kubectl = kubectlOf(kubectlPath, kubeconfigPath);
  return { name, cluster, kubectl, close: () => down(name) };
}

/** Tries until `check` answers with something; an error counts as "not yet". */
export async function until<Result>(
  what: string,
  check: () => Promise<Result | false | undefined>,
  timeoutMs = 15_000,
): Promise<Result> {
  let found: Result | false | undefined;
  let last: unknown;
  try {
    await waitFor(what, { timeoutMs, everyMs: 50 }, async () => {
      try {
        found = await check();
      } catch (error) {
        last = error;
        return false;
      }
      return found !== undefined && found !== false;
    });
  } catch (error) {
    throw new Error(
      `${(error as Error).message}; last: ${(last as Error | undefined)?.message ?? JSON.stringify(found)}`,
      { cause: last },
    );
  }
  return found as Result;
}

export async function find(cluster: Cluster, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(object);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function conditionOf(object: KubeObject | undefined, type: string) {
  return ((object?.status ?? {}) as Status).conditions?.find((condition) => condition.type === type);
}
