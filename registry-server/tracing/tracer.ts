import type { IncomingMessage } from 'node:http';

/** Those of OpenTelemetry's samplers that do as the caller does, where there is one. */
export const samplerNames = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof samplerNames)[number];

export type SpanFields = Readonly<Record<string, string | number>>;

/** Whether the collector took it. */
export type SpanOutcome = 'sent' | 'dropped';

/** Something that takes time on the way to an answer. Names and fields hold no values of clients, and no credentials. */
export interface Step {
  readonly name: string;
  /** Says that somebody else is asked. */
  readonly isRemote: boolean;
  readonly fields: SpanFields;
}

/** A request or call, as its trace sees it. */
export interface ServerSpan {
  /** The caller's trace, where there is one; undefined where there is no trace. */
  readonly traceId: string | undefined;
  /** Otherwise nothing of it is sent, and what is done for it need not be noted. */
  readonly isSampled: boolean;
  /** The steps of the work belong to it. */
  run<T>(work: () => T): T;
  /** @param failure what failed on our side, in a word */
  end(name: string, fields: SpanFields, failure?: string): void;
}

/** Tells a collector what happens. What becomes of that never touches a request. */
export interface Tracer {
  /** @param headers where the caller names its trace (`traceparent`) */
  start(headers: IncomingMessage['headers']): ServerSpan;
  /** Notes a step of the request that it is done for; where that is none, it is only done. */
  inStep<T>(step: Step, work: () => Promise<T>): Promise<T>;
  /** A trace of its own, for work that nobody waits for. */
  inTrace<T>(step: Step, work: () => Promise<T>): Promise<T>;
  /** Sends what is left, up to the deadline. */
  close(deadlineMs: number): Promise<void>;
}
