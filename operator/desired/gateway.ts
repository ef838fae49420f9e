import type { KubeObject } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Gateway, ParentReference, Registry } from '../registry.ts';
import { type Child, host, meta, names } from './child.ts';
import { apiProtocol, ports } from './config-map.ts';
import { shownHost } from './ingress.ts';

/**
 * The way in from outside through a Gateway, for the REST API (https://gateway-api.sigs.k8s.io). client-node has no types
 * of the kinds in this file: they come from CRDs.
 */
export const httpRoute: Child = (registry, { served }) => {
  if (registry.gateway === undefined || !served.has('HTTPRoute')) return undefined;
  const matches = [{ path: { type: 'PathPrefix', value: '/' } }];
  const rule = { matches, backendRefs: [backendOf(registry, apiProtocol(registry).port)] };
  return {
    ...meta(registry, 'HTTPRoute', 'server', names(registry).server),
    spec: { ...attachment(registry.gateway, registry.gateway.hosts), rules: [rule] },
  };
};

/** The way in from outside through a Gateway, for gRPC. */
export const grpcRoute: Child = (registry, { served }) => {
  const { gateway } = registry;
  if (gateway === undefined || gateway.grpcHosts.length === 0 || !served.has('GRPCRoute')) return undefined;
  return {
    ...meta(registry, 'GRPCRoute', 'server', names(registry).grpc),
    spec: {
      ...attachment(gateway, gateway.grpcHosts),
      rules: [{ backendRefs: [backendOf(registry, ports.grpc)] }],
    },
  };
};

/** How a Gateway speaks TLS to the server, and whom it trusts; both routes lead to one Service. */
export const backendTls: Child = (registry, { served }) => {
  const { gateway, tls } = registry;
  if (gateway === undefined || tls === undefined || !served.has('BackendTLSPolicy')) return undefined;
  const { server, authority } = names(registry);
  // Every implementation reads a ConfigMap; where others issue the certificate, their authority is in its Secret alone.
  const trusted =
    tls.mode === 'Operator'
      ? { group: '', kind: 'ConfigMap', name: authority }
      : { group: '', kind: 'Secret', name: tls.secretName };
  return {
    ...meta(registry, 'BackendTLSPolicy', 'server', server),
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: server }],
      validation: { caCertificateRefs: [trusted], hostname: host(registry, server) },
    },
  };
};

/** The Gateways that a route is for, and its hosts. Defaults are written out, as the API server would add them. */
function attachment({ parents }: Gateway, hosts: readonly string[]) {
  return {
    parentRefs: parents.map((parent) => ({ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parent })),
    ...(hosts.length === 0 ? {} : { hostnames: [...hosts] }),
  };
}

function backendOf(registry: Registry, port: number) {
  return { group: '', kind: 'Service', name: names(registry).server, port, weight: 1 };
}

/** The URL that a client outside writes; undefined where no Gateway leads in, or only under a wildcard. */
export function gatewayUrl({ gateway }: Registry): string | undefined {
  const name = gateway && shownHost(gateway.hosts);
  return name === undefined ? undefined : `${gateway?.hasTls ? 'https' : 'http'}://${name}`;
}

/** The target that a gRPC client outside writes; undefined where no Gateway leads in, or only under a wildcard. */
export function gatewayGrpcTarget({ gateway }: Registry): string | undefined {
  const name = gateway && shownHost(gateway.grpcHosts);
  return name === undefined ? undefined : `${name}:${gateway?.hasTls ? 443 : 80}`;
}

/** A route, and one of the Gateways that it is for. */
export interface Attached {
  readonly route: KubeObject;
  readonly parent: ParentReference;
}

/** The routes that the spec asks for and that are there. */
export function attachedRoutes(registry: Registry, observed: Observed): readonly Attached[] {
  const wanted = [httpRoute(registry, observed), grpcRoute(registry, observed)];
  return wanted.flatMap((route) => {
    const there = observed.children.find(
      ({ kind, metadata }) => kind === route?.kind && metadata.name === route.metadata.name,
    );
    return there === undefined
      ? []
      : (registry.gateway?.parents ?? []).map((parent) => ({ route: there, parent }));
  });
}
