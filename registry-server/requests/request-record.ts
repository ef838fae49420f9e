import type { Admission } from '../authentication/admit.ts';
import type { ServerSpan } from '../tracing/tracer.ts';

/** What is known of a request to the REST API or of a call of gRPC, from its head on until it is answered. */
export interface RequestRecord {
  /** The id that the client gave, or one that was made. */
  readonly id: string;
  /** When it began, by `performance.now()`. */
  readonly startedMs: number;
  /** Undefined where no trace is kept. */
  trace: ServerSpan | undefined;
  admission: Admission;
}
