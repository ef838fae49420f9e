import type {
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyIngressRule,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1NetworkPolicySpec,
} from '../kube/kubernetes.ts';
import { type Part, selectorLabels } from '../labels.ts';
import { withoutMetadata } from '../metadata-addresses.ts';
import type { ObjectStore, Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';
import { instancesOf } from './cnpg.ts';
import { ports } from './config-map.ts';

/** client-node's own type has the field `from` as `_from`, which only its generated clients rename. */
type IngressRule = Omit<V1NetworkPolicyIngressRule, '_from'> & { from?: V1NetworkPolicyPeer[] };
type NetworkPolicySpec = Omit<V1NetworkPolicySpec, 'ingress'> & { ingress: IngressRule[] };

/** Who may speak to the server pods, and to whom they may speak; everything else is denied. */
export const serverPolicy: Child = (registry) => {
  const { networkPolicy } = registry;
  if (networkPolicy === undefined) return undefined;
  const { ingressFrom, monitoringFrom, extraEgress, operatorNamespace } = networkPolicy;
  const own = podsOf(registry, 'server');
  const operator: V1NetworkPolicyPeer = {
    namespaceSelector: { matchLabels: { [namespaceName]: operatorNamespace } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'llm-schema-registry-operator' } },
  };
  return policy(registry, 'server', {
    ingress: [
      {
        // Without `from` the rule holds for everybody. The operator asks /ready through the Service.
        ...(ingressFrom === undefined
          ? {}
          : ({ from: [...ingressFrom, operator, own] } satisfies IngressRule)),
        ports: [tcp(ports.http)],
      },
      {
        ...(ingressFrom === undefined ? {} : ({ from: [...ingressFrom, own] } satisfies IngressRule)),
        ports: [tcp(ports.grpc)],
      },
      // There /ready tells the operator what it tells nobody else.
      { from: [...monitoringFrom, operator, own], ports: [tcp(ports.metrics)] },
    ],
    egress: [
      ...withoutMetadata(registry, [
        dns,
        ...ownDatabase(registry),
        ...(registry.cache?.kind !== 'managed'
          ? []
          : [{ to: [podsOf(registry, 'redis')], ports: [tcp(ports.redis)] }]),
        // Whoever looks at a registry from inside one of its pods asks its Service, which may lead to any of them.
        { to: [own], ports: [tcp(ports.http), tcp(ports.grpc), tcp(ports.metrics)] },
        ...outside(registry),
        ...objectStore(registry, registry.artifacts),
        ...objectStore(registry, registry.bootstrap),
        ...identityProvider(registry),
        ...collector(registry),
        ...extraEgress,
      ]),
    ],
  });
};

export const postgresPolicy: Child = (registry) =>
  registry.database.kind === 'managed' ? onlyFromServer(registry, 'postgres') : undefined;
/** A drill reads the database and the bucket. Nobody speaks to it. */
export const drillPolicy: Child = (registry) => {
  if (registry.drill === undefined || registry.networkPolicy === undefined) return undefined;
  return policy(registry, 'drill', {
    ingress: [],
    egress: [
      ...withoutMetadata(registry, [
        dns,
        ...ownDatabase(registry),
        ...outside({ ...registry, cache: undefined }),
        ...objectStore(registry, registry.artifacts),
        ...registry.networkPolicy.extraEgress,
      ]),
    ],
  });
};
export const redisPolicy: Child = (registry) =>
  registry.cache?.kind === 'managed' ? onlyFromServer(registry, 'redis') : undefined;

function ownDatabase(registry: Registry): readonly V1NetworkPolicyEgressRule[] {
  const { database } = registry;
  if (database.kind === 'external') return [];
  const to = database.kind === 'managed' ? podsOf(registry, 'postgres') : instancesOf(database);
  return [{ to: [to], ports: [tcp(ports.postgres)] }];
}

/** An identity provider is known by a name, and policies know addresses alone: its port is as exact as it gets. */
function identityProvider({ auth }: Registry): readonly V1NetworkPolicyEgressRule[] {
  const url = auth?.jwt?.jwksUrl;
  return url === undefined ? [] : [{ ports: [tcp(portOf(url))] }];
}

function collector({ monitoring: { tracing } }: Registry): readonly V1NetworkPolicyEgressRule[] {
  return tracing === undefined ? [] : [{ ports: [tcp(portOf(tracing.endpoint))] }];
}

function portOf(text: string): number {
  const { port, protocol } = new URL(text);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** A bucket is known by a name, and policies know addresses alone: the port is as exact as it gets. */
function objectStore(
  { policy }: Registry,
  store: ObjectStore | undefined,
): readonly V1NetworkPolicyEgressRule[] {
  if (store === undefined) return [];
  const port = portOf(store.endpoint ?? 'https://s3.amazonaws.com');
  if (store.credentials !== undefined) return [{ ports: [tcp(port)] }];
  // Without a Secret the credentials come from AWS: its token service, EKS Pod Identity, and the node's own role where the
  // operator allows that: it may be worth more than the registry's editor is to have.
  const agents = ['169.254.170.23/32', ...(policy.metadata === 'Unrestricted' ? ['169.254.169.254/32'] : [])];
  return [
    { ports: [...new Set([port, 443])].map(tcp) },
    { to: agents.map((cidr) => ({ ipBlock: { cidr } })), ports: [tcp(80)] },
  ];
}

/** PostgreSQL, for a drill too, and Redis answer the server and speak to nobody of their own accord, not even to DNS. */
function onlyFromServer(registry: Registry, component: 'postgres' | 'redis') {
  if (registry.networkPolicy === undefined) return undefined;
  const hasDrill = component === 'postgres' && registry.drill !== undefined;
  const from = [podsOf(registry, 'server'), ...(hasDrill ? [podsOf(registry, 'drill')] : [])];
  return policy(registry, component, {
    ingress: [{ from, ports: [tcp(ports[component])] }],
    egress: [],
  });
}

/** What somebody else runs has a name, and a policy knows addresses alone: its ports are open to everywhere. */
function outside({ database, cache }: Registry): readonly V1NetworkPolicyEgressRule[] {
  const open = new Set<number>();
  if (database.kind === 'external') open.add(database.port);
  if (cache?.kind === 'external') for (const { port } of cache.nodes) open.add(port);
  // Sentinels name a master on any port of its own; the usual one is what can be known.
  if (cache?.kind === 'external' && cache.sentinelMaster !== undefined) open.add(ports.redis);
  return open.size === 0 ? [] : [{ ports: [...open].map(tcp) }];
}

/** The API server sets this label on every namespace; a label `name` is there only where somebody put it. */
const namespaceName = 'kubernetes.io/metadata.name';

/** DNS of the cluster. Both selectors are in one item: two items would mean either. Answers that are too long for UDP come by TCP. */
const dns: V1NetworkPolicyEgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { [namespaceName]: 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
    // NodeLocal DNSCache answers on this address of the node, where no selector reaches.
    { ipBlock: { cidr: '169.254.20.10/32' } },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

function podsOf(registry: Registry, component: Part): V1NetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorLabels(registry, component) } };
}

function tcp(port: number): V1NetworkPolicyPort {
  return { protocol: 'TCP', port };
}

function policy(
  registry: Registry,
  component: Part,
  { ingress, egress }: Required<Pick<NetworkPolicySpec, 'ingress' | 'egress'>>,
) {
  return {
    ...meta(registry, 'NetworkPolicy', component, names(registry)[component]),
    spec: {
      podSelector: { matchLabels: selectorLabels(registry, component) },
      // With both types named, an empty list of rules denies.
      policyTypes: ['Ingress', 'Egress'],
      ingress,
      egress,
    } satisfies NetworkPolicySpec,
  };
}
