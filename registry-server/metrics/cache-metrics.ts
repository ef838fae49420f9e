import { Counter, Gauge, Histogram, type Registry as MetricRegistry } from 'prom-client';
import type { CacheUsage } from '../store/cached.ts';
import { prefix } from './buckets.ts';

type CacheLevel = 'memory' | 'redis';

export interface CacheMetrics {
  cacheRead(level: CacheLevel, isHit: boolean): void;
  redisAnswered(seconds: number): void;
  redisFailed(): void;
}

export interface CacheSources {
  readonly cacheUsage?: () => readonly CacheUsage[];
}

/** What is remembered in memory and in Redis. */
export function openCacheMetrics(
  { cacheUsage = () => [] }: CacheSources,
  registers: MetricRegistry[],
): CacheMetrics {
  const cacheReads = new Counter({
    name: `${prefix}cache_reads_total`,
    help: 'Reads of a cache level',
    labelNames: ['level', 'result'],
    registers,
  });
  const redisDurations = new Histogram({
    name: `${prefix}redis_request_duration_seconds`,
    help: 'Time to read from Redis',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const redisErrors = new Counter({
    name: `${prefix}redis_errors_total`,
    help: 'Redis did not answer, or not in time',
    registers,
  });
  const caches: readonly [string, string, (usage: CacheUsage) => number][] = [
    ['cache_entries', 'Entries that each cache in memory holds', ({ entries }) => entries],
    ['cache_size_bytes', 'Bytes that each cache in memory holds, estimated', ({ bytes }) => bytes],
  ];
  for (const [name, help, read] of caches) {
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ['cache'],
      registers,
      collect() {
        for (const usage of cacheUsage()) this.set({ cache: usage.cache }, read(usage));
      },
    });
  }

  return {
    cacheRead: (level, isHit) => cacheReads.inc({ level, result: isHit ? 'hit' : 'miss' }),
    redisAnswered: (seconds) => redisDurations.observe(seconds),
    redisFailed: () => redisErrors.inc(),
  };
}
