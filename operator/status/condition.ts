import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';

/** What a condition says, before it gets its times. */
export interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word of `reasons`. */
  readonly reason: Reason;
  readonly message: string;
}

/** One condition: what the observed world means for it. Pure. */
export type Condition = (registry: Registry, observed: Observed) => Verdict;

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
  'TlsFailed',
  'TablesChanged',
  'FewerReplicasThanWanted',
  'AllWell',
  'RollingOut',
  'Settled',
  'BadSpec',
  'SecretMissing',
  'SecretInvalid',
  'DowngradeRefused',
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
  'VolumeOfAnotherClass',
  'DiskFull',
  'ConfigurationMissing',
  'QuotaExceeded',
  'RolloutPaused',
  'RolloutStuck',
  'ProgressDeadlineExceeded',
  'Initializing',
  'ContainersNotMade',
  'ContainersNotReady',
  'PodFailed',
  'NodeNotResponding',
  'NamespaceTerminating',
  'OperatorNotAllowed',
  'WebhookFails',
] as const;

export type Reason = (typeof reasons)[number];
