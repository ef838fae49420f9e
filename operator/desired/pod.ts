import { createHash } from 'node:crypto';
import type {
  KubeObject,
  V1EnvVar,
  V1PodSecurityContext,
  V1PodSpec,
  V1SecurityContext,
  V1Volume,
} from '../kube/kubernetes.ts';
import type { Registry } from '../registry.ts';

/** This security context passes Pod Security `restricted`. */
export const containerSecurity: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
};

export function podSecurity(id: number): V1PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: id,
    runAsGroup: id,
    fsGroup: id,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** What every pod of a registry has in common. */
export function podBasics(registry: Registry): Partial<V1PodSpec> {
  return {
    // None of the pods speaks to the API server.
    automountServiceAccountToken: false,
    // A Service called schema-registry would otherwise set SCHEMA_REGISTRY_PORT=tcp://….
    enableServiceLinks: false,
    ...(registry.pullSecrets.length === 0
      ? {}
      : ({ imagePullSecrets: [...registry.pullSecrets] } satisfies Partial<V1PodSpec>)),
  };
}

/** The hash that stands on a pod template for what its pods read: they are replaced when it changes. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

export const configHashAnnotation = 'llm-schema-registry.io/config-hash';
export const secretHashAnnotation = 'llm-schema-registry.io/secret-hash';

export function dataOf(object: KubeObject | undefined): Readonly<Record<string, string>> {
  return (object?.data ?? {}) as Readonly<Record<string, string>>;
}

/** A folder of the pod's own on the node's disk. A pod that fills it beyond the limit is evicted before the node has no room for others. */
export function scratchVolume(name: string, sizeLimit: string): V1Volume {
  return { name, emptyDir: { sizeLimit } };
}

/** A variable that refers to a Secret: nobody who may read the Deployment reads a password. */
export function secretVariable(name: string, secret: string, key: string, isOptional = false): V1EnvVar {
  return {
    name,
    valueFrom: { secretKeyRef: { name: secret, key, ...(isOptional ? { optional: true } : {}) } },
  };
}

/** Some keys of a Secret as files, for the group of the pod's user. */
export function secretVolume(name: string, secretName: string, keys: readonly string[]): V1Volume {
  return {
    name,
    secret: { secretName, defaultMode: 0o440, items: keys.map((key) => ({ key, path: key })) },
  };
}
