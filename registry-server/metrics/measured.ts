import type { MetricObjectWithValues, Registry as MetricRegistry, MetricValue } from 'prom-client';

/** What one process counted. */
export type Measured = readonly MetricObjectWithValues<MetricValue<string>>[];

/** What a page about metrics says of one of them. */
export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** The library's types know nothing of the names of the labels. */
export function factsOf(registry: MetricRegistry): readonly MetricFacts[] {
  return (registry.getMetricsAsArray() as unknown as readonly MetricFacts[]).map(
    ({ name, type, help, labelNames }) => ({ name, type: String(type), help, labelNames }),
  );
}

/** Reads what a worker sent; nothing where it is no list of metrics. */
export function readMeasured(sent: unknown): Measured {
  const isMetric = (one: unknown) => {
    const { name, help, type, values } = (one ?? {}) as Record<string, unknown>;
    return [name, help, type].every((text) => typeof text === 'string') && Array.isArray(values);
  };
  return Array.isArray(sent) && sent.every(isMetric) ? (sent as Measured) : [];
}
