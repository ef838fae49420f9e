import { type Metadata, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import type { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { logFailure } from '../requests/log-failure.ts';
import { requestIdOf } from '../requests/request-id.ts';
import { toRegistryError } from '../requests/to-registry-error.ts';
import type { ServerSpan, SpanFields, Tracer } from '../tracing/tracer.ts';
import type { Admission, CalledMethod } from './lock.ts';
import { type StatusCode, statusCodes } from './status-codes.ts';

export type Headers = Readonly<Record<string, string | undefined>>;

/** What becomes of a call, from its metadata on: for the log, and for what is counted. */
export interface CallRecord {
  readonly called: CalledMethod;
  readonly headers: Headers;
  readonly span: ServerSpan | undefined;
  readonly named: { readonly requestId: string; readonly method: string };
  readonly startedMs: number;
  admission: Admission;
  /** Nobody waits for the answer any more. */
  isCancelled: boolean;
  /** Answers what its client is told. */
  end(error: unknown): RegistryError | undefined;
}

export interface CallRecordParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** undefined: calls are not traced. */
  readonly tracer?: Tracer | undefined;
}

/** @param path as HTTP/2 has it, without the slash before it */
export function beginCall(
  { log, metrics, tracer }: CallRecordParts,
  path: string,
  called: CalledMethod,
  metadata: Metadata,
  call: ServerInterceptingCallInterface,
): CallRecord {
  const headers = headersOf(metadata);
  const record: CallRecord = {
    called,
    headers,
    span: tracer?.start(headers),
    named: { requestId: requestIdOf(headers['x-request-id']), method: path },
    startedMs: performance.now(),
    admission: {},
    isCancelled: false,
    end,
  };
  return record;

  function end(error: unknown): RegistryError | undefined {
    const { span, named, admission } = record;
    const reply = error === undefined ? undefined : toRegistryError(error);
    const code = codeOf(reply, record, call);
    const durationMs = performance.now() - record.startedMs;
    metrics.grpcRequest(path, code, durationMs / 1000);
    span?.end(path, spanFields(called, path, code), failures.has(code) ? code : undefined);
    if (error !== undefined) logFailure(log, error, named);
    log[levelOf(reply, record)]('request', {
      requestId: named.requestId,
      traceId: span?.traceId,
      principal: admission.principal?.name,
      refused: admission.refused,
      method: path,
      code,
      durationMs: Math.round(durationMs * 100) / 100,
    });
    return reply;
  }
}

/** As for the REST API: who is refused is on record, unless it is a program that begins without credentials. */
function levelOf(reply: RegistryError | undefined, { called, admission }: CallRecord) {
  if ((reply?.status ?? 0) >= 500) return 'warn';
  const isRefused = admission.error !== undefined && admission.refused !== 'no-credentials';
  return called.isRead && !isRefused ? 'debug' : 'info';
}

/** What OpenTelemetry's conventions take for the server's failure, not for its client's. */
const failures: ReadonlySet<StatusCode> = new Set<StatusCode>([
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
]);

function spanFields({ method }: CalledMethod, path: string, code: StatusCode): SpanFields {
  return {
    'rpc.system': 'grpc',
    'rpc.service': path.slice(0, path.lastIndexOf('/')),
    'rpc.method': method,
    'rpc.grpc.status_code': status[code],
  };
}

/** The first value of each; what is binary is left out. */
function headersOf(metadata: Metadata): Headers {
  const values = Object.entries(metadata.getMap());
  return Object.fromEntries(
    values.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Whoever has gone hears nothing of what came of it. */
function codeOf(
  reply: RegistryError | undefined,
  { isCancelled }: CallRecord,
  call: ServerInterceptingCallInterface,
): StatusCode {
  if (!isCancelled) return reply === undefined ? 'OK' : statusCodes[reply.kind];
  return Number(call.getDeadline()) <= Date.now() ? 'DEADLINE_EXCEEDED' : 'CANCELLED';
}
