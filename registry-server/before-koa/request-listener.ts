import type { RequestListener } from 'node:http';
import type Koa from 'koa';
import type { Admit, Need } from '../authentication/admit.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { BytesUnderWay } from '../requests/bytes-under-way.ts';
import { enterTrace, traceRequests } from '../tracing/trace-requests.ts';
import type { Tracer } from '../tracing/tracer.ts';
import { allowOrigins } from './allow-origins.ts';
import { openAnswering } from './answer.ts';
import { answerFromMemory } from './answer-from-memory.ts';
import { authorize } from './authorize.ts';
import type { FindSubjectPlace } from './context-prefix.ts';
import { countBodies } from './count-bodies.ts';
import { handOver } from './hand-over.ts';
import { beginRequest } from './http-record.ts';
import type { ReadyAnswers } from './ready-answers.ts';
import type { Handler, Station } from './station.ts';

export interface RequestListenerParts {
  /** Undefined where no origins but the server's own are allowed. */
  readonly corsOrigins: readonly string[] | undefined;
  readonly apiKeyHeader: string;
  /** Undefined where requests are not traced. */
  readonly tracer: Tracer | undefined;
  /** Undefined where nobody is asked who they are. */
  readonly admit: Admit | undefined;
  readonly challenges: readonly string[];
  readonly needOf: (method: string, url: string) => Need;
  readonly operationOf: (method: string, url: string) => string;
  readonly findSubjectPlace: FindSubjectPlace;
  readonly underWay: BytesUnderWay;
  readonly answers: ReadyAnswers;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

/** What a request passes before Koa, in order. What a server does not need is not there, and costs nothing. */
export function openRequestListener(parts: RequestListenerParts, app: Koa): RequestListener {
  const { corsOrigins, apiKeyHeader, tracer, admit, findSubjectPlace, underWay, metrics, log, lifecycle } =
    parts;
  const answer = openAnswering(lifecycle, { metrics, log });
  const stations: readonly (Station | undefined)[] = [
    // Pages are told who may ask before anybody is asked who they are: a preflight has no credentials.
    corsOrigins && allowOrigins(corsOrigins, apiKeyHeader),
    tracer && traceRequests(tracer),
    admit && authorize({ ...parts, admit, answer }),
    countBodies(underWay),
    answerFromMemory({ ...parts, answer }),
    tracer && enterTrace,
  ];
  const first = stations.reduceRight<Handler>((next, station) => station?.(next) ?? next, handOver(app));
  return (request, response) => first(beginRequest(request, response, findSubjectPlace));
}
