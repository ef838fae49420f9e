import { BlockList } from 'node:net';
import { expect } from 'chai';
import type { V1NetworkPolicyEgressRule } from '../../operator/kube/kubernetes.ts';
import { isMetadataHost, metadataAddresses, withoutMetadata } from '../../operator/metadata-addresses.ts';
import type { Spec } from '../../operator/registry.ts';
import { BadSpec } from '../../operator/spec.ts';
import { mustBeWithinPolicy } from '../../operator/within-policy.ts';
import { chance, pick, roundsOr, seeded } from '../build/random.ts';
import { aRegistry } from '../build/registry.ts';

describe("a cloud's metadata service", () => {
  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    'fd00:ec2::254',
    'FD00:0EC2:0:0:0:0:0:254',
    '[fd00:ec2::254]',
    '169.254.170.2',
    '100.100.100.200',
    'metadata.google.internal',
    'Metadata.Google.Internal.',
    'fe80::1',
  ])
    it(`is known as ${host}`, () => expect(isMetadataHost(host)).to.equal(true));

  for (const host of [
    'db.example.com',
    '10.0.0.1',
    'fd00::1',
    'metadata.example.com',
    '169.253.169.254',
    'a_b',
    '',
  ])
    it(`is not "${host}"`, () => expect(isMetadataHost(host)).to.equal(false));

  const url = 'http://169.254.169.254/latest/meta-data/iam';
  for (const [field, spec] of [
    [
      'spec.database.external.host',
      { database: { external: { host: '169.254.169.254', credentialsSecretRef: { name: 'a' } } } },
    ],
    ['spec.cache.external', { cache: { external: { host: 'fd00:ec2::254' } } }],
    [
      'spec.cache.external',
      {
        cache: {
          external: { sentinel: { masterName: 'a', nodes: [{ host: 'a' }, { host: '2852039166' }] } },
        },
      },
    ],
    ['spec.artifacts.s3.endpoint', { artifacts: { s3: { bucket: 'a', endpoint: url } } }],
    [
      'spec.bootstrap.archive.s3.endpoint',
      { bootstrap: { archive: { s3: { bucket: 'a', endpoint: url } } } },
    ],
    ['spec.auth.jwt.jwksUrl', { auth: { mode: 'JWT', jwt: { jwksUrl: url, issuer: 'a', audience: 'b' } } }],
    [
      'spec.monitoring.tracing.endpoint',
      { monitoring: { tracing: { endpoint: 'http://metadata.google.internal' } } },
    ],
  ] as const satisfies readonly (readonly [string, Spec])[])
    it(`is refused as ${field}, unless the operator allows it: ${JSON.stringify(spec).slice(0, 80)}`, () => {
      expect(() => mustBeWithinPolicy(aRegistry(spec), spec)).to.throw(BadSpec, `${field}: "`);
      const free = aRegistry(spec, 'sample', {}, { metadata: 'Unrestricted' });
      expect(() => mustBeWithinPolicy(free, spec)).not.to.throw();
    });

  for (const cidr of ['169.254.169.254/32', 'fd00:ec2::254/128'])
    it(`is refused as ${cidr} in extraEgress`, () =>
      expect(() => withoutMetadata(aRegistry(), [{ to: [{ ipBlock: { cidr } }] }])).to.throw(BadSpec, cidr));

  it('is in no range that a rule leaves open, wherever the range begins and whatever it leaves out', () => {
    const random = seeded(Number(process.env.TEST_SEED ?? 26));
    const all = [
      ...metadataAddresses.IPv4.map((address) => ({ address, bits: 32, family: 'ipv4' as const })),
      ...metadataAddresses.IPv6.map((address) => ({ address, bits: 128, family: 'ipv6' as const })),
    ];
    const covers = (cidr: string, address: string, family: 'ipv4' | 'ipv6') => {
      const [network = '', prefix] = cidr.split('/');
      const block = new BlockList();
      block.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
      return block.check(address, family);
    };
    for (let round = 0; round < roundsOr(400); round += 1) {
      const { address, bits } = pick(random, all);
      const cidr = `${address}/${random.below(bits)}`;
      const other = pick(
        random,
        all.filter((each) => each.bits === bits && covers(cidr, each.address, each.family)),
      );
      const except = chance(random, 2) ? [] : [`${other.address}/${bits}`];
      const rule: V1NetworkPolicyEgressRule = {
        to: [{ ipBlock: { cidr, ...(except.length === 0 ? {} : { except }) } }],
      };
      for (const { to = [] } of withoutMetadata(aRegistry(), [rule])) {
        for (const { ipBlock } of to) {
          const left = (ipBlock?.except ?? []).filter(
            (block, index, blocks) => blocks.indexOf(block) === index,
          );
          expect(left, cidr).to.have.length(ipBlock?.except?.length ?? 0);
          for (const each of all)
            if (covers(cidr, each.address, each.family))
              expect(
                left.some((block) => covers(block, each.address, each.family)),
                `${cidr} ${each.address}`,
              ).to.equal(true);
        }
      }
    }
  });
});
