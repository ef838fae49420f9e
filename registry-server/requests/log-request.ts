import type { Log } from '../log.ts';
import type { RequestRecord } from './request-record.ts';

/** What became of a request. */
export interface RequestEnd {
  /** What was asked for, and the status or code of the answer. */
  readonly fields: Readonly<Record<string, string | number>>;
  readonly isRead: boolean;
  /** It is we who failed. */
  readonly isFailure: boolean;
  readonly durationMs: number;
}

/** One line for each request: failures of ours as warnings, writes as info, the many reads as debug. */
export function logRequest(log: Log, record: RequestRecord, end: RequestEnd): void {
  const { id, trace, admission } = record;
  log[levelOf(record, end)]('request', {
    requestId: id,
    traceId: trace?.traceId,
    principal: admission.principal?.name,
    refused: admission.refused,
    ...end.fields,
    durationMs: Math.round(end.durationMs * 100) / 100,
  });
}

/** Who is refused is on record, unless it is a program that begins without credentials until it is told. */
function levelOf({ admission }: RequestRecord, { isRead, isFailure }: RequestEnd): 'debug' | 'info' | 'warn' {
  if (isFailure) return 'warn';
  const isRefused = admission.error !== undefined && admission.refused !== 'no-credentials';
  return isRead && !isRefused ? 'debug' : 'info';
}
