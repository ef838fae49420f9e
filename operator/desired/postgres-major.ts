import type { V1StatefulSet } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { findClaim } from './claim.ts';

/** An image of PostgreSQL that is not taken, because it would not start on the data that is there. */
export interface RefusedImage {
  readonly wanted: string;
  readonly wantedMajor: number;
  readonly dataMajor: number;
  /** The image that goes on. */
  readonly kept: string;
}

/**
 * The image that the spec asks for, where it is known to be of another major version than the data: what the servers last
 * said of their database, and what the tags of the images say. One whose tag says nothing is taken, and its pod refuses itself
 * (postgres-scripts.ts). A volume that is being deleted has no data to go by. Pure.
 */
export function refusedImage(
  registry: Registry,
  observed: Pick<Observed, 'postgres' | 'databaseVersion' | 'claims'>,
): RefusedImage | undefined {
  const { database } = registry;
  const { postgres, databaseVersion } = observed;
  if (database.kind !== 'managed' || databaseVersion === undefined) return undefined;
  const [dataMajor, wantedMajor] = [majorOf(databaseVersion), majorOfImage(database.image)];
  const kept = imageOf(postgres);
  if (dataMajor === undefined || wantedMajor === undefined || kept === undefined) return undefined;
  if (dataMajor === wantedMajor || kept === database.image) return undefined;
  // What was said is of a volume before.
  if ((majorOfImage(kept) ?? dataMajor) !== dataMajor) return undefined;
  const claim = findClaim(registry, 'postgres', observed);
  if (claim?.status?.phase !== 'Bound' || claim.metadata?.deletionTimestamp !== undefined) return undefined;
  return { wanted: database.image, wantedMajor, dataMajor, kept };
}

/** `17` of `17.2`, and of a tag such as `17-bookworm`. */
function majorOf(version: string): number | undefined {
  const [, major] = /^(\d{1,3})(?![0-9a-zA-Z])/.exec(version) ?? [];
  return major === undefined ? undefined : Number(major);
}

function majorOfImage(image: string): number | undefined {
  const [, tag] = /:([\w][\w.-]*)(?:@.*)?$/.exec(image) ?? [];
  return tag === undefined ? undefined : majorOf(tag);
}

function imageOf(found: V1StatefulSet | undefined): string | undefined {
  return found?.spec?.template.spec?.containers.find(({ name }) => name === 'postgres')?.image;
}
