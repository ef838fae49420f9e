import { mustBeAllowedImage } from './desired/allowed-images.ts';
import { mustNotAskMetadata } from './metadata-addresses.ts';
import type { Registry, Spec } from './registry.ts';

/**
 * What can be said of a spec alone; what it takes to look at other objects is said where they are named (desired/).
 * @throws BadSpec that names the field, what was found and what would be right
 */
export function mustBeWithinPolicy(registry: Registry, { image, database, cache }: Spec): void {
  mustNotAskMetadata(registry);
  const images = {
    'spec.image.repository': image?.repository === undefined ? undefined : registry.image,
    'spec.database.managed.image': database?.managed?.image,
    'spec.cache.managed.image': cache?.managed?.image,
  };
  for (const [field, named] of Object.entries(images))
    if (named !== undefined) mustBeAllowedImage(registry, field, named);
}
