import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openApp } from './app.ts';
import { openFront } from './front.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import type { Registry } from './registry.ts';
import { openSchemaParser } from './services/parse-schema.ts';
import type { ServerSettings } from './settings.ts';
import { cachedStore } from './store/cached.ts';
import { type Database, StoreUnavailable, sqlState } from './store/database.ts';
import { DatabaseTooNew } from './store/migrate.ts';
import type { SharedCache } from './store/redis.ts';
import { sqlStore } from './store/sql-store.ts';
import type { Store } from './store/store.ts';
import { databases } from './store/table.ts';
import { version } from './version.ts';

export interface RunningServer {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  /** Resolves when the store is up to date and requests are answered. */
  readonly ready: Promise<void>;
  /** Ends without losing a request. Safe to call twice. */
  stop(): Promise<void>;
}

// A start waits for one database with nothing else to do: once a second is no burden, and a second is not long.
const LONGEST_RETRY_MS = 1_000;
const PARSED_CHARACTERS = 8 * 1024 * 1024;
// A body holds a schema with its quotes escaped, and its references.
const BODY_FACTOR = 2;
const BODY_EXTRA_BYTES = 256 * 1024;

export function openDatabase(settings: ServerSettings, log: Log): Database {
  if (settings.databaseUrl === undefined) return databases.embedded(settings.dataFolder);
  const { minConnections, maxConnections } = settings;
  return databases.postgres(
    {
      url: settings.databaseUrl,
      minConnections,
      maxConnections,
      acquireTimeoutMs: settings.acquireTimeoutSeconds * 1000,
      statementTimeoutMs: settings.requestTimeoutSeconds * 1000,
    },
    log,
  );
}

async function openCache(
  { redisUrl, redisTimeoutSeconds, cacheTtlSeconds }: ServerSettings,
  log: Log,
  failed: () => void,
): Promise<SharedCache | undefined> {
  if (redisUrl === undefined) return undefined;
  // Only now: without Redis its client would be a fifth of the server's memory.
  const { openRedis } = await import('./store/redis.ts');
  const timeoutMs = redisTimeoutSeconds * 1000;
  return openRedis({ url: redisUrl, timeoutMs, ttlSeconds: cacheTtlSeconds }, log, failed);
}

/** Listens at once, so that probes are answered; requests are once the store is there. */
export async function serve(settings: ServerSettings, log: Log): Promise<RunningServer> {
  const started = performance.now();
  const lifecycle = new Lifecycle();
  const database = openDatabase(settings, log);
  const cache = await openCache(settings, log, () => metrics.redisFailed());
  const store = cachedStore(sqlStore(database), {
    maxEntries: settings.cacheMaxEntries,
    shared: cache,
    wasRead: (level, isHit) => metrics.cacheRead(level, isHit),
  });
  const metrics: Metrics = openMetrics(store.poolUsage, store.isFeedAlive);
  const registry: Registry = {
    store,
    metrics,
    parser: openSchemaParser(PARSED_CHARACTERS),
    defaultCompatibility: settings.defaultCompatibility,
    maxSchemaBytes: settings.maxSchemaBytes,
    maxBodyBytes: settings.maxSchemaBytes * BODY_FACTOR + BODY_EXTRA_BYTES,
  };
  const requestTimeoutMs = settings.requestTimeoutSeconds * 1000;
  const app = openApp({ registry, log, requestTimeoutMs, store, cache, lifecycle });

  const maxEntries = settings.cacheMaxEntries;
  const front = openFront({ store, metrics, log, lifecycle, maxEntries }, app.callback());
  const server = createServer(front);
  server.requestTimeout = requestTimeoutMs;
  // Longer than the idle timeout of the usual load balancers, which would else send into a closing connection.
  server.keepAliveTimeout = 75_000;
  const metricsServer = settings.isMetricsEnabled ? createServer(metricsHandler(metrics)) : undefined;

  try {
    await listen(server, settings.port, settings.host);
    if (metricsServer) await listen(metricsServer, settings.metricsPort, settings.host);
  } catch (error) {
    server.close();
    await store.close();
    throw error;
  }

  const stopping = new AbortController();
  const ready = prepare(store, lifecycle, log, stopping.signal).then(() => {
    if (lifecycle.phase.is !== 'serving') return;
    log.info('ready', { afterMs: Math.round(performance.now() - started) });
  });
  log.info(`schema registry ${version} listens on ${urlOf(server)}, data is ${whereIsData(settings)}`);

  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(server),
    metricsUrl: metricsServer && urlOf(metricsServer),
    ready,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };

  async function stop(): Promise<void> {
    const deadlineMs = settings.shutdownTimeoutSeconds * 1000;
    const wasServing = lifecycle.phase.is === 'serving';
    lifecycle.drain();
    stopping.abort();
    const closed = performance.now() + deadlineMs;
    // New requests still come while the news of our end travels to load balancers.
    if (wasServing) {
      log.info('draining', { deadlineMs });
      await delay(deadlineMs / 3);
    }
    await closeServer(server, closed - performance.now());
    await ready.catch(() => {});
    if (metricsServer) await closeServer(metricsServer, 0);
    await store.close();
    log.info('stopped');
  }
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof StoreUnavailable || error instanceof DatabaseTooNew || sqlState(error) !== undefined
  );
}

/** Tries until the database is there and its tables are up to date. */
async function prepare(store: Store, lifecycle: Lifecycle, log: Log, signal: AbortSignal): Promise<void> {
  let said = '';
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await store.migrate();
      store.watch({ changed() {}, connected() {}, lost() {} });
      lifecycle.serve();
      return;
    } catch (error) {
      if (!isExpected(error)) throw error;
      lifecycle.waitFor(error.message);
      if (error.message !== said) log.warn('waiting for the database', { cause: error.message });
      said = error.message;
      const waitMs = Math.min(LONGEST_RETRY_MS, 100 * 2 ** failures) * (0.5 + Math.random() / 2);
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

function metricsHandler(metrics: Metrics): RequestListener {
  return async (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', metrics.contentType);
    response.end(await metrics.write());
  };
}

/** The address cannot be listened on. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      reject(new CannotListen(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** Requests under way are finished, up to the deadline. */
function closeServer(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), Math.max(0, deadlineMs));
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  const isAnywhere = address === '0.0.0.0' || address === '::';
  return `http://${isAnywhere ? 'localhost' : address.includes(':') ? `[${address}]` : address}:${port}`;
}

function whereIsData({ databaseUrl, dataFolder }: ServerSettings): string {
  if (databaseUrl !== undefined) {
    const { hostname, port, pathname } = new URL(databaseUrl);
    return `in PostgreSQL at ${hostname}:${port || 5432}${pathname}`;
  }
  return dataFolder === undefined
    ? 'in memory and gone at the end (set DATA_FOLDER or DATABASE_URL to keep it)'
    : `in ${dataFolder}`;
}
