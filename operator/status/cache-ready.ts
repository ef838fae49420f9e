import type { Condition } from './condition.ts';
import { statefulSetVerdict } from './database-ready.ts';

export const cacheReady: Condition = (registry, observed) =>
  registry.cache === undefined
    ? {
        status: 'True',
        reason: 'Disabled',
        message: 'spec.cache.disabled is true; each replica caches alone',
      }
    : statefulSetVerdict(registry, observed, 'redis', observed.redis, 'Redis');
