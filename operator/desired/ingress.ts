import type { Ingress, Registry } from '../spec.ts';
import { type Child, meta, names } from './child.ts';
import { apiDoor } from './config-map.ts';

/** The way in from outside, for the REST API. The server has no gRPC port, so there is none for gRPC. */
export const ingress: Child = (registry) => {
  if (registry.ingress === undefined) return undefined;
  const { className, annotations, hosts, tlsSecretName, issuer } = registry.ingress;
  const { server } = names(registry);
  const object = meta(registry, 'Ingress', 'server', server);
  const backend = { service: { name: server, port: { name: apiDoor(registry).scheme } } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...nginxAnnotations(registry, registry.ingress), ...issuer, ...annotations },
    },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [...hosts], secretName: tlsSecretName }] }),
      rules: hosts.map((host) => ({
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
      })),
    },
  };
};

/** What a client outside writes; undefined where there is no ingress, or only a wildcard. */
export function ingressUrl({ ingress }: Registry): string | undefined {
  const host = ingress?.hosts.find((name) => !name.startsWith('*'));
  if (host === undefined) return undefined;
  return `${ingress?.tlsSecretName === undefined ? 'http' : 'https'}://${host}`;
}

/** Read by ingress-nginx alone, so they stand there for every class: one may be the cluster's default. */
function nginxAnnotations(registry: Registry, { tlsSecretName }: Ingress): Record<string, string> {
  const { config } = registry;
  const seconds = String(config.requestTimeoutSeconds);
  // JSON escapes the quotes of a schema: its text may be twice as long in a request.
  const bodyMegabytes = Math.max(10, Math.ceil((2 * config.maxSchemaBytes) / 2 ** 20));
  const values = {
    ...(tlsSecretName === undefined ? {} : { 'ssl-redirect': 'true', 'force-ssl-redirect': 'true' }),
    'backend-protocol': apiDoor(registry).probe,
    'proxy-body-size': `${bodyMegabytes}m`,
    'proxy-connect-timeout': '30',
    'proxy-send-timeout': seconds,
    'proxy-read-timeout': seconds,
    'limit-rps': '100',
    'limit-connections': '50',
    'enable-cors': 'true',
    'cors-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
    'cors-allow-headers': 'Accept, Authorization, Content-Type, X-API-Key, X-Request-ID',
    // Keys and tokens go in headers: no page needs a browser's cookies here.
    'cors-allow-credentials': 'false',
  };
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
}
