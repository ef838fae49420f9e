import { desired } from '../../operator/desired/table.ts';
import { type Kind, type KindName, kinds } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { anObserved, aRegistry } from './registry.ts';

/** An object by its name, with nothing in it. */
export function named(
  apiVersion: string,
  kind: string,
  name: string,
  namespace = 'default',
  rest: object = {},
): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, ...rest };
}

export function aRegistryNamed(name: string, spec: Spec = {}, namespace = 'default'): KubeObject {
  return named('llm-schema-registry.io/v1alpha1', 'SchemaRegistry', name, namespace, { spec });
}

/** Whether only some clusters have that kind; the API servers of the tests do not. */
export function isOptional(kind: Kind): boolean {
  return kind.isOptional ?? false;
}

/** The children that the table says a new registry of this name gets. */
export function childrenNamed(name: string, spec: Spec = {}, namespace = 'default'): readonly KubeObject[] {
  return desired(aRegistry(spec, name), anObserved())
    .filter(({ kind }) => !isOptional(kinds[kind as KindName]))
    .map(({ apiVersion, kind, metadata }) => named(apiVersion, kind, metadata.name, namespace));
}
