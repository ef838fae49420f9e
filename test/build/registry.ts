import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Certificates, Observed } from '../../operator/observed.ts';
import { defaultPolicy, type Policy } from '../../operator/policy.ts';
import type { Registry, Spec } from '../../operator/registry.ts';
import { completeSpec } from '../../operator/spec.ts';

export const someDefaults = {
  images: { server: 'example.test/server:1.0.0', postgres: 'postgres:17', redis: 'redis:7' },
  operatorNamespace: 'llm-schema-registry',
};

/** A SchemaRegistry as the API server holds it. */
export function aSchemaRegistry(
  spec: Spec = {},
  name = 'sample',
  annotations: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    apiVersion: 'llm-schema-registry.io/v1alpha1',
    kind: 'SchemaRegistry',
    metadata: { name, namespace: 'team-a', uid: 'uid-1', generation: 1, annotations },
    spec,
  };
}

/** The same with its defaults. */
export function aRegistry(
  spec: Spec = {},
  name = 'sample',
  annotations: Readonly<Record<string, string>> = {},
  policy: Partial<Policy> = {},
): Registry {
  const defaults = { ...someDefaults, policy: { ...defaultPolicy, ...policy } };
  return completeSpec(aSchemaRegistry(spec, name, annotations), defaults);
}

/** A world in which nothing has been made yet. */
export function anObserved(parts: Partial<Observed> = {}): Observed {
  return {
    nowMs: Date.parse('2026-01-02T03:04:05Z'),
    children: [],
    deployment: undefined,
    postgres: undefined,
    redis: undefined,
    autoscaler: undefined,
    pods: [],
    claims: [],
    secrets: { postgres: undefined, redis: undefined, auth: undefined, hashes: undefined },
    newPasswords: {
      postgres: 'p'.repeat(43),
      redis: 'r'.repeat(43),
      auth: 'a'.repeat(43),
      hashes: 'h'.repeat(43),
    },
    certificates: undefined,
    warnings: new Map(),
    answer: undefined,
    unready: undefined,
    isAnswered: true,
    identity: undefined,
    databaseVersion: undefined,
    served: new Set([
      ...(['ServiceMonitor', 'PrometheusRule', 'HTTPRoute', 'GRPCRoute', 'BackendTLSPolicy'] as const),
      'Cluster',
    ]),
    namedSecrets: [],
    hostsOfOthers: new Map(),
    overruled: [],
    blocked: [],
    ...parts,
  };
}

/** Certificates that the operator might have issued; what is in them does not matter to the children. */
export const someCertificates: Certificates = {
  authority: { current: { cert: 'CA CERTIFICATE\n', key: 'CA KEY\n' } },
  leaves: Object.fromEntries(
    ['server', 'postgres', 'redis'].map((leaf) => [
      leaf,
      { cert: `CERTIFICATE OF ${leaf}\n`, key: `KEY OF ${leaf}\n` },
    ]),
  ),
};

/** A Secret of somebody else, as a spec names it. */
export function aSecret(
  name: string,
  values: Readonly<Record<string, string>>,
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'team-a', ...metadata },
    data: Object.fromEntries(data) as Record<string, string>,
  };
}
