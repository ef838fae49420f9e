import type { KubeObject } from '../kube/kubernetes.ts';
import { appliedHashAnnotation, instanceLabel } from '../labels.ts';
import { names } from './child.ts';

/**
 * Made by an operator for a registry that was deleted without its objects (`--cascade=orphan`): nobody owns it, and it
 * belongs to the next registry of that name. The name tells it from a copy that somebody has made of an object of ours.
 */
export function isOrphan({ metadata }: KubeObject): boolean {
  const registry = metadata.labels?.[instanceLabel];
  return (
    registry !== undefined &&
    (metadata.ownerReferences ?? []).length === 0 &&
    metadata.annotations?.[appliedHashAnnotation] !== undefined &&
    Object.values(names({ name: registry })).includes(metadata.name)
  );
}
