import type { Log } from './log.ts';
import { readTls } from './read-tls.ts';
import type { ServerSettings } from './settings.ts';
import type { SharedCache } from './store/redis.ts';

/** The Redis that the settings name; undefined when they name none. */
export async function openSharedCache(
  settings: ServerSettings,
  log: Log,
  failed: () => void,
): Promise<SharedCache | undefined> {
  const { redisUrl, redisNodes, isRedisCluster, redisSentinelMaster, redisTimeoutSeconds } = settings;
  if (redisUrl === undefined && redisNodes === undefined) return undefined;
  // Only now: without Redis its client would be a fifth of the server's memory.
  const { openRedis } = await import('./store/redis.ts');
  const timeoutMs = redisTimeoutSeconds * 1000;
  return openRedis(
    {
      url: redisUrl,
      nodes: redisNodes ?? [],
      isCluster: isRedisCluster,
      sentinelMaster: redisSentinelMaster,
      user: settings.redisUser,
      password: settings.redisPassword,
      tls: readTls('REDIS_CA_FILE', settings.redisTls, settings.redisCaFile),
      timeoutMs,
      ttlSeconds: settings.cacheTtlSeconds,
    },
    log,
    failed,
  );
}
