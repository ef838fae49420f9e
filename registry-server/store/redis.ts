import { Redis } from 'ioredis';
import type { Log } from '../log.ts';
import { fingerprint } from './fingerprint.ts';
import type { SchemaContent } from './store.ts';

/** Bytes by their content's digest, shared by replicas. Failing is allowed, being wrong is not. */
export interface SharedCache {
  readonly isUp: () => boolean;
  /** Undefined when it is not there, or cannot be asked now. */
  find(digest: string): Promise<SchemaContent | undefined>;
  /** Returns at once. */
  keep(digest: string, content: SchemaContent): void;
  ping(deadlineMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface RedisSettings {
  readonly url: string;
  readonly timeoutMs: number;
  readonly ttlSeconds: number;
}

// After a failure, reads go past Redis for this long: nobody else waits for its timeout.
const PAUSE_MS = 5_000;
const LONGEST_RECONNECT_MS = 5_000;

export function openRedis(settings: RedisSettings, log: Log, failed: () => void): SharedCache {
  const redis = new Redis(settings.url, {
    connectTimeout: settings.timeoutMs,
    commandTimeout: settings.timeoutMs,
    // A command fails at once while there is no connection, rather than wait for one.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    retryStrategy: (times) => Math.min(LONGEST_RECONNECT_MS, 100 * 2 ** Math.min(times, 10)),
  });
  let pausedUntil = 0;
  let isLost = false;
  redis.on('ready', () => {
    if (isLost) log.info('redis is back');
    isLost = false;
    pausedUntil = 0;
  });
  redis.on('error', (error: Error & { code?: string }) => fail(error));

  function fail(error: Error & { code?: string }): void {
    failed();
    pausedUntil = Date.now() + PAUSE_MS;
    if (!isLost) log.warn('redis is out, reads go to the database', { cause: error.code ?? error.message });
    isLost = true;
  }

  const isUp = () => redis.status === 'ready' && Date.now() >= pausedUntil;

  return {
    isUp,

    async find(digest) {
      if (!isUp()) return undefined;
      try {
        const text = await redis.get(keyOf(digest));
        return text === null ? undefined : readContent(text, digest);
      } catch (error) {
        fail(error as Error);
        return undefined;
      }
    },

    keep(digest, content) {
      if (!isUp()) return;
      const { schemaType, schema, references } = content;
      redis
        .set(keyOf(digest), JSON.stringify({ schemaType, schema, references }), 'EX', settings.ttlSeconds)
        .catch(fail);
    },

    async ping(deadlineMs) {
      if (redis.status !== 'ready') return false;
      const late = new Promise<false>((resolve) => setTimeout(resolve, deadlineMs, false).unref());
      const answer = redis.ping().then(
        () => true,
        () => false,
      );
      const isThere = await Promise.race([answer, late]);
      if (isThere) pausedUntil = 0;
      return isThere;
    },

    async close() {
      redis.disconnect();
    },
  };
}

function keyOf(digest: string): string {
  return `schema-registry:content:${digest}`;
}

/** Only what hashes to its own key: somebody else's bytes under it are as good as none. */
function readContent(text: string, digest: string): SchemaContent | undefined {
  try {
    const content = JSON.parse(text) as SchemaContent;
    return fingerprint(content).toString('hex') === digest ? content : undefined;
  } catch {
    return undefined;
  }
}
