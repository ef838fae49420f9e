import { expect } from 'chai';
import {
  drillPolicy,
  postgresPolicy,
  redisPolicy,
  serverPolicy,
} from '../../../operator/desired/network-policy.ts';
import { desired } from '../../../operator/desired/table.ts';
import type { KubeObject, V1PodTemplateSpec } from '../../../operator/kube/kubernetes.ts';
import { type Part, selectorLabels } from '../../../operator/labels.ts';
import type { Policy } from '../../../operator/policy.ts';
import type { Spec } from '../../../operator/registry.ts';
import { askCyclonus, missingCyclonus } from '../../build/cyclonus.ts';
import { mayReach, type Party } from '../../build/network.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const policiesOf = (spec: Spec, name = 'sample', policy: Partial<Policy> = {}) =>
  [serverPolicy, postgresPolicy, redisPolicy, drillPolicy].flatMap(
    (child) => child(aRegistry(spec, name, {}, policy), anObserved()) ?? [],
  );

const pod = (component: Part, name = 'sample', namespace = 'team-a'): Party => ({
  namespace,
  labels: selectorLabels(aRegistry({}, name), component),
});

const parties = {
  server: pod('server'),
  postgres: pod('postgres'),
  redis: pod('redis'),
  drill: pod('drill'),
  'server of another registry': pod('server', 'other'),
  'postgres of another registry': pod('postgres', 'other'),
  'server of another namespace': pod('server', 'sample', 'team-b'),
  client: { namespace: 'apps', labels: { app: 'client' } },
  'client beside it': { namespace: 'team-a', labels: { app: 'client' } },
  operator: {
    namespace: 'llm-schema-registry',
    labels: { 'app.kubernetes.io/name': 'llm-schema-registry-operator' },
  },
  prometheus: { namespace: 'monitoring', labels: { app: 'prometheus' } },
  nginx: { namespace: 'ingress-nginx', labels: { app: 'nginx' } },
  dns: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  'pod of kube-system': { namespace: 'kube-system', labels: { app: 'other' } },
  'own "kube-dns"': { namespace: 'team-a', labels: { 'k8s-app': 'kube-dns' } },
  'dns of the node': { address: '169.254.20.10' },
  'the cloud': { address: '169.254.169.254' },
  'identity of the pod': { address: '169.254.170.23' },
  outside: { address: '203.0.113.7' },
} as const satisfies Record<string, Party>;

type Name = keyof typeof parties;
type Way = readonly [from: Name, to: Name, port: number, protocol?: 'UDP'];

const nginxOnly: Spec = {
  networkPolicy: {
    ingressFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }],
  },
};

/** Who may reach whom: what is not in `open` of a spec and was open in another is closed there. */
const tables: readonly {
  title: string;
  spec: Spec;
  policy?: Partial<Policy>;
  open: readonly Way[];
  closed: readonly Way[];
}[] = [
  {
    title: 'a Redis of somebody else',
    spec: { cache: { external: { host: 'redis.example.com', port: 6380 } } },
    open: [['server', 'outside', 6380]],
    closed: [
      ['server', 'redis', 6379],
      ['postgres', 'outside', 6380],
    ],
  },
  {
    title: 'a PostgreSQL of somebody else',
    spec: {
      database: { external: { host: 'db.example.com', port: 6432, credentialsSecretRef: { name: 'db' } } },
    },
    open: [['server', 'outside', 6432]],
    closed: [
      ['server', 'postgres', 5432],
      ['redis', 'outside', 6432],
    ],
  },
  {
    title: 'an archive in AWS',
    spec: { artifacts: { s3: { bucket: 'team-a' } } },
    open: [['server', 'outside', 443]],
    closed: [['server', 'outside', 9000]],
  },
  {
    title: 'a drill of an archive',
    spec: { artifacts: { s3: { bucket: 'team-a', endpoint: 'http://minio.storage.svc:9000', drill: {} } } },
    open: [
      ['drill', 'postgres', 5432],
      ['drill', 'outside', 9000],
    ],
    closed: [
      ['drill', 'redis', 6379],
      ['drill', 'server', 8080],
      ['server', 'drill', 8080],
    ],
  },
  {
    title: 'an archive of another registry',
    spec: {
      bootstrap: { archive: { s3: { bucket: 'team-b', endpoint: 'http://minio.storage.svc:9000' } } },
    },
    open: [['server', 'outside', 9000]],
    closed: [['postgres', 'outside', 9000]],
  },
  {
    title: 'an archive elsewhere',
    spec: { artifacts: { s3: { bucket: 'team-a', endpoint: 'http://minio.storage.svc:9000' } } },
    open: [['server', 'outside', 9000]],
    closed: [['postgres', 'outside', 9000]],
  },
  {
    title: 'an empty spec',
    spec: {},
    open: [
      ['client', 'server', 8080],
      ['client', 'server', 9090],
      ['client beside it', 'server', 8080],
      ['nginx', 'server', 9090],
      ['server', 'server', 9090],
      ['operator', 'server', 8080],
      ['operator', 'server', 9091],
      ['nginx', 'server', 8080],
      ['prometheus', 'server', 9091],
      ['server', 'server', 8080],
      ['server', 'postgres', 5432],
      ['server', 'redis', 6379],
      ['server', 'dns', 53],
      ['server', 'dns', 53, 'UDP'],
      ['server', 'dns of the node', 53, 'UDP'],
    ],
    closed: [
      ['outside', 'server', 8080],
      ['outside', 'server', 9090],
      ['client', 'server', 9091],
      ['client', 'server', 5432],
      ['client', 'postgres', 5432],
      ['client', 'redis', 6379],
      ['client beside it', 'postgres', 5432],
      ['operator', 'postgres', 5432],
      ['prometheus', 'postgres', 5432],
      ['server of another registry', 'server', 8080],
      ['server of another registry', 'postgres', 5432],
      ['server of another namespace', 'postgres', 5432],
      ['server', 'postgres of another registry', 5432],
      ['server', 'postgres', 22],
      ['server', 'redis', 5432],
      ['server', 'pod of kube-system', 53],
      ['server', 'own "kube-dns"', 53],
      ['server', 'client', 8080],
      ['server', 'outside', 443],
      ['server', 'the cloud', 80],
      ['postgres', 'outside', 443],
      ['postgres', 'dns', 53],
      ['postgres', 'redis', 6379],
      ['redis', 'server', 8080],
      ['redis', 'outside', 443],
    ],
  },
  {
    title: 'ingressFrom',
    spec: nginxOnly,
    open: [
      ['nginx', 'server', 8080],
      ['nginx', 'server', 9090],
      ['operator', 'server', 8080],
      ['operator', 'server', 9091],
      ['server', 'server', 8080],
    ],
    closed: [
      ['client', 'server', 8080],
      ['client', 'server', 9090],
      ['operator', 'server', 9090],
      ['nginx', 'server', 9091],
      ['nginx', 'postgres', 5432],
    ],
  },
  {
    title: 'ingressFrom and monitoringFrom that are empty',
    spec: { networkPolicy: { ingressFrom: [], monitoringFrom: [] } },
    open: [['operator', 'server', 8080]],
    closed: [
      ['client', 'server', 8080],
      ['prometheus', 'server', 9091],
    ],
  },
  {
    title: 'a Service that is open to the world',
    spec: { service: { type: 'LoadBalancer' } },
    open: [
      ['outside', 'server', 8080],
      ['outside', 'server', 9090],
      ['client', 'server', 8080],
    ],
    closed: [
      ['outside', 'server', 9091],
      ['outside', 'postgres', 5432],
    ],
  },
  {
    title: 'a Service that is open to the world, and ingressFrom',
    spec: { service: { type: 'LoadBalancer' }, ...nginxOnly },
    open: [['nginx', 'server', 8080]],
    closed: [['outside', 'server', 8080]],
  },
  {
    title: 'monitoringFrom',
    spec: {
      networkPolicy: {
        monitoringFrom: [
          {
            namespaceSelector: {},
            podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['client'] }] },
          },
        ],
      },
    },
    open: [['client', 'server', 9091]],
    closed: [['prometheus', 'server', 9091]],
  },
  {
    title: 'extraEgress',
    spec: {
      networkPolicy: {
        extraEgress: [
          {
            to: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.128/25'] } }],
            ports: [{ port: 443 }],
          },
        ],
      },
    },
    open: [['server', 'outside', 443]],
    closed: [
      ['server', 'outside', 80],
      ['server', 'the cloud', 443],
      ['postgres', 'outside', 443],
    ],
  },
  {
    title: 'no cache',
    spec: { cache: { disabled: true } },
    open: [['server', 'postgres', 5432]],
    closed: [['server', 'redis', 6379]],
  },
  {
    title: 'a collector of traces',
    spec: { monitoring: { tracing: { endpoint: 'http://otel-collector.monitoring.svc:4318' } } },
    open: [['server', 'outside', 4318]],
    closed: [
      ['server', 'outside', 80],
      ['redis', 'outside', 4318],
    ],
  },
  {
    title: 'a bucket of the cloud',
    spec: { artifacts: { s3: { bucket: 'schemas' } } },
    open: [
      ['server', 'outside', 443],
      ['server', 'identity of the pod', 80],
    ],
    closed: [
      ['server', 'outside', 80],
      ['server', 'the cloud', 80],
      ['server', 'the cloud', 443],
      ['redis', 'outside', 443],
    ],
  },
  {
    title: 'a bucket of the cloud, where the operator allows the role of the node',
    spec: { artifacts: { s3: { bucket: 'schemas' } } },
    policy: { metadata: 'Unrestricted' },
    open: [['server', 'the cloud', 80]],
    closed: [['server', 'outside', 80]],
  },
  ...(
    [
      ['everything but', [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] }]],
      ['a port anywhere', [{ ports: [{ port: 80 }] }]],
      ['ports anywhere', [{ to: [], ports: [{ port: 1, endPort: 65_535 }] }]],
    ] as const
  ).map(([title, extraEgress]) => ({
    title: `extraEgress to ${title}`,
    spec: { networkPolicy: { extraEgress } } as unknown as Spec,
    open: [['server', 'outside', 80]] as const,
    closed: [['server', 'the cloud', 80]] as const,
  })),
  ...(
    [
      ['bucket', { artifacts: { s3: { bucket: 'a', endpoint: 'http://s3.example.com' } } }],
      [
        'list of keys',
        { auth: { mode: 'JWT', jwt: { jwksUrl: 'http://a.example.com', issuer: 'a', audience: 'b' } } },
      ],
      ['collector', { monitoring: { tracing: { endpoint: 'http://a.example.com' } } }],
      ['database', { database: { external: { host: 'a', port: 80, credentialsSecretRef: { name: 'db' } } } }],
      ['cache', { cache: { external: { host: 'a', port: 80 } } }],
    ] as const satisfies readonly (readonly [string, Spec])[]
  ).map(([title, spec]) => ({
    title: `a ${title} at port 80 of a name, which may be anybody's`,
    spec,
    open: [['server', 'outside', 80]] as const,
    closed: [['server', 'the cloud', 80]] as const,
  })),
  {
    title: 'a bucket in the cluster',
    spec: {
      artifacts: {
        s3: {
          bucket: 'schemas',
          endpoint: 'http://minio.storage.svc:9000',
          credentialsSecretRef: { name: 'keys' },
        },
      },
    },
    open: [['server', 'outside', 9000]],
    closed: [
      ['server', 'outside', 443],
      ['server', 'the cloud', 80],
    ],
  },
  {
    title: 'no policies',
    spec: { networkPolicy: { enabled: false } },
    open: [
      ['outside', 'server', 9091],
      ['client', 'postgres', 5432],
    ],
    closed: [],
  },
];

describe('the network policies', () => {
  for (const { title, spec, policy, open, closed } of tables) {
    describe(`with ${title}`, () => {
      // A second registry beside it has policies, too.
      const policies = [...policiesOf(spec, 'sample', policy), ...policiesOf({}, 'other')];
      for (const [ways, expected] of [
        [open, true],
        [closed, false],
      ] as const) {
        for (const [from, to, port, protocol] of ways) {
          it(`${from} ${expected ? 'reaches' : 'does not reach'} ${to} at ${port}${protocol ?? ''}`, () =>
            expect(mayReach(policies, parties[from], parties[to], port, protocol)).to.equal(expected));
        }
      }
    });
  }

  describe('are read in the same way by cyclonus', function () {
    this.timeout(15 * 60_000); // The first build.
    before(function () {
      if (missingCyclonus === undefined) return;
      process.stderr.write(`    skipped: ${missingCyclonus}\n`);
      this.skip();
    });
    const all = Object.entries(parties) as readonly (readonly [Name, Party])[];
    const ports = [8080, 9090, 9091, 5432, 6379, 53, 443, 80];
    const titleOf = (party: Party) => all.find(([, known]) => known === party)?.[0];
    const ways = all.flatMap(([, from]) =>
      all.flatMap(([, to]) => [
        ...ports.map((port) => ({ from, to, port, protocol: 'TCP' as const })),
        { from, to, port: 53, protocol: 'UDP' as const },
      ]),
    );
    for (const { title, spec, policy } of tables) {
      it(`with ${title}: every party to every other, at every port`, () => {
        const policies = [...policiesOf(spec, 'sample', policy), ...policiesOf({}, 'other')];
        const theirs = askCyclonus(policies, ways);
        expect(theirs).to.have.lengthOf(ways.length);
        const differences = ways.flatMap(({ from, to, port, protocol }, index) =>
          mayReach(policies, from, to, port, protocol) === theirs[index]
            ? []
            : [`${titleOf(from)} to ${titleOf(to)} at ${port} ${protocol}: cyclonus says ${theirs[index]}`],
        );
        expect(differences.slice(0, 20)).to.deep.equal([]);
      });
    }
  });

  it('select every pod that the operator makes, both ways', () => {
    const templates = desired(aRegistry(), anObserved()).flatMap(
      ({ spec }: KubeObject) => (spec as { template?: V1PodTemplateSpec } | undefined)?.template ?? [],
    );
    expect(templates).to.have.lengthOf(3);
    for (const { metadata } of templates) {
      const stranger = { namespace: 'x', labels: {} };
      const made = { namespace: 'team-a', labels: metadata?.labels ?? {} };
      expect(mayReach(policiesOf({}), stranger, made, 1)).to.equal(false);
      expect(mayReach(policiesOf({}), made, stranger, 1)).to.equal(false);
    }
  });
});
