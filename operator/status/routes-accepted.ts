import { attachedRoutes } from '../desired/gateway.ts';
import type { KubeObject } from '../kube/kubernetes.ts';
import type { ParentReference, Registry } from '../registry.ts';
import { type Condition, chain, type Judge, type Verdict } from './condition.ts';

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

type Cause = Judge<Verdict | undefined>;

const disabled: Cause = ({ gateway }) =>
  gateway === undefined
    ? { status: 'True', reason: 'Disabled', message: 'spec.gateway names no Gateway' }
    : undefined;

const withoutApi: Cause = (registry, { served }) => {
  const missing = missingKind(registry, served);
  if (missing === undefined) return undefined;
  const message = `the cluster has no ${missing} (gateway.networking.k8s.io/v1); install the Gateway API in its version 1.4 or later`;
  return { status: 'False', reason: 'GatewayApiMissing', message };
};

const notMade: Cause = (_registry, _observed, find) =>
  find(attachments).length === 0
    ? { status: 'Unknown', reason: 'Starting', message: 'the routes are not made yet' }
    : undefined;

const refused: Cause = (_registry, _observed, find) => {
  for (const { at, conditions } of find(attachments)) {
    const refusal = conditions.find(
      ({ type, status }) => (type === 'Accepted' || type === 'ResolvedRefs') && status === 'False',
    );
    if (refusal === undefined) continue;
    const words = refusal.message === undefined || refusal.message === '' ? '' : `: ${refusal.message}`;
    return { status: 'False', reason: 'RouteNotAccepted', message: `${at}: ${refusal.reason}${words}` };
  }
  return undefined;
};

const unanswered: Cause = (_registry, _observed, find) => {
  const isTaken = (type: string, status: string) => type === 'Accepted' && status === 'True';
  const waiting = find(attachments).find(
    ({ conditions }) => !conditions.some(({ type, status }) => isTaken(type, status)),
  );
  if (waiting === undefined) return undefined;
  const message = `no controller has answered for ${waiting.at}; is the Gateway there, and in that namespace?`;
  return { status: 'Unknown', reason: 'Starting', message };
};

/** What the Gateways say of our routes, in the conditions that the Gateway API has for it. */
export const routesAccepted: Condition = chain([disabled, withoutApi, notMade, refused, unanswered], () => ({
  status: 'True',
  reason: 'Accepted',
  message: 'every Gateway has taken the routes',
}));

/** Each route at each of its Gateways: where that is, and what is said of it there. */
const attachments: Judge<readonly Attachment[]> = (registry, observed) =>
  attachedRoutes(registry, observed).map(({ route, parent }) => ({
    at: `${route.kind} ${route.metadata.name} at Gateway ${placeOf(parent, route)}`,
    conditions: conditionsOf(route, parent),
  }));

interface Attachment {
  readonly at: string;
  readonly conditions: ReturnType<typeof conditionsOf>;
}

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
