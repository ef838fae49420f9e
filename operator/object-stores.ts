import type { ArtifactStore, BootstrapArchive, ObjectStore, Spec } from './registry.ts';

type GivenStore = NonNullable<NonNullable<Spec['bootstrap']>['archive']>['s3'];

/** The archive of a registry, and the one of another with which it begins. */
export function objectStores({ artifacts, bootstrap }: Spec): {
  readonly artifacts: ArtifactStore | undefined;
  readonly bootstrap: BootstrapArchive | undefined;
} {
  const own = artifacts?.s3;
  const other = bootstrap?.archive;
  return {
    artifacts: own && { ...objectStore(own), restore: own.restore },
    bootstrap: other && { ...objectStore(other.s3), at: other.at, isPartial: other.partial ?? false },
  };
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
