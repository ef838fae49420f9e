import { createHash } from 'node:crypto';
import type { Images } from '../install.ts';
import type { BuiltImage } from './build-images.ts';

/** What the operator is told of the images that were built here. */
export function usedImages(built: readonly BuiltImage[]): Images {
  const find = (path: string) => built.find(({ name }) => name.includes(path))?.name;
  return {
    server: find('/schema-registry:'),
    postgres: find('/postgres:'),
    redis: find('/redis:'),
    // An archive is named after its content.
    source: createHash('sha256')
      .update(built.map(({ archivePath }) => archivePath).join('\n'))
      .digest('hex')
      .slice(0, 12),
  };
}
