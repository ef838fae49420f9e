import { identityFile } from '../identity.ts';
import type { V1ConfigMap, V1Volume, V1VolumeMount } from '../kube/kubernetes.ts';
import type { Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';

const identityPath = '/etc/llm-schema-registry/identity';

/** Where a server finds which database its registry had. */
export const identityConfig = { REGISTRY_IDENTITY_FILE: `${identityPath}/${identityFile}` };

/** What the servers hold to, and what outlives the database. */
export const identity: Child = (registry, { identity: noted }) =>
  noted === undefined
    ? undefined
    : ({
        ...meta(registry, 'ConfigMap', 'server', names(registry).identity),
        data: { [identityFile]: JSON.stringify(noted) },
      } satisfies V1ConfigMap);

/** It may not be there yet: the kubelet brings it into running pods, and nothing is rolled out for it. */
export function identityVolume(registry: Registry): V1Volume {
  return {
    name: 'identity',
    configMap: { name: names(registry).identity, defaultMode: 0o444, optional: true },
  };
}

export const identityMount: V1VolumeMount = { name: 'identity', mountPath: identityPath, readOnly: true };
