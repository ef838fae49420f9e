import { Counter, Gauge, Histogram, type Registry as MetricRegistry } from 'prom-client';
import type { OutReason, PoolUsage } from '../store/database.ts';
import type { Volume } from '../store/volume.ts';
import { prefix, statementBuckets } from './buckets.ts';

export interface DatabaseMetrics {
  databaseAnswered(statement: string, seconds: number): void;
  databaseFailed(reason: OutReason): void;
  connectionWaitedFor(seconds: number): void;
}

export interface DatabaseSources {
  readonly poolUsage: () => PoolUsage;
  readonly isFeedAlive: () => boolean;
  readonly volume?: () => Volume | undefined;
}

/** How PostgreSQL is reached, and how it answers. */
export function openDatabaseMetrics(
  { poolUsage, isFeedAlive, volume = () => undefined }: DatabaseSources,
  registers: MetricRegistry[],
): DatabaseMetrics {
  const statements = new Histogram({
    name: `${prefix}db_statement_duration_seconds`,
    help: 'Time of a statement of the database, with the wait for a connection where it is no part of a transaction',
    labelNames: ['statement'],
    buckets: statementBuckets,
    registers,
  });
  const connectionWaits = new Histogram({
    name: `${prefix}db_connection_wait_seconds`,
    help: 'Time until the pool gave a connection',
    buckets: statementBuckets,
    registers,
  });
  const databaseErrors = new Counter({
    name: `${prefix}db_errors_total`,
    help: 'The database could not be asked, or broke off; by reason, as the condition DatabaseReady names it',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: `${prefix}db_connections`,
    help: 'Connections of the database pool',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle, waiting, max } = poolUsage();
      this.set({ state: 'open' }, open);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'max' }, max);
    },
  });
  new Gauge({
    name: `${prefix}db_volume_bytes`,
    help: 'The volume of a PostgreSQL that the operator runs, in steps of a hundredth: its size, and what is free',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
    collect() {
      const found = volume();
      if (found === undefined) return;
      this.set({ state: 'size' }, found.sizeBytes);
      this.set({ state: 'free' }, found.freeBytes);
    },
  });
  new Gauge({
    name: `${prefix}change_feed_up`,
    help: '1 while changes by other replicas are heard',
    aggregator: 'min',
    registers,
    collect() {
      this.set(isFeedAlive() ? 1 : 0);
    },
  });

  return {
    databaseAnswered: (name, seconds) => statements.observe({ statement: name }, seconds),
    databaseFailed: (reason) => databaseErrors.inc({ reason }),
    connectionWaitedFor: (seconds) => connectionWaits.observe(seconds),
  };
}
