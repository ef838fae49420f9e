import { attachedRoutes } from '../desired/gateway.ts';
import type { KubeObject } from '../kube/kubernetes.ts';
import type { ParentReference, Registry } from '../registry.ts';
import type { Condition } from './condition.ts';

interface RouteStatus {
  readonly parents?: readonly {
    readonly parentRef: ParentReference;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message?: string;
      readonly observedGeneration?: number;
    }[];
  }[];
}

/** What the Gateways say of our routes, in the conditions that the Gateway API has for it. */
export const routesAccepted: Condition = (registry, observed) => {
  const { gateway } = registry;
  if (gateway === undefined)
    return { status: 'True', reason: 'Disabled', message: 'spec.gateway names no Gateway' };
  const missing = missingKind(registry, observed.served);
  if (missing !== undefined) {
    const message = `the cluster has no ${missing} (gateway.networking.k8s.io/v1); install the Gateway API in its version 1.4 or later`;
    return { status: 'False', reason: 'GatewayApiMissing', message };
  }
  const attached = attachedRoutes(registry, observed);
  let waiting: string | undefined;
  for (const { route, parent } of attached) {
    const at = `${route.kind} ${route.metadata.name} at Gateway ${placeOf(parent, route)}`;
    const conditions = conditionsOf(route, parent);
    const refused = conditions.find(
      ({ type, status }) => (type === 'Accepted' || type === 'ResolvedRefs') && status === 'False',
    );
    if (refused !== undefined) {
      const words = refused.message === undefined || refused.message === '' ? '' : `: ${refused.message}`;
      return { status: 'False', reason: 'RouteNotAccepted', message: `${at}: ${refused.reason}${words}` };
    }
    if (!conditions.some(({ type, status }) => type === 'Accepted' && status === 'True')) waiting ??= at;
  }
  if (attached.length === 0)
    return { status: 'Unknown', reason: 'Starting', message: 'the routes are not made yet' };
  if (waiting !== undefined) {
    const message = `no controller has answered for ${waiting}; is the Gateway there, and in that namespace?`;
    return { status: 'Unknown', reason: 'Starting', message };
  }
  return { status: 'True', reason: 'Accepted', message: 'every Gateway has taken the routes' };
};

function missingKind({ gateway, tls }: Registry, served: ReadonlySet<string>): string | undefined {
  const needed = [
    'HTTPRoute',
    ...((gateway?.grpcHosts.length ?? 0) > 0 ? ['GRPCRoute'] : []),
    ...(tls === undefined ? [] : ['BackendTLSPolicy']),
  ];
  return needed.find((kind) => !served.has(kind));
}

/** The conditions of a route as it is now; what was said of an older generation says nothing of it. */
function conditionsOf(route: KubeObject, parent: ParentReference) {
  const { parents = [] } = (route.status ?? {}) as RouteStatus;
  return parents
    .filter(({ parentRef }) => isSame(parentRef, parent, route))
    .flatMap(({ conditions = [] }) => conditions)
    .filter(({ observedGeneration = 0 }) => observedGeneration >= (route.metadata.generation ?? 0));
}

function isSame(one: ParentReference, other: ParentReference, { metadata }: KubeObject): boolean {
  return (
    one.name === other.name &&
    (one.namespace ?? metadata.namespace) === (other.namespace ?? metadata.namespace) &&
    one.sectionName === other.sectionName &&
    one.port === other.port
  );
}

function placeOf({ name, namespace, sectionName }: ParentReference, { metadata }: KubeObject): string {
  const listener = sectionName === undefined ? '' : `, listener ${sectionName}`;
  return `${namespace ?? metadata.namespace}/${name}${listener}`;
}
