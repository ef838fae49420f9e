import { Counter, Gauge, Histogram, type Registry as MetricRegistry } from 'prom-client';
import { prefix } from './buckets.ts';

export interface ArchiveMetrics {
  archiveShipped(seconds: number): void;
  archiveFailed(): void;
  /** Bytes are those that were put into the bucket for it. */
  snapshotTaken(snapshot: {
    readonly seconds: number;
    readonly requests: number;
    readonly bytes: number;
  }): void;
  snapshotFailed(): void;
}

/** What the archive has yet to ship. */
export interface Backlog {
  readonly status: 'up' | 'down' | 'unknown';
  readonly pending: number;
  readonly lagSeconds: number;
  /** How the last drill went; undefined where there was none. */
  readonly lastDrill?: Drill | undefined;
  /** The newest first; each with its time as ISO 8601. */
  readonly snapshots?: readonly { readonly created: string }[];
  /** Why the last one that was due could not be taken. */
  readonly snapshotFailure?: string | undefined;
}

interface Drill {
  /** ISO 8601. */
  readonly endedAt: string;
  readonly seconds: number;
  readonly differing: number;
}

export interface ArchiveSources {
  /** There where an archive is. */
  readonly backlog?: (() => Backlog) | undefined;
}

export function openArchiveMetrics({ backlog }: ArchiveSources, registers: MetricRegistry[]): ArchiveMetrics {
  // The count of this histogram is that of the objects.
  const s3Durations = new Histogram({
    name: `${prefix}s3_request_duration_seconds`,
    help: 'Time to write an object of the archive, or to remove it',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const s3Errors = new Counter({
    name: `${prefix}s3_errors_total`,
    help: 'The archive could not be written to, or not be reached',
    registers,
  });
  const snapshotFailures = new Counter({
    name: `${prefix}s3_snapshot_failures_total`,
    help: 'Snapshots that were due and could not be taken',
    registers,
  });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: prefix + name, help, aggregator: 'max', registers });
  const lastSnapshot = {
    seconds: gauge('s3_snapshot_duration_seconds', 'How long the last snapshot by this server took'),
    requests: gauge('s3_snapshot_requests', 'Requests to S3 for the last snapshot by this server'),
    bytes: gauge('s3_snapshot_bytes', 'Bytes that were written for the last snapshot by this server'),
  };
  if (backlog) {
    const gauges: readonly [string, string, 'min' | 'max', (backlog: Backlog) => number | undefined][] = [
      ['s3_up', '1 while the archive can be reached', 'min', ({ status }) => (status === 'down' ? 0 : 1)],
      ['s3_outbox_rows', 'Changes that are not in the archive yet', 'max', ({ pending }) => pending],
      [
        's3_lag_seconds',
        'Age of the oldest change that is not in the archive yet',
        'max',
        ({ lagSeconds }) => lagSeconds,
      ],
      [
        's3_drill_end_timestamp_seconds',
        'When the last drill ended, in seconds since 1970',
        'max',
        ({ lastDrill }) => lastDrill && Date.parse(lastDrill.endedAt) / 1000,
      ],
      [
        's3_drill_duration_seconds',
        'How long the last drill took',
        'max',
        ({ lastDrill }) => lastDrill?.seconds,
      ],
      [
        's3_drill_differences',
        'What the last drill found damaged, missing, or not what it is in the registry',
        'max',
        ({ lastDrill }) => lastDrill?.differing,
      ],
      [
        's3_snapshot_timestamp_seconds',
        'Of when the newest snapshot is, in seconds since 1970',
        'max',
        ({ snapshots: [newest] = [] }) => newest && Date.parse(newest.created) / 1000,
      ],
      [
        's3_snapshot_failing',
        '1 while the last snapshot that was due could not be taken',
        'max',
        ({ snapshotFailure }) => (snapshotFailure === undefined ? 0 : 1),
      ],
    ];
    for (const [name, help, aggregator, read] of gauges) {
      new Gauge({
        name: prefix + name,
        help,
        aggregator,
        registers,
        collect() {
          const value = read(backlog());
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    }
  }

  return {
    archiveShipped: (seconds) => s3Durations.observe(seconds),
    archiveFailed: () => s3Errors.inc(),
    snapshotTaken({ seconds, requests, bytes }) {
      lastSnapshot.seconds.set(seconds);
      lastSnapshot.requests.set(requests);
      lastSnapshot.bytes.set(bytes);
    },
    snapshotFailed: () => snapshotFailures.inc(),
  };
}
