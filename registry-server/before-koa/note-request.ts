import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { logRequest } from '../requests/log-request.ts';
import type { HttpRecord } from './http-record.ts';

export interface NoteParts {
  readonly metrics: Pick<Metrics, 'request'>;
  readonly log: Log;
}

/** Counts and logs a request, whoever answered it. The label is the pattern of its route: subjects in labels would never end. */
export function noteRequest(
  { metrics, log }: NoteParts,
  record: HttpRecord,
  status: number,
  path: string,
): void {
  const { method, route = 'none', startedMs } = record;
  const durationMs = performance.now() - startedMs;
  metrics.request(route, method, status, durationMs / 1000);
  logRequest(log, record, {
    fields: { method, path, status },
    isRead: method === 'GET',
    isFailure: status >= 500 && path !== '/ready',
    durationMs,
  });
}
