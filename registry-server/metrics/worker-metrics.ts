import { AggregatorRegistry, Counter, Gauge, Registry as MetricRegistry } from 'prom-client';
import { prefix } from './buckets.ts';
import { factsOf, type Measured } from './measured.ts';
import type { Metrics } from './metrics.ts';

/** Metrics that are the sum over workers. */
export interface WorkerMetrics extends Pick<Metrics, 'contentType' | 'write' | 'list'> {
  /** What a worker counted that is gone now: its part of the sums stays. */
  keep(measured: Measured): void;
  restarted(): void;
}

/**
 * Counters and histograms of workers that died go on counting: a sum that fell would look like a restart of all, and
 * what the others had counted like new.
 */
export function openWorkerMetrics(
  workers: () => { readonly alive: number; readonly wanted: number },
  askAll: () => Promise<readonly Measured[]>,
): WorkerMetrics {
  const own = new MetricRegistry();
  const registers = [own];
  new Gauge({
    name: `${prefix}workers`,
    help: 'Worker processes',
    labelNames: ['state'],
    registers,
    collect() {
      const { alive, wanted } = workers();
      this.set({ state: 'alive' }, alive);
      this.set({ state: 'wanted' }, wanted);
    },
  });
  const restarts = new Counter({
    name: `${prefix}worker_restarts_total`,
    help: 'Workers that died and were replaced',
    registers,
  });
  // All workers that are gone are one sum, however many they were.
  let gone: Measured = [];
  let keeping: Promise<void> = Promise.resolve();

  return {
    contentType: own.contentType,
    async write() {
      const alive = await askAll();
      await keeping;
      return (await own.metrics()) + (await sumOf([...alive, gone]).metrics());
    },
    keep(measured) {
      const counted = measured.filter(({ type }) => String(type) !== 'gauge');
      keeping = keeping.then(async () => {
        gone = (await sumOf([gone, counted]).getMetricsAsJSON()) as Measured;
      });
    },
    restarted: () => restarts.inc(),
    list: () => factsOf(own),
  };
}

function sumOf(all: readonly Measured[]) {
  return AggregatorRegistry.aggregate(all.map((measured) => [...measured]));
}
