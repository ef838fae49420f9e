import type { V1IngressBackend, V1IngressSpec } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Ingress, IngressHosts, Registry } from '../registry.ts';
import { mustBeOurs } from './certificates.ts';
import { type Child, meta, names } from './child.ts';
import { apiProtocol, grpcProtocol } from './config-map.ts';
import { mustBeHarmless } from './ingress-annotations.ts';

/** The way in from outside, for the REST API. */
export const ingress: Child = (registry, observed) => {
  if (registry.ingress === undefined) return undefined;
  mustBeHarmless(registry);
  mustBeIssuedHere(registry.ingress, 'http', observed);
  const { http, annotations, issuer } = registry.ingress;
  const { scheme, probe } = apiProtocol(registry);
  const name = names(registry).server;
  const own = whereNginxReads(registry, observed, name, {
    ...limits(registry, http),
    'backend-protocol': probe,
    ...cors(registry),
  });
  return leadIn(registry, registry.ingress, http, {
    name,
    port: scheme,
    annotations: { ...own, ...issuer, ...annotations },
  });
};

/** The way in from outside, for gRPC. It is an object of its own: ingress-nginx speaks one protocol to all that is behind an Ingress. */
export const grpcIngress: Child = (registry, observed) => {
  if (registry.ingress?.grpc === undefined) return undefined;
  mustBeIssuedHere(registry.ingress, 'grpc', observed);
  const { grpc, annotations, issuer } = registry.ingress;
  const name = names(registry).grpc;
  const own = whereNginxReads(registry, observed, name, limits(registry, grpc));
  const protocol = whereNginxReads(registry, observed, name, {
    'backend-protocol': grpcProtocol(registry).backend,
  });
  return leadIn(registry, registry.ingress, grpc, {
    name,
    port: 'grpc',
    // What somebody says of the protocol is meant for the REST API.
    annotations: { ...own, ...issuer, ...annotations, ...protocol },
  });
};

function leadIn(
  registry: Registry,
  { className }: Ingress,
  { hosts, tlsSecretName }: IngressHosts,
  {
    name,
    port,
    annotations,
  }: {
    readonly name: string;
    readonly port: string;
    readonly annotations: Readonly<Record<string, string>>;
  },
) {
  const object = meta(registry, 'Ingress', 'server', name);
  const backend: V1IngressBackend = { service: { name: names(registry).server, port: { name: port } } };
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: {
      ...(className === undefined ? {} : ({ ingressClassName: className } satisfies V1IngressSpec)),
      ...(tlsSecretName === undefined
        ? {}
        : ({ tls: [{ hosts: [...hosts], secretName: tlsSecretName }] } satisfies V1IngressSpec)),
      rules: hosts.map((host) => ({
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
      })),
    } satisfies V1IngressSpec,
  };
}

/** The URL that a client outside writes; undefined where there is no ingress, or only a wildcard. */
export function ingressUrl({ ingress }: Registry): string | undefined {
  const host = ingress && shownHost(ingress.http.hosts);
  if (host === undefined) return undefined;
  return `${ingress?.http.tlsSecretName === undefined ? 'http' : 'https'}://${host}`;
}

/** The target that a gRPC client outside writes; undefined where there is no ingress, or only a wildcard. */
export function grpcTarget({ ingress }: Registry): string | undefined {
  const host = ingress?.grpc && shownHost(ingress.grpc.hosts);
  if (host === undefined) return undefined;
  return `${host}:${ingress?.grpc?.tlsSecretName === undefined ? 80 : 443}`;
}

/** The first host that a client can write, which is no wildcard. */
export function shownHost(hosts: readonly string[]): string | undefined {
  return hosts.find((name) => !name.startsWith('*'));
}

/**
 * The same origins that the server allows, which says so itself: the controller answers for it only what it can read. Where
 * none is listed, or one in a form that ingress-nginx does not know, it stays out of it; its own default is every origin.
 */
function cors({ config: { corsOrigins }, auth }: Registry): Readonly<Record<string, string>> {
  if (corsOrigins.length === 0 || corsOrigins.some((origin) => origin.includes('['))) return {};
  const keyHeader = auth?.apiKeys?.header ?? 'X-API-Key';
  return {
    'enable-cors': 'true',
    'cors-allow-origin': corsOrigins.includes('*') ? '*' : corsOrigins.join(','),
    'cors-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
    'cors-allow-headers': `Accept, Authorization, Content-Type, ${keyHeader}, X-Request-ID`,
    'cors-expose-headers': 'X-Request-ID',
    'cors-max-age': '600',
    // Keys and tokens go in headers: no page needs a browser's cookies here.
    'cors-allow-credentials': 'false',
  };
}

/** cert-manager makes a Certificate of the Secret's name for an Ingress, and writes that Secret whosever it is. */
function mustBeIssuedHere({ issuer, ...entries }: Ingress, which: 'http' | 'grpc', observed: Observed): void {
  const name = entries[which]?.tlsSecretName;
  if (name === undefined || Object.keys(issuer).length === 0) return;
  mustBeOurs(observed, `spec.ingress.${which}.tlsSecretName`, name, name);
}

/**
 * Annotations for an Ingress that ingress-nginx reads: by the name of its class, as the spec has it or as the cluster's default
 * has been put there. Other controllers have annotations of their own.
 */
function whereNginxReads(
  { ingress: wanted }: Registry,
  { children }: Observed,
  name: string,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const there = children.find(({ kind, metadata }) => kind === 'Ingress' && metadata.name === name);
  const given = (there?.spec as { ingressClassName?: string } | undefined)?.ingressClassName;
  if (!(wanted?.className ?? given ?? '').includes('nginx')) return {};
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
}

/** What both Ingresses ask of ingress-nginx for the sake of the server's own limits. */
function limits({ config }: Registry, { tlsSecretName }: IngressHosts): Readonly<Record<string, string>> {
  const seconds = String(config.requestTimeoutSeconds);
  // JSON escapes the quotes of a schema: its text may be twice as long in a request.
  const bodyMegabytes = Math.max(10, Math.ceil((2 * config.maxSchemaBytes) / 2 ** 20));
  return {
    ...(tlsSecretName === undefined ? {} : { 'ssl-redirect': 'true', 'force-ssl-redirect': 'true' }),
    'proxy-body-size': `${bodyMegabytes}m`,
    'proxy-connect-timeout': '30',
    'proxy-send-timeout': seconds,
    'proxy-read-timeout': seconds,
    'limit-rps': '100',
    'limit-connections': '50',
  };
}
