import type { Observed } from '../observed.ts';
import type { ExternalCache } from '../registry.ts';
import { type Condition, reasons, type Verdict } from './condition.ts';
import { statefulSetVerdict } from './database-ready.ts';

export const cacheReady: Condition = (registry, observed) => {
  const { cache } = registry;
  if (cache === undefined)
    return {
      status: 'True',
      reason: 'Disabled',
      message: 'spec.cache.disabled is true; each replica keeps a cache of its own',
    };
  return cache.kind === 'managed'
    ? statefulSetVerdict(registry, observed, 'redis', observed.redis, 'Redis')
    : externalCache(cache, observed);
};

/** What the server says of it; nobody else has its password. */
function externalCache(cache: ExternalCache, { answer, unready }: Observed): Verdict {
  const check = answer?.isReady ? answer.checks.cache : unready?.checks.cache;
  const place = placeOf(cache);
  if (check?.status === 'up') return { status: 'True', reason: 'Ready', message: `${place} answers` };
  if (check?.status === 'down') {
    const reason = reasons.find((known) => known === check.reason) ?? 'Unreachable';
    return { status: 'False', reason, message: `${place}: ${check.cause ?? 'it cannot be used'}` };
  }
  return { status: 'Unknown', reason: 'Starting', message: `no server pod has connected to ${place} yet` };
}

export function placeOf({ nodes, sentinelMaster }: ExternalCache): string {
  const all = nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return sentinelMaster === undefined ? all : `${sentinelMaster} of ${all}`;
}
