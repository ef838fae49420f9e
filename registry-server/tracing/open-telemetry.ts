import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../log.ts';
import { sqlState } from '../store/database.ts';
import { version } from '../version.ts';
import { within } from '../waiting/within.ts';
import type { SamplerName, ServerSpan, SpanFields, SpanOutcome, Step, Tracer } from './tracer.ts';

export interface TracingSettings {
  /** Traces go to /v1/traces below it. */
  readonly endpoint: string;
  readonly sampler: SamplerName;
  /** The part of the traces that is kept, from 0 to 1. */
  readonly ratio: number;
  readonly serviceName: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

/** What part of the requests without a caller's decision is traced. */
const shares: Record<SamplerName, (ratio: number) => number> = {
  parentbased_always_on: () => 1,
  parentbased_always_off: () => 0,
  parentbased_traceidratio: (ratio) => ratio,
};

/** Most requests, where few are sampled: not even an id is made for them. */
const untraced: ServerSpan = { traceId: undefined, isSampled: false, run: (work) => work(), end() {} };

/** Sends spans by OTLP over HTTP. Headers, compression and certificates are what OpenTelemetry's own variables say. */
export function openTelemetry(
  settings: TracingSettings,
  log: Log,
  counted: (outcome: SpanOutcome, spans: number) => void,
): Tracer {
  const { endpoint, serviceName, resourceAttributes } = settings;
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const queue = new SpanQueue(new OTLPTraceExporter({ url }), log, counted);
  const provider = new TracerProvider({
    // Whether a request without a caller's trace is kept is decided before.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [queue],
    resource: resourceFromAttributes({
      'service.version': version,
      'process.pid': process.pid,
      ...resourceAttributes,
      'service.name': serviceName,
    }),
  });
  const tracer = provider.getTracer('llm-schema-registry', version);
  const propagator = new W3CTraceContextPropagator();
  const current = new AsyncLocalStorage<Context>();
  const share = shares[settings.sampler](settings.ratio);

  return {
    start(headers) {
      const caller = callerOf(headers);
      if (trace.getSpanContext(caller) === undefined && Math.random() >= share) return untraced;
      const span = tracer.startSpan('request', { kind: SpanKind.SERVER }, caller);
      return serverSpan(span, caller);
    },

    inStep(step, work) {
      const context = current.getStore();
      return context === undefined ? work() : inSpan(step, context, work);
    },

    inTrace: (step, work) => (Math.random() < share ? inSpan(step, ROOT_CONTEXT, work) : work()),

    close: (deadlineMs) => queue.close(deadlineMs),
  };

  function callerOf(headers: IncomingMessage['headers']): Context {
    return headers.traceparent === undefined
      ? ROOT_CONTEXT
      : propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  }

  function serverSpan(span: Span, caller: Context): ServerSpan {
    return {
      traceId: span.spanContext().traceId,
      isSampled: span.isRecording(),
      run: (work) => current.run(trace.setSpan(caller, span), work),
      end(name, fields, failure) {
        span.updateName(name);
        finish(span, fields, failure);
      },
    };
  }

  async function inSpan<T>(
    { name, isRemote, fields }: Step,
    parent: Context,
    work: () => Promise<T>,
  ): Promise<T> {
    const kind = isRemote ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const span = tracer.startSpan(name, { kind }, parent);
    if (!span.isRecording()) return work();
    try {
      const result = await current.run(trace.setSpan(parent, span), work);
      finish(span, fields);
      return result;
    } catch (error) {
      finish(span, fields, failureOf(error));
      throw error;
    }
  }
}

function finish(span: Span, fields: SpanFields, failure?: string): void {
  span.setAttributes(fields);
  if (failure !== undefined) {
    span.setAttribute('error.type', failure);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Names an error by a word and not by its message, in which PostgreSQL quotes values. */
function failureOf(error: unknown): string {
  return sqlState(error) ?? (error instanceof Error ? error.name : 'unknown');
}

// About 2 MB; more than a second of requests that are all sampled.
const MAX_WAITING = 2_048;
const MAX_BATCH = 512;
const SEND_AFTER_MS = 2_000;
const LOG_EVERY_MS = 60_000;

/**
 * Spans on their way to the collector, one batch at a time. What has no room, or cannot be sent, is counted and let go.
 * OpenTelemetry's own queue lets go as well, but tells nobody how much.
 */
class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #log: Log;
  readonly #counted: (outcome: SpanOutcome, spans: number) => void;
  #waiting: ReadableSpan[] = [];
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(exporter: SpanExporter, log: Log, counted: (outcome: SpanOutcome, spans: number) => void) {
    this.#exporter = exporter;
    this.#log = log;
    this.#counted = counted;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#drop(1, 'more spans than can be sent');
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= MAX_BATCH) void this.forceFlush();
    else this.#timer ??= setTimeout(() => void this.forceFlush(), SEND_AFTER_MS).unref();
  }

  forceFlush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    await this.#exporter.shutdown();
  }

  async close(deadlineMs: number): Promise<void> {
    await within(this.shutdown(), deadlineMs, () => undefined);
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      this.#waiting = this.#waiting.slice(MAX_BATCH);
      await this.#send(batch);
    }
  }

  #send(batch: ReadableSpan[]): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#exporter.export(batch, ({ code, error }) => {
        if (code === ExportResultCode.SUCCESS) this.#counted('sent', batch.length);
        else this.#drop(batch.length, causeOf(error));
        resolve();
      });
    }).catch((error: Error) => this.#drop(batch.length, causeOf(error)));
  }

  #drop(spans: number, cause: string): void {
    this.#counted('dropped', spans);
    const nowMs = performance.now();
    if (nowMs - this.#saidAtMs < LOG_EVERY_MS) return;
    this.#saidAtMs = nowMs;
    this.#log.warn('spans are dropped', { cause });
  }
}

/** Leaves out the URL and the collector's own words: neither is ours to log. */
function causeOf(error: (Error & { code?: string | number }) | undefined): string {
  return `the collector does not take them (${error?.code ?? error?.name ?? 'unknown'})`;
}
