import type { V1PodTemplateSpec } from '../kube/kubernetes.ts';
import type { Registry } from '../registry.ts';
import { merged, mustKeepMetadata } from './overlay.ts';
import { mustBeScheduling } from './overlay-policy.ts';

const fields = {
  postgres: 'spec.database.managed.podTemplate',
  redis: 'spec.cache.managed.podTemplate',
} as const;

/**
 * A pod of PostgreSQL or Redis with what the spec says of where it runs, and of its labels and annotations. What runs in it is
 * for nobody else to say, whatever the policy of the operator is: what stands beside a database can read it.
 * @throws BadSpec that names the field, what was found and what would be right
 */
export function withScheduling(
  registry: Registry,
  component: keyof typeof fields,
  template: V1PodTemplateSpec,
): V1PodTemplateSpec {
  const part = component === 'postgres' ? registry.database : registry.cache;
  if (part?.kind !== 'managed' || part.podTemplate === undefined) return template;
  const field = fields[component];
  mustKeepMetadata(part.podTemplate, template, field);
  mustBeScheduling(registry, part.podTemplate, field);
  return merged(template, part.podTemplate);
}
