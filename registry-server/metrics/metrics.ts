import { Counter, collectDefaultMetrics, Gauge, Registry as MetricRegistry } from 'prom-client';
import type { SpanOutcome } from '../tracing/tracer.ts';
import { version } from '../version.ts';
import { type ArchiveMetrics, type ArchiveSources, openArchiveMetrics } from './archive-metrics.ts';
import { prefix } from './buckets.ts';
import { type CacheMetrics, type CacheSources, openCacheMetrics } from './cache-metrics.ts';
import { type DatabaseMetrics, type DatabaseSources, openDatabaseMetrics } from './database-metrics.ts';
import { factsOf, type Measured, type MetricFacts } from './measured.ts';
import { openRequestMetrics, type RequestMetrics } from './request-metrics.ts';
import { openSchemaMetrics, type SchemaMetrics, type SchemaSources } from './schema-metrics.ts';

/** What the server counts about itself. */
export interface Metrics
  extends RequestMetrics,
    SchemaMetrics,
    CacheMetrics,
    DatabaseMetrics,
    ArchiveMetrics {
  spans(outcome: SpanOutcome, count: number): void;
  readonly contentType: string;
  write(): Promise<string>;
  /** What `write` writes, as values for a sum. */
  measure(): Promise<Measured>;
  /** All metrics that there are, also while they have no value yet. */
  list(): readonly MetricFacts[];
}

/** What is asked when somebody looks at the metrics. None of it may take long. */
export interface MetricSources extends SchemaSources, CacheSources, DatabaseSources, ArchiveSources {}

export function openMetrics(sources: MetricSources): Metrics {
  const registry = new MetricRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix });

  const spans = new Counter({
    name: `${prefix}trace_spans_total`,
    help: 'Spans of traces, by whether the collector took them',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: `${prefix}build_info`,
    help: 'The version that runs',
    aggregator: 'first',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);

  return {
    ...openRequestMetrics(registers),
    ...openSchemaMetrics(sources, registers),
    ...openCacheMetrics(sources, registers),
    ...openDatabaseMetrics(sources, registers),
    ...openArchiveMetrics(sources, registers),
    spans: (outcome, count) => spans.inc({ outcome }, count),
    contentType: registry.contentType,
    write: () => registry.metrics(),
    measure: async () => (await registry.getMetricsAsJSON()) as Measured,
    list: () => factsOf(registry),
  };
}
