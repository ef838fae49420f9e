import { mustBeAllowedImage } from './desired/allowed-images.ts';
import { mustNotAskMetadata } from './metadata-addresses.ts';
import { locationOf } from './object-stores.ts';
import type { Registry, Spec } from './registry.ts';
import { reversedRange } from './schedule.ts';
import { BadSpec } from './spec.ts';

/**
 * What can be said of a spec alone; what it takes to look at other objects is said where they are named (desired/).
 * @throws BadSpec that names the field, what was found and what would be right
 */
export function mustBeWithinPolicy(registry: Registry, { image, database, cache }: Spec): void {
  mustNotAskMetadata(registry);
  mustBeginWithAnother(registry);
  mustBeSchedule('spec.artifacts.s3.snapshots.schedule', registry.artifacts?.snapshots?.schedule);
  mustBeSchedule('spec.artifacts.s3.drill.schedule', registry.drill?.schedule);
  const images = {
    'spec.image.repository': image?.repository === undefined ? undefined : registry.image,
    'spec.database.managed.image': database?.managed?.image,
    'spec.database.cnpg.imageName': database?.cnpg?.imageName,
    'spec.cache.managed.image': cache?.managed?.image,
  };
  for (const [field, named] of Object.entries(images))
    if (named !== undefined) mustBeAllowedImage(registry, field, named);
}

/** The schema of the API compares prefixes as they are written, and a slash at either end of one says nothing. */
function mustBeginWithAnother({ artifacts, bootstrap }: Registry): void {
  if (artifacts === undefined || bootstrap === undefined) return;
  if (locationOf(artifacts) !== locationOf(bootstrap) || artifacts.endpoint !== bootstrap.endpoint) return;
  throw new BadSpec(
    `spec.bootstrap.archive.s3: ${locationOf(bootstrap)} is this registry's own archive (spec.artifacts.s3), from which it comes back by itself; name the archive of another registry`,
  );
}

/** What the schema of the API cannot say of one. */
function mustBeSchedule(field: string, schedule: string | undefined): void {
  const range = schedule === undefined ? undefined : reversedRange(schedule);
  if (range === undefined) return;
  throw new BadSpec(
    `${field}: "${schedule}" has the range ${range}, which ends before it begins; write ${range.split('-').toReversed().join('-')}`,
  );
}
