import { requestRateMetric } from '../observed.ts';
import { pause } from '../pause.ts';
import { isNotFound } from './api-error.ts';
import type { Cluster } from './cluster.ts';

const lookAgainMs = 30_000;
/** Adapters serve one of them, or both. */
const versions = ['v1beta2', 'v1beta1'] as const;

/**
 * Looks now and then whether a metrics API knows how many requests a pod has, for as long as some registry wants to be
 * scaled by that. What is not clear leaves all as it was.
 */
export async function followRequestRate(
  cluster: Pick<Cluster, 'request'>,
  isWanted: () => boolean,
  onChange: (isServed: boolean) => void,
  signal: AbortSignal,
  everyMs = lookAgainMs,
): Promise<void> {
  let before = false;
  while (!signal.aborted) {
    const isServed: boolean | undefined = isWanted() ? await findRequestRate(cluster) : before;
    if (isServed !== undefined && isServed !== before) onChange(isServed);
    before = isServed ?? before;
    await pause(everyMs, signal);
  }
}

async function findRequestRate(cluster: Pick<Cluster, 'request'>): Promise<boolean | undefined> {
  for (const version of versions) {
    try {
      const list = (await cluster.request('GET', `/apis/custom.metrics.k8s.io/${version}`)) as {
        resources?: readonly { name: string }[];
      };
      if (list.resources?.some(({ name }) => name === `pods/${requestRateMetric}`)) return true;
    } catch (error) {
      if (!isNotFound(error)) return undefined;
    }
  }
  return false;
}
