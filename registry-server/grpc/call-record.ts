import { type Metadata, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import { unasked } from '../authentication/admit.ts';
import type { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { logFailure } from '../requests/log-failure.ts';
import { logRequest } from '../requests/log-request.ts';
import { requestIdOf } from '../requests/request-id.ts';
import type { RequestRecord } from '../requests/request-record.ts';
import { toRegistryError } from '../requests/to-registry-error.ts';
import type { SpanFields, Tracer } from '../tracing/tracer.ts';
import type { CalledMethod } from './authorize.ts';
import { type StatusCode, statusCodes } from './status-codes.ts';

export type Headers = Readonly<Record<string, string | undefined>>;

/** What becomes of a call, from its metadata on: for the log, and for what is counted. */
export interface CallRecord extends RequestRecord {
  /** The path as HTTP/2 has it, without the slash before it. */
  readonly method: string;
  readonly called: CalledMethod;
  readonly headers: Headers;
  /** Says that nobody waits for the answer any more. */
  isCancelled: boolean;
  /** Counts and logs what became of the call, and returns what its client is told. */
  end(error: unknown): RegistryError | undefined;
}

export interface CallRecordParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined where calls are not traced. */
  readonly tracer?: Tracer | undefined;
}

export function beginCall(
  { log, metrics, tracer }: CallRecordParts,
  method: string,
  called: CalledMethod,
  metadata: Metadata,
  call: ServerInterceptingCallInterface,
): CallRecord {
  const headers = headersOf(metadata);
  const record: CallRecord = {
    id: requestIdOf(headers['x-request-id']),
    startedMs: performance.now(),
    trace: tracer?.start(headers),
    admission: unasked,
    method,
    called,
    headers,
    isCancelled: false,
    end,
  };
  return record;

  function end(error: unknown): RegistryError | undefined {
    const reply = error === undefined ? undefined : toRegistryError(error);
    const code = codeOf(reply, record, call);
    const durationMs = performance.now() - record.startedMs;
    metrics.grpcRequest(method, code, durationMs / 1000);
    record.trace?.end(method, spanFields(record, code), failures.has(code) ? code : undefined);
    if (error !== undefined) logFailure(log, error, namesOf(record));
    logRequest(log, record, {
      fields: { method, code },
      isRead: called.isRead,
      isFailure: (reply?.status ?? 0) >= 500,
      durationMs,
    });
    return reply;
  }
}

/** The fields by which a line of the log names a call. */
export function namesOf({ id, method }: CallRecord) {
  return { requestId: id, method };
}

/** What OpenTelemetry's conventions take for the server's failure, not for its client's. */
const failures: ReadonlySet<StatusCode> = new Set<StatusCode>([
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
]);

function spanFields({ method, called }: CallRecord, code: StatusCode): SpanFields {
  return {
    'rpc.system': 'grpc',
    'rpc.service': method.slice(0, method.lastIndexOf('/')),
    'rpc.method': called.method,
    'rpc.grpc.status_code': status[code],
  };
}

/** The first value of each header; what is binary is left out. */
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
