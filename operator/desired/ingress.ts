import type { Door, Ingress, Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';
import { apiDoor, grpcDoor } from './config-map.ts';

/** The way in from outside, for the REST API. */
export const ingress: Child = (registry) => {
  if (registry.ingress === undefined) return undefined;
  const { http, annotations, issuer } = registry.ingress;
  const { scheme, probe } = apiDoor(registry);
  const own = nginxAnnotations(registry, http, { 'backend-protocol': probe, ...cors });
  return leadIn(registry, registry.ingress, http, {
    name: names(registry).server,
    port: scheme,
    annotations: { ...own, ...issuer, ...annotations },
  });
};

/** The same for gRPC. An object of its own: ingress-nginx speaks one protocol to all that is behind an Ingress. */
export const grpcIngress: Child = (registry) => {
  if (registry.ingress?.grpc === undefined) return undefined;
  const { grpc, annotations, issuer } = registry.ingress;
  const own = nginxAnnotations(registry, grpc, {});
  const protocol = nginx({ 'backend-protocol': grpcDoor(registry).backend });
  return leadIn(registry, registry.ingress, grpc, {
    name: names(registry).grpc,
    port: 'grpc',
    // What somebody says of the protocol is meant for the REST API.
    annotations: { ...own, ...issuer, ...annotations, ...protocol },
  });
};

function leadIn(
  registry: Registry,
  { className }: Ingress,
  { hosts, tlsSecretName }: Door,
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
  const backend = { service: { name: names(registry).server, port: { name: port } } };
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [...hosts], secretName: tlsSecretName }] }),
      rules: hosts.map((host) => ({
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
      })),
    },
  };
}

/** What a client outside writes; undefined where there is no ingress, or only a wildcard. */
export function ingressUrl({ ingress }: Registry): string | undefined {
  const host = ingress && shownHost(ingress.http);
  if (host === undefined) return undefined;
  return `${ingress?.http.tlsSecretName === undefined ? 'http' : 'https'}://${host}`;
}

/** The same for gRPC, as its clients take it. */
export function grpcTarget({ ingress }: Registry): string | undefined {
  const host = ingress?.grpc && shownHost(ingress.grpc);
  if (host === undefined) return undefined;
  return `${host}:${ingress?.grpc?.tlsSecretName === undefined ? 80 : 443}`;
}

function shownHost({ hosts }: Door): string | undefined {
  return hosts.find((name) => !name.startsWith('*'));
}

const cors = {
  'enable-cors': 'true',
  'cors-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'cors-allow-headers': 'Accept, Authorization, Content-Type, X-API-Key, X-Request-ID',
  // Keys and tokens go in headers: no page needs a browser's cookies here.
  'cors-allow-credentials': 'false',
};

/** Read by ingress-nginx alone, so they stand there for every class: one may be the cluster's default. */
function nginxAnnotations(
  { config }: Registry,
  { tlsSecretName }: Door,
  ofProtocol: Readonly<Record<string, string>>,
): Record<string, string> {
  const seconds = String(config.requestTimeoutSeconds);
  // JSON escapes the quotes of a schema: its text may be twice as long in a request.
  const bodyMegabytes = Math.max(10, Math.ceil((2 * config.maxSchemaBytes) / 2 ** 20));
  return nginx({
    ...(tlsSecretName === undefined ? {} : { 'ssl-redirect': 'true', 'force-ssl-redirect': 'true' }),
    'proxy-body-size': `${bodyMegabytes}m`,
    'proxy-connect-timeout': '30',
    'proxy-send-timeout': seconds,
    'proxy-read-timeout': seconds,
    'limit-rps': '100',
    'limit-connections': '50',
    ...ofProtocol,
  });
}

function nginx(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
}
