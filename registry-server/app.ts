import Router from '@koa/router';
import Koa from 'koa';
import { namesOf, recordOf } from './before-koa/http-record.ts';
import type { KnownPosts } from './before-koa/known-posts.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import { endConnections } from './middleware/end-connections.ts';
import { identifyRequest } from './middleware/identify-request.ts';
import { keepAnswers } from './middleware/keep-answers.ts';
import { limitTime } from './middleware/limit-time.ts';
import { negotiate } from './middleware/negotiate.ts';
import { noteRequests } from './middleware/note-requests.ts';
import { refuseBadPaths } from './middleware/refuse-bad-paths.ts';
import { replyToErrors } from './middleware/reply-to-errors.ts';
import { waitForStart } from './middleware/wait-for-start.ts';
import { lazyDocument } from './openapi/document.ts';
import type { Readiness } from './readiness.ts';
import type { Registry } from './registry.ts';
import { addRoutes } from './routes/add-routes.ts';
import { resources } from './routes/table.ts';
import { StoreUnavailable } from './store/database.ts';
import { statementFailure } from './store/statement-failure.ts';

export interface AppSettings {
  readonly registry: Registry;
  readonly lifecycle: Lifecycle;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Log;
  readonly knownPosts: KnownPosts;
  readonly requestTimeoutMs: number;
}

/** The middleware in order, then the routes. */
export function openApp(settings: AppSettings): Koa {
  const { registry, lifecycle, readiness, log, knownPosts, requestTimeoutMs } = settings;
  const app = new Koa();
  // Clients that hang up are no event; what fails in a request is answered by replyToErrors.
  app.silent = true;
  // Of an answer that had begun.
  app.on('error', (error: unknown, ctx: Koa.Context) => {
    const failure = statementFailure(error);
    if (!failure && !(error instanceof StoreUnavailable)) return;
    log.error('answer broken off', {
      ...namesOf(recordOf(ctx), ctx.path),
      ...(failure ?? { cause: (error as Error).message }),
    });
  });

  const server = { readiness, document: lazyDocument(resources, registry.credentials) };
  const forProbes = resources.filter(({ isForProbes }) => isForProbes);
  const forClients = resources.filter(({ isForProbes }) => !isForProbes);
  const probes = new Router();
  addRoutes(probes, forProbes, registry, server);

  app.use(endConnections(lifecycle));
  app.use(identifyRequest);
  app.use(noteRequests({ metrics: registry.metrics, log }));
  app.use(replyToErrors(log));
  app.use(probes.routes());
  app.use(refuseBadPaths);
  app.use(limitTime(requestTimeoutMs, log));

  // Case counts in paths; a slash at the end does not.
  const router = new Router({ sensitive: true });
  router.use(negotiate);
  router.use(waitForStart(lifecycle));
  router.use(keepAnswers(knownPosts));
  addRoutes(router, forClients, registry, server);
  app.use(router.routes());
  // Says in Allow what a path has; replyToErrors gives the answer its body.
  app.use(router.allowedMethods());
  return app;
}
