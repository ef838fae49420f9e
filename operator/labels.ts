import { apiGroup } from './kube/kinds.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import type { Registry } from './registry.ts';

/** The label that ties a child to its registry. */
export const instanceLabel = 'app.kubernetes.io/instance';
export const componentLabel = 'app.kubernetes.io/component';
/** On a child, this annotation has the hash of all that was wanted of it when it was last written. */
export const appliedHashAnnotation = `${apiGroup}/applied-hash`;

/** `namespace/name` of the registry that an object is or belongs to. */
export function keyOf(object: KubeObject): string {
  const { namespace = '', name, labels } = object.metadata;
  return `${namespace}/${object.kind === 'SchemaRegistry' ? name : (labels?.[instanceLabel] ?? '')}`;
}

/** Which part of a registry an object belongs to. */
export function componentOf(object: {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}): string | undefined {
  return object.metadata?.labels?.[componentLabel];
}

/** What runs all the time. */
export type Component = 'server' | 'postgres' | 'redis';
/** What has pods. */
export type Part = Component | 'drill';

export const managedBy = 'llm-schema-registry-operator';
export const managedBySelector = `app.kubernetes.io/managed-by=${managedBy}`;

/** What selects the pods of one component; never the pods of another. */
export function selectorLabels(registry: Registry, component: Part): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'llm-schema-registry',
    [instanceLabel]: registry.name,
    [componentLabel]: component,
  };
}

export function labels(registry: Registry, component: Part): Record<string, string> {
  return {
    ...selectorLabels(registry, component),
    'app.kubernetes.io/managed-by': managedBy,
    'app.kubernetes.io/part-of': 'llm-schema-registry',
  };
}
