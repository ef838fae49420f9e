import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { openApp } from './app.ts';
import { openAdmission } from './authentication/admit.ts';
import { openAuthenticator } from './authentication/authenticate.ts';
import { KnownPosts } from './before-koa/known-posts.ts';
import { limitConnections } from './before-koa/limit-connections.ts';
import { ReadyAnswers } from './before-koa/ready-answers.ts';
import { openRequestListener } from './before-koa/request-listener.ts';
import { openGrpcListener } from './grpc/listener.ts';
import { Lifecycle } from './lifecycle.ts';
import { openApiServer } from './listening/certificate.ts';
import { closeServer, listen, urlOf } from './listening/listen.ts';
import type { Log } from './log.ts';
import type { Backlog } from './metrics/archive-metrics.ts';
import { countedHoldings } from './metrics/counted-holdings.ts';
import { type Metrics, openMetrics } from './metrics/metrics.ts';
import { metricsListener } from './metrics/metrics-listener.ts';
import { openBootstrapSource, openBucket } from './open-bucket.ts';
import { openDatabase } from './open-database.ts';
import { openSharedCache } from './open-shared-cache.ts';
import { prepare } from './prepare.ts';
import { openReadiness } from './readiness.ts';
import type { Registry } from './registry.ts';
import { BytesUnderWay } from './requests/bytes-under-way.ts';
import { neededRole, operationOf } from './routes/needed-role.ts';
import { findSubjectPlace } from './routes/subject-place.ts';
import { openSchemaParser } from './services/parse-schema.ts';
import { openSchemaThreads } from './services/schema-threads.ts';
import { tracedThreads } from './services/traced-threads.ts';
import type { ServerSettings } from './settings.ts';
import type { Archive } from './store/archive/archive.ts';
import type { ArchiveCounts } from './store/archive/archive-health.ts';
import type { SnapshotCounts } from './store/archive/snapshots/snapshots.ts';
import { cachedStore } from './store/cached.ts';
import type { Database } from './store/database.ts';
import { openIdentityGuard } from './store/identity/identity-guard.ts';
import { meteredCache, meteredDatabase } from './store/metered.ts';
import { outlastFailover } from './store/outlast-failover.ts';
import { sqlStore } from './store/sql-store.ts';
import { tellingStore } from './store/telling.ts';
import { tracedBucket, tracedCache, tracedDatabase } from './store/traced.ts';
import { openTracer } from './tracing/open-tracer.ts';
import type { Tracer } from './tracing/tracer.ts';
import { version } from './version.ts';
import { within } from './waiting/within.ts';
import type { WorkerLink } from './workers/worker-link.ts';

export interface RunningServer {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  /** host:port of the gRPC API. */
  readonly grpcAddress: string | undefined;
  /** Resolves when the store is up to date and requests are answered. */
  readonly ready: Promise<void>;
  /** Ends without losing a request. Safe to call twice. */
  stop(): Promise<void>;
}

// Spans of the last requests are sent, even where these took all the time there was.
const SEND_LAST_MS = 1_000;
// Beyond the time for requests: a database that answers no more must not keep the process until it is killed.
const CLOSE_MS = 3_000;
const PARSED_CHARACTERS = 8 * 1024 * 1024;
// A body holds a schema with its quotes escaped, and its references.
const BODY_FACTOR = 2;
const BODY_EXTRA_BYTES = 256 * 1024;
/** Bodies and messages that requests under way hold, all together: so much, or so many of the largest. */
const LEAST_UNDER_WAY_BYTES = 32 * 1024 * 1024;
const LARGEST_UNDER_WAY = 4;
// Names are long, and in a path each byte of them may take three; a context and a subject must fit.
const MAX_HEAD_BYTES = 64 * 1024;

async function openArchive(
  settings: ServerSettings,
  database: Database,
  log: Log,
  counts: ArchiveCounts & SnapshotCounts,
  tracer: Tracer | undefined,
): Promise<Archive | undefined> {
  const bucket = await openBucket(settings);
  if (!bucket) return undefined;
  const archive = await import('./store/archive/archive.ts');
  return archive.openArchive(database, tracer ? tracedBucket(tracer, bucket) : bucket, log, counts, {
    name: settings.registryName,
    restore: settings.s3Restore,
    restoreAt: settings.s3RestoreAt,
    isBootstrapped: settings.bootstrapBucket !== undefined,
    tracer,
    snapshots: {
      schedule: settings.snapshotSchedule,
      keep: {
        hourly: settings.snapshotsHourly,
        daily: settings.snapshotsDaily,
        weekly: settings.snapshotsWeekly,
      },
    },
  });
}

/** Fills the database of a new registry from the archive of another one, where the settings name that. */
async function beginWithAnother(
  settings: ServerSettings,
  database: Database,
  log: Log,
  tell: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (settings.bootstrapBucket === undefined) return;
  const { bootstrap } = await import('./store/archive/bootstrap.ts');
  await bootstrap({
    database,
    openSource: () => openBootstrapSource(settings),
    log,
    at: settings.bootstrapAt,
    isPartial: settings.isBootstrapPartial,
    tell,
    signal,
  });
}

/**
 * Listens at once, so that probes are answered; requests are once the store is there.
 * @param link where this process is a worker; its metrics are its supervisor's
 * @param ending ends what would else wait; the server still has to be stopped
 * @param lost is told that the database has become an empty one, which only a server that starts can fill
 */
export async function serve(
  settings: ServerSettings,
  log: Log,
  link?: WorkerLink,
  ending: AbortSignal = new AbortController().signal,
  lost: () => void = () => {},
): Promise<RunningServer> {
  const started = performance.now();
  const lifecycle = new Lifecycle();
  // What is opened says here how it ends. A start that fails walks this list as a stop does: backwards.
  await using opened = new AsyncDisposableStack();
  // When requests that are under way are cut: at once, unless it is a stop that lets them end.
  let closeBy = 0;
  const leftMs = () => Math.max(0, closeBy - performance.now());
  // First of all, for what is opened next counts from its first moment on. It is read when all is there.
  const metrics: Metrics = openMetrics({
    poolUsage: () => store.poolUsage(),
    isFeedAlive: () => store.isFeedAlive(),
    volume: () => store.volume(),
    cacheUsage: () => [
      ...store.cacheUsage(),
      ...registry.parser.cacheUsage(),
      answers.usage(),
      knownPosts.usage(),
    ],
    threadUsage: () => registry.parser.threadUsage(),
    holdings: () => holdings.last(),
    backlog: settings.s3Bucket === undefined ? undefined : () => archive?.status() ?? unknownBacklog,
  });
  const authenticator = await openAuthenticator(settings, log);
  opened.defer(() => authenticator?.close());
  const tracer = await openTracer(settings, log, (outcome, spans) => metrics.spans(outcome, spans));
  opened.defer(() => tracer?.close(Math.max(SEND_LAST_MS, leftMs())));
  const plainDatabase = meteredDatabase(
    metrics,
    openDatabase(settings, log, (seconds) => metrics.connectionWaitedFor(seconds)),
  );
  const database = tracer ? tracedDatabase(tracer, plainDatabase) : plainDatabase;
  const plainSharedCache = await openSharedCache(settings, log, () => metrics.redisFailed());
  const sharedCache = plainSharedCache && meteredCache(metrics, plainSharedCache);
  const requestTimeoutMs = settings.requestTimeoutSeconds * 1000;
  // Half of a request's time is left for its work.
  const failoverMs = Math.min(settings.acquireTimeoutSeconds * 1000, requestTimeoutMs / 2);
  const truth = sqlStore(outlastFailover(database, failoverMs));
  const store = cachedStore(link ? tellingStore(truth, link) : truth, {
    maxEntries: settings.cacheMaxEntries,
    shared: tracer && sharedCache ? tracedCache(tracer, sharedCache) : sharedCache,
    wasRead: (level, isHit) => metrics.cacheRead(level, isHit),
    beforeLook: link?.wake,
  });
  opened.defer(() => store.close());
  const holdings = countedHoldings(store.countHoldings, () => lifecycle.phase.is === 'serving');
  opened.defer(() => holdings.close());
  const counts: ArchiveCounts & SnapshotCounts = {
    shipped: (seconds) => metrics.archiveShipped(seconds),
    failed: () => metrics.archiveFailed(),
    snapshotTaken: (taken) => metrics.snapshotTaken(taken),
    snapshotFailed: () => metrics.snapshotFailed(),
  };
  const archive = await openArchive(settings, database, log, counts, tracer);
  opened.defer(() => archive?.close());
  const identity = openIdentityGuard(database, {
    file: settings.identityFile,
    canRestore: async () => archive?.canRestore() ?? false,
    log,
  });
  opened.defer(() => identity.close());
  const readiness = openReadiness({ store, identity, sharedCache, archive, lifecycle });
  link?.answer({ metrics: metrics.measure, readiness });
  const registry: Registry = {
    store,
    metrics,
    log,
    parser: openSchemaParser(PARSED_CHARACTERS, tracer && tracedThreads(tracer, openSchemaThreads())),
    defaultCompatibility: settings.defaultCompatibility,
    validateNewSchemas: settings.validateNewSchemas,
    maxSchemaBytes: settings.maxSchemaBytes,
    maxBodyBytes: settings.maxSchemaBytes * BODY_FACTOR + BODY_EXTRA_BYTES,
    credentials: authenticator?.credentials,
  };
  opened.defer(() => registry.parser.close());
  const knownPosts = new KnownPosts(settings.cacheMaxEntries);
  const answers = new ReadyAnswers(store, knownPosts, settings.cacheMaxEntries);
  const app = openApp({ registry, lifecycle, readiness, log, knownPosts, requestTimeoutMs });
  const underWay = new BytesUnderWay(
    Math.max(LEAST_UNDER_WAY_BYTES, LARGEST_UNDER_WAY * registry.maxBodyBytes),
  );
  const admit = authenticator && openAdmission(authenticator, metrics);
  const listener = openRequestListener(
    {
      corsOrigins: settings.corsOrigins,
      apiKeyHeader: settings.apiKeyHeader,
      tracer,
      admit,
      challenges: authenticator?.challenges ?? [],
      needOf: neededRole,
      operationOf,
      findSubjectPlace,
      underWay,
      answers,
      metrics,
      log,
      lifecycle,
    },
    app,
  );
  const server = openApiServer(
    settings,
    {
      maxHeaderSize: MAX_HEAD_BYTES,
      requestTimeout: requestTimeoutMs,
      // What is late is only found when Node looks for it, which it does every 30 s by itself.
      connectionsCheckingInterval: 1_000,
    },
    listener,
    log,
  );
  limitConnections(server, settings.maxClients, log);
  // Longer than the idle timeout of the usual load balancers, which would else send into a closing connection.
  server.keepAliveTimeout = 75_000;
  const metricsServer =
    settings.isMetricsEnabled && !link
      ? createServer(metricsListener({ metrics, readiness, log }))
      : undefined;

  const stopping = new AbortController();
  const stopped = AbortSignal.any([stopping.signal, ending]);
  const begin = () =>
    prepare({ store, fillDatabase, archive, identity, lifecycle, log, signal: stopped, link, lost });
  const fillDatabase = async () => {
    const tell = (words: string) => lifecycle.waitFor(words, 'Restoring');
    const expected = await identity.expected();
    await archive?.recover(tell, stopped, expected);
    // What it began with once is less than what it had since.
    if (expected === undefined) await beginWithAnother(settings, database, log, tell, stopped);
  };
  let began: Promise<void> | undefined;
  opened.defer(() => {
    stopping.abort();
    return began?.catch(() => {});
  });

  if (metricsServer) {
    opened.defer(() => closeServer(metricsServer, 0));
    await listen(metricsServer, settings.metricsPort, settings.host);
  }
  const closings: ((deadlineMs: number) => Promise<void>)[] = [];
  // At once, since each of them has the time that is left.
  opened.defer(async () => {
    await Promise.all(closings.map((close) => close(leftMs())));
  });
  // Who takes a dead worker's place takes no connection before it can answer.
  if (link?.isReplacement) await begin();
  ending.throwIfAborted();
  closings.push((deadlineMs) => closeServer(server, deadlineMs));
  await listen(server, settings.port, settings.host);
  const grpcParts = { registry, lifecycle, log, requestTimeoutMs, admit, tracer, underWay };
  const grpcListener = settings.isGrpcEnabled ? await openGrpcListener(settings, grpcParts) : undefined;
  if (grpcListener) closings.push((deadlineMs) => grpcListener.close(deadlineMs));

  began = link?.isReplacement ? Promise.resolve() : begin();
  const ready = began.then(() => {
    if (lifecycle.phase.is !== 'serving') return;
    log.info('ready', { afterMs: Math.round(performance.now() - started) });
  });
  log.info(`schema registry ${version} listens on ${urlOf(server)}, data is ${whereIsData(settings)}`);

  const running = opened.move();
  let stop: Promise<void> | undefined;
  return {
    url: urlOf(server),
    metricsUrl: metricsServer && urlOf(metricsServer),
    grpcAddress: grpcListener?.address,
    ready,
    stop: () => {
      stop ??= drainAndClose();
      return stop;
    },
  };

  async function drainAndClose(): Promise<void> {
    const deadlineMs = settings.shutdownTimeoutSeconds * 1000;
    const wasServing = lifecycle.phase.is === 'serving';
    lifecycle.drain();
    stopping.abort();
    closeBy = performance.now() + deadlineMs;
    // New requests still come while the news of our end travels to load balancers.
    if (wasServing) {
      log.info('draining', { deadlineMs });
      await delay(deadlineMs / 3);
    }
    const closing = running.disposeAsync().then(() => true);
    const isClosed = await within(closing, leftMs() + CLOSE_MS, () => false);
    if (isClosed) log.info('stopped');
    // Transactions are undone and leases run out by themselves.
    else log.warn('stopped, and left what does not end', {});
  }
}

const unknownBacklog: Backlog = { status: 'unknown', pending: 0, lagSeconds: 0 };

function whereIsData(settings: ServerSettings): string {
  const { databaseUrl, databaseHost, databasePort, databaseName, dataFolder } = settings;
  if (databaseHost !== undefined) return `in PostgreSQL at ${databaseHost}:${databasePort}/${databaseName}`;
  if (databaseUrl !== undefined) {
    const { hostname, port, pathname } = new URL(databaseUrl);
    return `in PostgreSQL at ${hostname}:${port || 5432}${pathname}`;
  }
  return dataFolder === undefined
    ? 'in memory and gone at the end (set DATA_FOLDER or DATABASE_URL to keep it)'
    : `in ${dataFolder}`;
}
