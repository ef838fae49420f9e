import { Cluster, type ClusterOptions, Redis, type RedisOptions, SentinelConnector } from 'ioredis';
import standalone from 'ioredis/built/connectors/StandaloneConnector.js';
import type { Log } from '../log.ts';
import { within } from '../waiting/within.ts';
import type { OutReason } from './database.ts';
import { fingerprint } from './fingerprint.ts';
import type { SchemaContent } from './store.ts';
import { type TlsSettings, tlsFailure, tlsOptions } from './tls.ts';

/** Bytes by their content's digest, shared by replicas. Failing is allowed, being wrong is not. */
export interface SharedCache {
  readonly isUp: () => boolean;
  /** Undefined when it is not there, or cannot be asked now. */
  find(digest: string): Promise<SchemaContent | undefined>;
  /** Returns at once, and writes in the background. */
  keep(digest: string, content: SchemaContent): void;
  ping(deadlineMs: number): Promise<boolean>;
  /** Why it is out; undefined while it is not. */
  outCause(): OutCause | undefined;
  close(): Promise<void>;
}

export interface OutCause {
  readonly words: string;
  readonly reason: OutReason;
}

export interface RedisSettings {
  /** Undefined where the nodes are given. */
  readonly url?: string | undefined;
  /** One server, or the first nodes of a cluster, or the sentinels. */
  readonly nodes?: readonly { readonly host: string; readonly port: number }[];
  readonly isCluster?: boolean;
  /** What the sentinels call the master; undefined: the nodes are no sentinels. */
  readonly sentinelMaster?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Undefined where the URL says so. */
  readonly tls?: TlsSettings | undefined;
  readonly timeoutMs: number;
  readonly ttlSeconds: number;
}

// After a failure, reads go past Redis for this long: nobody else waits for its timeout.
const PAUSE_MS = 5_000;
const LONGEST_RECONNECT_MS = 5_000;

/**
 * ioredis listens for the first error of a connection only (redis/ioredis#961), and a handshake that is broken off may
 * have two: what is wrong here, and the other side's complaint. The second would end the process. Nodes of a cluster are
 * connected by the same two.
 */
for (const { prototype } of [standalone.default, SentinelConnector]) {
  const { connect } = prototype;
  prototype.connect = async function (...args) {
    const stream = await connect.apply(this, args);
    stream.on('error', () => {});
    return stream;
  };
}

export function openRedis(settings: RedisSettings, log: Log, failed: () => void): SharedCache {
  const redis = connect(settings);
  let pausedUntil = 0;
  let cause: OutCause | undefined;
  let isLost = false;
  redis.on('ready', () => {
    if (isLost) log.info('redis is back');
    isLost = false;
    cause = undefined;
    pausedUntil = 0;
  });
  redis.on('error', (error: Error & { code?: string }) => fail(error));

  function fail(error: Error & { code?: string }): void {
    failed();
    pausedUntil = Date.now() + PAUSE_MS;
    cause = describeCause(error);
    if (!isLost) log.warn('redis is out, reads go to the database', { cause: cause.words });
    isLost = true;
  }

  const isUp = () => redis.status === 'ready' && Date.now() >= pausedUntil;

  return {
    isUp,
    outCause: () => cause,

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
      const { schemaType, schema, references, metadata, ruleSet } = content;
      const text = JSON.stringify({ schemaType, schema, references, metadata, ruleSet });
      redis.set(keyOf(digest), text, 'EX', settings.ttlSeconds).catch(fail);
    },

    async ping(deadlineMs) {
      if (redis.status !== 'ready') return false;
      const answer = redis.ping().then(
        () => true,
        (error: Error) => {
          cause = describeCause(error);
          return false;
        },
      );
      const isThere = await within(answer, deadlineMs, () => false);
      if (isThere) {
        pausedUntil = 0;
        cause = undefined;
      }
      return isThere;
    },

    async close() {
      redis.disconnect();
    },
  };
}

function connect(settings: RedisSettings): Redis | Cluster {
  const { url, nodes = [], sentinelMaster, user, password, tls, timeoutMs } = settings;
  const retryStrategy = (times: number) => Math.min(LONGEST_RECONNECT_MS, 100 * 2 ** Math.min(times, 10));
  const [first] = nodes;
  // Sentinels and clusters name their nodes by what they please: there the first node's name is no help.
  const secure = tls && tlsOptions(tls, nodes.length === 1 && !sentinelMaster ? first?.host : undefined);
  const common = {
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(secure === undefined ? {} : { tls: secure }),
  } satisfies RedisOptions;
  // A command fails at once while there is no connection, rather than wait for one.
  const single = { ...common, enableOfflineQueue: false, retryStrategy } satisfies RedisOptions;
  if (url !== undefined) return new Redis(url, single);
  if (settings.isCluster) {
    const options: ClusterOptions = {
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy,
      redisOptions: common,
      // Looked up by the socket: a certificate is for the name.
      ...(secure === undefined ? {} : { dnsLookup: (host, found) => found(null, host) }),
    };
    return new Cluster([...nodes], options);
  }
  if (sentinelMaster === undefined) return new Redis({ ...single, ...first });
  return new Redis({
    ...single,
    sentinels: [...nodes],
    name: sentinelMaster,
    sentinelRetryStrategy: retryStrategy,
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(user === undefined ? {} : { sentinelUsername: user }),
    ...(secure === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: secure }),
  });
}

/** In words that say nothing secret. */
function describeCause(error: Error & { code?: string; lastNodeError?: Error }): OutCause {
  const { code, message }: Error & { code?: string } = error.lastNodeError ?? error;
  const words: Record<string, OutCause> = {
    ECONNREFUSED: { words: 'Redis refuses connections', reason: 'Unreachable' },
    ENOTFOUND: { words: "Redis's host name is not known", reason: 'HostUnknown' },
    EAI_AGAIN: { words: "Redis's host name cannot be looked up", reason: 'HostUnknown' },
    ETIMEDOUT: { words: 'Redis does not answer', reason: 'Unreachable' },
    ECONNRESET: { words: 'Redis broke off the connection', reason: 'Unreachable' },
  };
  const known = words[code ?? ''];
  if (known) return known;
  const tls = tlsFailure(code);
  if (tls !== undefined) return { words: `no safe connection to Redis: ${tls}`, reason: 'TlsFailed' };
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(message))
    return { words: 'Redis refuses the user name or password', reason: 'CredentialsRefused' };
  if (/sentinels are unreachable/.test(message))
    return { words: 'no sentinel answers, or none knows that master', reason: 'Unreachable' };
  if (/timed out/i.test(message)) return { words: 'Redis does not answer in time', reason: 'Unreachable' };
  return { words: `Redis cannot be used (${code ?? message.slice(0, 100)})`, reason: 'Unreachable' };
}

function keyOf(digest: string): string {
  return `schema-registry:content:${digest}`;
}

/** Only what hashes to its own key: somebody else's bytes under it are as good as none. */
function readContent(text: string, digest: string): SchemaContent | undefined {
  try {
    const { schemaType, schema, references, metadata, ruleSet } = JSON.parse(text) as SchemaContent;
    // Nothing but what is hashed: an id or a context beside it would take the place of the right one.
    const content: SchemaContent = {
      schemaType,
      schema,
      references: references.map(({ name, subject, version }) => ({ name, subject, version })),
      ...(metadata ? { metadata } : {}),
      ...(ruleSet ? { ruleSet } : {}),
    };
    return fingerprint(content).toString('hex') === digest ? content : undefined;
  } catch {
    return undefined;
  }
}
