import { archiveVerified } from './archive-verified.ts';
import { artifactStoreReady } from './artifact-store-ready.ts';
import { autoscalingActive } from './autoscaling-active.ts';
import { cacheReady } from './cache-ready.ts';
import { certificatesReady } from './certificates-ready.ts';
import type { Condition } from './condition.ts';
import { databaseReady } from './database-ready.ts';
import { degraded } from './degraded.ts';
import { exposed } from './exposed.ts';
import { overruled } from './overruled.ts';
import { paused } from './paused.ts';
import { ready } from './ready.ts';
import { reconciling } from './reconciling.ts';
import { routesAccepted } from './routes-accepted.ts';
import { stalled } from './stalled.ts';

/** The conditions, in the order they are shown. */
export const conditions = {
  Ready: ready,
  Reconciling: reconciling,
  Stalled: stalled,
  Degraded: degraded,
  Overruled: overruled,
  DatabaseReady: databaseReady,
  CacheReady: cacheReady,
  ArtifactStoreReady: artifactStoreReady,
  ArchiveVerified: archiveVerified,
  CertificatesReady: certificatesReady,
  RoutesAccepted: routesAccepted,
  AutoscalingActive: autoscalingActive,
  Exposed: exposed,
  Paused: paused,
} as const satisfies Record<string, Condition>;

export type ConditionType = keyof typeof conditions;
