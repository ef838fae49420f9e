import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';

/** What a condition says, before it gets its times. */
export interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word of `reasons`. */
  readonly reason: Reason;
  readonly message: string;
}

/** What the observed world means for one question. Pure. */
export type Judge<Finding> = (registry: Registry, observed: Observed, find: Find) => Finding;

/** What another judge finds: worked out once in a run, however many ask for it. */
export type Find = <Finding>(judge: Judge<Finding>) => Finding;

export type Condition = Judge<Verdict>;

/** One run's findings. */
export function judging(registry: Registry, observed: Observed): Find {
  const findings = new Map<unknown, unknown>();
  const find = <Finding>(judge: Judge<Finding>): Finding => {
    if (!findings.has(judge)) findings.set(judge, judge(registry, observed, find));
    return findings.get(judge) as Finding;
  };
  return find;
}

/** The first of the causes that holds is what is found; where none does, it is `otherwise`. */
export function chain<Finding>(
  causes: readonly Judge<Finding | undefined>[],
  otherwise: Judge<Finding>,
): Judge<Finding> {
  return (registry, observed, find) => {
    for (const cause of causes) {
      const finding = cause(registry, observed, find);
      if (finding !== undefined) return finding;
    }
    return otherwise(registry, observed, find);
  };
}

/** Every reason that a condition can have. docs/conditions.md explains each, and what to do. */
export const reasons = [
  'Ready',
  'Starting',
  'NotAnswering',
  'Unlocked',
  'ScaledToZero',
  'DatabaseNotReady',
  'CacheUnavailable',
  'ArtifactStoreUnavailable',
  'Unreachable',
  'HostUnknown',
  'CredentialsRefused',
  'DatabaseUnknown',
  'CloudNativePGMissing',
  'ClusterMissing',
  'FewerInstancesThanWanted',
  'TlsFailed',
  'TablesChanged',
  'BootstrapFailed',
  'DataLost',
  'DatabaseReplaced',
  'Restoring',
  'Verified',
  'NotYet',
  'ArchiveDiffers',
  'DrillOverdue',
  'SnapshotFails',
  'FewerReplicasThanWanted',
  'AllWell',
  'RollingOut',
  'Settled',
  'BadSpec',
  'SecretMissing',
  'SecretInvalid',
  'DowngradeRefused',
  'MajorUpgradeRefused',
  'CertificateExpired',
  'CertificateInvalid',
  'CertManagerMissing',
  'HostTaken',
  'GatewayApiMissing',
  'RouteNotAccepted',
  'Accepted',
  'FieldOfAnother',
  'AsWritten',
  'SetByOthers',
  'Disabled',
  'ScalingActive',
  'ScalingInactive',
  'RequestRateNotServed',
  'NoAuthentication',
  'NoTlsFromOutside',
  'NoTls',
  'NothingOpen',
  'Running',
  'Paused',
  'ImagePullFailed',
  'CrashLooping',
  'Unschedulable',
  'ClaimPending',
  'VolumeNotGrown',
  'VolumeAlmostFull',
  'VolumeOfAnotherClass',
  'DiskFull',
  'ReadOnly',
  'ConfigurationMissing',
  'QuotaExceeded',
  'RolloutPaused',
  'RolloutStuck',
  'ProgressDeadlineExceeded',
  'Initializing',
  'ContainersNotMade',
  'ContainersNotReady',
  'PodFailed',
  'Evicted',
  'NodeNotResponding',
  'NamespaceTerminating',
  'OperatorNotAllowed',
  'WebhookFails',
] as const;

export type Reason = (typeof reasons)[number];
