import { Counter, Histogram, type Registry as MetricRegistry } from 'prom-client';
import type { RefusalReason } from '../authentication/outcome.ts';
import { prefix, requestBuckets } from './buckets.ts';

export interface RequestMetrics {
  request(route: string, method: string, status: number, seconds: number): void;
  grpcRequest(method: string, code: string, seconds: number): void;
  authenticationFailed(reason: RefusalReason): void;
}

/** What clients ask for, and what they are answered. */
export function openRequestMetrics(registers: MetricRegistry[]): RequestMetrics {
  const requests = new Counter({
    name: `${prefix}http_requests_total`,
    help: 'Requests, by route pattern, method and status',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: `${prefix}http_request_duration_seconds`,
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['route', 'method'],
    buckets: requestBuckets,
    registers,
  });
  const grpcRequests = new Counter({
    name: `${prefix}grpc_requests_total`,
    help: 'gRPC calls, by method and status code',
    labelNames: ['method', 'code'],
    registers,
  });
  const grpcDurations = new Histogram({
    name: `${prefix}grpc_request_duration_seconds`,
    help: 'Time from the message of a gRPC call to the end of its answer',
    labelNames: ['method', 'code'],
    buckets: requestBuckets,
    registers,
  });
  const refusals = new Counter({
    name: `${prefix}authentication_failures_total`,
    help: 'Requests refused for their credentials, by what is wrong with them',
    labelNames: ['reason'],
    registers,
  });

  return {
    request(route, method, status, seconds) {
      requests.inc({ route, method, status });
      durations.observe({ route, method }, seconds);
    },
    grpcRequest(method, code, seconds) {
      grpcRequests.inc({ method, code });
      grpcDurations.observe({ method, code }, seconds);
    },
    authenticationFailed: (reason) => refusals.inc({ reason }),
  };
}
