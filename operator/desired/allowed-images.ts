import type { Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';

/** @throws BadSpec where ALLOWED_IMAGES of the operator names none that the image begins with */
export function mustBeAllowedImage({ policy }: Pick<Registry, 'policy'>, field: string, image: string): void {
  const { images } = policy;
  if (images === undefined || images.some((allowed) => isBelow(image, allowed))) return;
  throw new BadSpec(
    `${field}: "${image}" is none of the images that ALLOWED_IMAGES of the operator allows; write one that begins with ${images.join(' or ')}`,
  );
}

/** `host/team` allows host/team/app:1 and host/team:1, and not host/team-of-others:1. */
function isBelow(image: string, allowed: string): boolean {
  const rest = image.slice(allowed.length);
  return image.startsWith(allowed) && (allowed.endsWith('/') || rest === '' || /^[/:@]/.test(rest));
}
