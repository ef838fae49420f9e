import type { ArtifactStore, BootstrapArchive, ObjectStore, Snapshots, Spec } from './registry.ts';
import { minuteOf } from './schedule.ts';

type GivenSnapshots = NonNullable<NonNullable<NonNullable<Spec['artifacts']>['s3']>['snapshots']>;
type GivenStore = NonNullable<NonNullable<Spec['bootstrap']>['archive']>['s3'];

/** The archive of a registry, and the one of another with which it begins. */
export function objectStores(
  { artifacts, bootstrap }: Spec,
  key: string,
): {
  readonly artifacts: ArtifactStore | undefined;
  readonly bootstrap: BootstrapArchive | undefined;
} {
  const own = artifacts?.s3;
  const other = bootstrap?.archive;
  return {
    artifacts: own && {
      ...objectStore(own),
      restore: own.restore,
      restoreAt: own.restoreAt,
      snapshots: snapshots(own.snapshots, key),
    },
    bootstrap: other && { ...objectStore(other.s3), at: other.at, isPartial: other.partial ?? false },
  };
}

/** Once an hour, unless it is written otherwise; not those of every registry at once. */
function snapshots(given: GivenSnapshots | undefined, key: string): Snapshots | undefined {
  if (given === undefined) return undefined;
  const { schedule = `${minuteOf(key)} * * * *`, keep: { hourly = 24, daily = 7, weekly = 4 } = {} } = given;
  return { schedule, hourly, daily, weekly };
}

function objectStore(given: GivenStore): ObjectStore {
  const { bucket, prefix = '', endpoint, region = 'us-east-1', pathStyle = false } = given;
  const credentials = given.credentialsSecretRef?.name;
  return { bucket, prefix, endpoint, region, isPathStyle: pathStyle, credentials };
}

/** How people write it; a slash at either end of the prefix is no part of it. */
export function locationOf({ bucket, prefix }: ObjectStore): string {
  return `s3://${bucket}/${prefix.replace(/^\/+|\/+$/g, '')}`;
}
