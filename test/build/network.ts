import type { KubeObject } from '../../operator/kube/kubernetes.ts';

/** A pod, or an address outside the cluster. */
export interface Party {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly address?: string;
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly {
    readonly protocol: string;
    readonly port: number;
    readonly endPort?: number;
  }[];
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

/** What a network that enforces the policies lets through, by the words of networking.k8s.io/v1. */
export function mayReach(
  policies: readonly KubeObject[],
  from: Party,
  to: Party,
  port: number,
  protocol = 'TCP',
): boolean {
  const side = (party: Party, other: Party, type: 'Ingress' | 'Egress') => {
    const selecting = policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === party.namespace &&
        matches((spec as PolicySpec).podSelector, party.labels) &&
        (spec as PolicySpec).policyTypes.includes(type),
    );
    if (selecting.length === 0) return true;
    return selecting.some(({ metadata, spec }) => {
      const rules = (spec as PolicySpec)[type === 'Ingress' ? 'ingress' : 'egress'];
      return rules.some(({ from: sources, to: targets, ports }) => {
        const peers = type === 'Ingress' ? sources : targets;
        const isPeer =
          peers === undefined ||
          peers.length === 0 ||
          peers.some((peer) => isIn(peer, other, metadata.namespace));
        const isPort =
          ports === undefined ||
          ports.length === 0 ||
          ports.some(
            (open) => open.protocol === protocol && port >= open.port && port <= (open.endPort ?? open.port),
          );
        return isPeer && isPort;
      });
    });
  };
  return side(from, to, 'Egress') && side(to, from, 'Ingress');
}

function isIn(peer: Peer, party: Party, ownNamespace: string | undefined): boolean {
  if (peer.ipBlock !== undefined) {
    const { cidr, except = [] } = peer.ipBlock;
    const { address } = party;
    return (
      address !== undefined && isWithin(address, cidr) && !except.some((block) => isWithin(address, block))
    );
  }
  if (party.namespace === undefined) return false;
  const isNamespace =
    peer.namespaceSelector === undefined
      ? party.namespace === ownNamespace
      : matches(peer.namespaceSelector, { 'kubernetes.io/metadata.name': party.namespace });
  return isNamespace && (peer.podSelector === undefined || matches(peer.podSelector, party.labels));
}

function matches(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Party['labels'] = {},
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isOne = value !== undefined && values.includes(value);
      return operator === 'In' ? isOne : !isOne;
    })
  );
}

function isWithin(address: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}
