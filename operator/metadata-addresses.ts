import { BlockList, isIP } from 'node:net';
import type { V1NetworkPolicyEgressRule, V1NetworkPolicyPeer } from './kube/kubernetes.ts';
import type { Registry } from './registry.ts';
import { BadSpec } from './spec.ts';

/**
 * Where clouds tell a node, and whoever else asks from it, what it is and the credentials of its role: AWS, Azure, Google,
 * OpenStack and most others share the first.
 */
export const metadataAddresses = {
  IPv4: [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.42.42',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
  ],
  IPv6: ['fd00:ec2::254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe', 'fd00:42::42'],
} as const;

const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** The addresses of metadata services, and all that is only on the node's own link. */
const forbidden = new BlockList();
for (const address of metadataAddresses.IPv4) forbidden.addAddress(address, 'ipv4');
for (const address of metadataAddresses.IPv6) forbidden.addAddress(address, 'ipv6');
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');

/**
 * The hosts that a spec has the server speak to.
 * @throws BadSpec where one is a cloud's metadata service by its name or its address, in whatever notation
 */
export function mustNotAskMetadata(registry: Registry): void {
  const { policy, database, cache, artifacts, bootstrap, auth, monitoring } = registry;
  if (policy.metadata === 'Unrestricted') return;
  const asked: readonly (readonly [field: string, host: string | undefined])[] = [
    ['spec.database.external.host', database.kind === 'external' ? database.host : undefined],
    ...(cache?.kind === 'external' ? cache.nodes : []).map(
      ({ host }) => ['spec.cache.external', host] as const,
    ),
    ['spec.artifacts.s3.endpoint', hostOf(artifacts?.endpoint)],
    ['spec.bootstrap.archive.s3.endpoint', hostOf(bootstrap?.endpoint)],
    ['spec.auth.jwt.jwksUrl', hostOf(auth?.jwt?.jwksUrl)],
    ['spec.monitoring.tracing.endpoint', hostOf(monitoring.tracing?.endpoint)],
  ];
  for (const [field, host] of asked) {
    if (host === undefined || !isMetadataHost(host)) continue;
    throw new BadSpec(
      `${field}: "${host}" is on the node's own link, where clouds give out the node's credentials; write the host of the service that is meant (METADATA_POLICY of the operator is Restricted)`,
    );
  }
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.hostname;
}

/** Reads an address as libc and browsers do: 2852039166, 0xa9fea9fe and 0251.0376.169.254 are one. */
export function isMetadataHost(host: string): boolean {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  if (metadataNames.has(bare)) return true;
  const read = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}`)?.hostname ?? bare;
  const address = read.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  return family !== 0 && forbidden.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * The rules of a policy without those addresses: a range that contains one leaves it out, and so does a rule that is open to
 * everywhere.
 * @throws BadSpec where a range is nothing but such an address
 */
export function withoutMetadata(
  { policy }: Registry,
  rules: readonly V1NetworkPolicyEgressRule[],
): readonly V1NetworkPolicyEgressRule[] {
  if (policy.metadata === 'Unrestricted') return rules;
  return rules.map((rule) => ({
    ...rule,
    to: rule.to === undefined || rule.to.length === 0 ? everywhere : rule.to.map(leaveOut),
  }));
}

function leaveOut(peer: V1NetworkPolicyPeer): V1NetworkPolicyPeer {
  if (peer.ipBlock === undefined) return peer;
  const { cidr, except = [] } = peer.ipBlock;
  const reached = addressesIn(cidr).filter(
    (address) => !except.some((block) => addressesIn(block).includes(address)),
  );
  if (reached.length === 0) return peer;
  const blocks = reached.map(asBlock);
  if (blocks.some((block) => prefixOf(block) <= prefixOf(cidr)))
    throw new BadSpec(
      `spec.networkPolicy.extraEgress: "${cidr}" is where clouds give out the credentials of the node; leave it out (METADATA_POLICY of the operator is Restricted)`,
    );
  return { ipBlock: { cidr, except: [...except, ...blocks] } };
}

function addressesIn(cidr: string): readonly string[] {
  const [network = ''] = cidr.split('/');
  const family = isIP(network);
  if (family === 0) return [];
  const block = new BlockList();
  block.addSubnet(network, prefixOf(cidr), family === 4 ? 'ipv4' : 'ipv6');
  return family === 4
    ? metadataAddresses.IPv4.filter((address) => block.check(address, 'ipv4'))
    : metadataAddresses.IPv6.filter((address) => block.check(address, 'ipv6'));
}

function prefixOf(cidr: string): number {
  return Number(cidr.split('/')[1]);
}

function asBlock(address: string): string {
  return `${address}/${isIP(address) === 4 ? 32 : 128}`;
}

/** Every pod, which some networks do not count among addresses, and every address. */
const everywhere: V1NetworkPolicyPeer[] = [
  { namespaceSelector: {} },
  { ipBlock: { cidr: '0.0.0.0/0', except: metadataAddresses.IPv4.map(asBlock) } },
  { ipBlock: { cidr: '::/0', except: metadataAddresses.IPv6.map(asBlock) } },
];
