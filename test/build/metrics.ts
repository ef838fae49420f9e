import type { MetricSources } from '../../registry-server/metrics/metrics.ts';

/** Of a server that has nothing to do. */
export const idleSources: MetricSources = {
  poolUsage: () => ({ open: 0, idle: 0, waiting: 0, max: 0 }),
  isFeedAlive: () => true,
};
