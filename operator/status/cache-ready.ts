import type { ExternalCache } from '../registry.ts';
import { causeOf } from './cause.ts';
import { type Condition, chain, type Judge, reasons, type Verdict } from './condition.ts';
import { acceptsConnections, unreadyVerdict } from './database-ready.ts';

type Cause = Judge<Verdict | undefined>;

const disabled: Cause = ({ cache }) =>
  cache === undefined
    ? {
        status: 'True',
        reason: 'Disabled',
        message: 'spec.cache.disabled is true; each replica keeps a cache of its own',
      }
    : undefined;

/** What the server says of a Redis of somebody else; nobody else has its password. */
const external: Cause = ({ cache }, { answer, unready }) => {
  if (cache?.kind !== 'external') return undefined;
  const check = answer?.isReady ? answer.checks.cache : unready?.checks.cache;
  const place = placeOf(cache);
  if (check?.status === 'up') return { status: 'True', reason: 'Ready', message: `${place} answers` };
  if (check?.status === 'down') {
    const reason = reasons.find((each) => each === check.reason) ?? 'Unreachable';
    return { status: 'False', reason, message: `${place}: ${check.cause ?? 'it cannot be used'}` };
  }
  return { status: 'Unknown', reason: 'Starting', message: `no server pod has connected to ${place} yet` };
};

const notThere: Cause = (_registry, { redis }, find) => unreadyVerdict(redis, 'Redis', find(causeOf.redis));

export const cacheReady: Condition = chain([disabled, external, notThere], () => acceptsConnections('Redis'));

export function placeOf({ nodes, sentinelMaster }: ExternalCache): string {
  const all = nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return sentinelMaster === undefined ? all : `${sentinelMaster} of ${all}`;
}
