import packageJson from '../package.json' with { type: 'json' };
import type { Policy } from './policy.ts';

export interface Settings {
  /** The operator's own namespace. */
  readonly namespace: string;
  /** The namespace of the lease; undefined: it is the operator's own. */
  readonly leaseNamespace: string | undefined;
  /** The namespaces that are watched; undefined: every one. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** The name that the Lease has for its holder, unique among the replicas. */
  readonly identity: string;
  readonly images: { readonly server: string; readonly postgres: string; readonly redis: string };
  /** What a SchemaRegistry may ask for. */
  readonly policy: Policy;
  readonly workers: number;
  readonly metricsPort: number;
  readonly healthPort: number;
  readonly isLeaderElected: boolean;
  /** Where the operator reaches a registry: by its Service's name, or through the API server when it runs outside the cluster. */
  readonly probesThroughApiServer: boolean;
  /** A watch on which nothing is heard for longer is taken for dead; bookmarks come about once a minute. */
  readonly watchSilenceMs: number;
  readonly logLevel: string;
  readonly version: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws one Error that names every variable that is wrong */
export function readSettings(environment: Environment): Settings {
  const wrong: string[] = [];
  const number = (name: string, fallback: number, least: number, most: number) => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    wrong.push(`${name}: "${text}" is not a whole number from ${least} to ${most}`);
    return fallback;
  };
  const choice = <Choice extends string>(
    name: string,
    fallback: Choice,
    choices: readonly Choice[],
  ): Choice => {
    const text = environment[name] || fallback;
    const found = choices.find((each) => each === text);
    if (found !== undefined) return found;
    wrong.push(`${name}: "${text}" is none of ${choices.join(', ')}`);
    return fallback;
  };
  const list = (name: string, pattern: RegExp, example: string) => {
    const given = (environment[name] ?? '').split(',').map((text) => text.trim());
    const found = new Set(given.filter((text) => text !== ''));
    for (const text of found)
      if (!pattern.test(text)) wrong.push(`${name}: "${text}" cannot be used; write ${example}`);
    return [...found];
  };
  const namespaces = list('WATCH_NAMESPACES', /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'team-a,team-b');
  const allowedImages = list('ALLOWED_IMAGES', /^[a-z0-9][a-z0-9._:/-]*$/, 'mirror.example.com/schemas');
  const namespace = environment.POD_NAMESPACE || 'llm-schema-registry';
  const watchNamespaces = namespaces.length === 0 ? undefined : namespaces;
  const settings: Settings = {
    namespace,
    leaseNamespace: environment.LEASE_NAMESPACE || undefined,
    watchNamespaces,
    identity: environment.POD_NAME || `operator-${process.pid}`,
    images: {
      server:
        environment.SERVER_IMAGE || `ghcr.io/llm-schema-registry/schema-registry:${packageJson.version}`,
      // Debian-based: there user 999 exists, which initdb asks for.
      postgres: environment.POSTGRES_IMAGE || 'docker.io/library/postgres:17-bookworm',
      // The last Redis under a BSD licence.
      redis: environment.REDIS_IMAGE || 'docker.io/valkey/valkey:8.1',
    },
    policy: {
      podTemplate: choice('PODTEMPLATE_POLICY', 'Restricted', ['Restricted', 'Unrestricted']),
      metadata: choice('METADATA_POLICY', 'Restricted', ['Restricted', 'Unrestricted']),
      ingressAnnotations: list(
        'INGRESS_ANNOTATIONS',
        /^(\*|[\w.-]+\/\*|([\w.-]+\/)?[\w.-]+)$/,
        'example.com/key or example.com/*',
      ),
      secrets: choice('SECRET_POLICY', 'Named', ['Named', 'Labelled']),
      images: allowedImages.length === 0 ? undefined : allowedImages,
    },
    workers: number('WORKERS', 4, 1, 64),
    metricsPort: number('METRICS_PORT', 8080, 0, 65_535),
    healthPort: number('HEALTH_PORT', 8081, 0, 65_535),
    isLeaderElected: choice('LEADER_ELECTION', 'true', ['true', 'false']) === 'true',
    probesThroughApiServer: environment.KUBERNETES_SERVICE_HOST === undefined,
    watchSilenceMs: number('WATCH_SILENCE_SECONDS', 90, 1, 3600) * 1000,
    logLevel: choice('LOG_LEVEL', 'info', ['trace', 'debug', 'info', 'warn', 'error']),
    version: packageJson.version,
  };
  if (wrong.length > 0) throw new Error(`The environment has wrong values:\n  ${wrong.join('\n  ')}`);
  return settings;
}
