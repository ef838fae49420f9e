import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { Cluster, openKubeConfig } from '../../operator/kube/cluster.ts';
import type { KubeObject, V1PodTemplateSpec } from '../../operator/kube/kubernetes.ts';
import { runOperator } from '../../operator/main.ts';
import { openMetrics } from '../../operator/metrics.ts';
import type { Spec } from '../../operator/registry.ts';
import { readSettings } from '../../operator/settings.ts';
import { conditionOf, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, named } from '../build/children.ts';

const namespace = 'team-a';
const name = 'mine';
const rbac = 'rbac.authorization.k8s.io/v1';
const pod = (spec: object) => ({ podTemplate: { spec } }) as Spec;
const server = (fields: object) => pod({ containers: [{ name: 'server', ...fields }] });
const beside = (fields: object) =>
  pod({ containers: [{ name: 'beside', image: 'example.test/a:1', ...fields }] });
const volume = (source: object) => pod({ volumes: [{ name: 'more', ...source }] });
const annotated = (key: string): Spec => ({
  ingress: { enabled: true, http: { hosts: ['a.example.com'] }, annotations: { [key]: 'a' } },
});
const nginx = (key: string) => annotated(`nginx.ingress.kubernetes.io/${key}`);
const egress = (cidr: string): Spec => ({
  networkPolicy: { extraEgress: [{ to: [{ ipBlock: { cidr } }] }] },
});
const metadata = 'http://169.254.169.254/latest';
const credentialsSecretRef = { name: 'kept' };

/** What a tenant tries, and the field that is named in the refusal. */
const tries: readonly (readonly [field: string, spec: Spec])[] = [
  ['spec.nodeName', pod({ nodeName: 'a' })],
  ['spec.hostNetwork', pod({ hostNetwork: true })],
  ['spec.hostPID', pod({ hostPID: true })],
  ['spec.shareProcessNamespace', pod({ shareProcessNamespace: true })],
  ['spec.hostAliases', pod({ hostAliases: [{ ip: '192.0.2.1', hostnames: ['a'] }] })],
  ['spec.runtimeClassName', pod({ runtimeClassName: 'a' })],
  ['spec.priorityClassName', pod({ priorityClassName: 'system-node-critical' })],
  ['spec.tolerations[0]', pod({ tolerations: [{ operator: 'Exists' }] })],
  ['spec.serviceAccountName', pod({ serviceAccountName: 'powerful' })],
  ['spec.serviceAccount', pod({ serviceAccount: 'powerful' })],
  ['spec.automountServiceAccountToken', pod({ automountServiceAccountToken: true })],
  ['spec.securityContext', pod({ securityContext: { runAsUser: 0 } })],
  ['spec.volumes[more].hostPath', volume({ hostPath: { path: '/' } })],
  ['spec.volumes[more].csi', volume({ csi: { driver: 'a' } })],
  ['spec.volumes[more].persistentVolumeClaim', volume({ persistentVolumeClaim: { claimName: 'a' } })],
  ['spec.volumes[more].secret', volume({ secret: { secretName: 'kept' } })],
  ['spec.volumes[more].secret', volume({ secret: { secretName: `${name}-postgres` } })],
  [
    'spec.volumes[more].projected.sources[0].serviceAccountToken',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 'a' } }] } }),
  ],
  ['spec.containers[beside].envFrom[0].secretRef', beside({ envFrom: [{ secretRef: { name: 'kept' } }] })],
  [
    'spec.containers[beside].env[A].valueFrom.secretKeyRef',
    beside({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'kept', key: 'password' } } }] }),
  ],
  ['spec.containers[beside].securityContext.privileged', beside({ securityContext: { privileged: true } })],
  ['spec.containers[beside].ports[0].hostPort', beside({ ports: [{ containerPort: 1, hostPort: 1 }] })],
  ['spec.containers[beside].volumeMounts', beside({ volumeMounts: [{ name: 'data', mountPath: '/a' }] })],
  ['spec.containers[server].image', server({ image: 'a' })],
  ['spec.containers[server].command', server({ command: ['sh'] })],
  [
    'spec.containers[server].env[NODE_OPTIONS]',
    server({ env: [{ name: 'NODE_OPTIONS', value: '--require=/a' }] }),
  ],
  ['spec.containers[server].env[LD_PRELOAD]', server({ env: [{ name: 'LD_PRELOAD', value: '/a.so' }] })],
  ['spec.containers[server].lifecycle', server({ lifecycle: { preStop: { exec: { command: ['sh'] } } } })],
  [
    'spec.initContainers[a].securityContext',
    pod({ initContainers: [{ name: 'a', image: 'a', securityContext: { runAsUser: 0 } }] }),
  ],
  ['spec.ephemeralContainers', pod({ ephemeralContainers: [] })],
  ['metadata.labels[app]', { podTemplate: { metadata: { labels: { app: 'shop' } } } }],
  [
    'metadata.annotations[sidecar.istio.io/userVolume]',
    { podTemplate: { metadata: { annotations: { 'sidecar.istio.io/userVolume': '[]' } } } },
  ],
  ['spec.ingress.annotations', nginx('configuration-snippet')],
  ['spec.ingress.annotations', nginx('server-snippet')],
  ['spec.ingress.annotations', nginx('auth-url')],
  ['spec.ingress.annotations', nginx('auth-tls-secret')],
  ['spec.ingress.annotations', annotated('traefik.ingress.kubernetes.io/router.middlewares')],
  ['spec.ingress.annotations', annotated('haproxy.org/backend-config-snippet')],
  [
    'spec.ingress.http.tlsSecretName',
    {
      ingress: {
        enabled: true,
        http: { hosts: ['a.example.com'], tlsSecretName: 'kept' },
        certManager: { issuer: 'a' },
      },
    },
  ],
  ['spec.networkPolicy.extraEgress', egress('169.254.169.254/32')],
  ['spec.networkPolicy.extraEgress', egress('fd00:ec2::254/128')],
  [
    'spec.bootstrap.archive.s3.endpoint',
    { bootstrap: { archive: { s3: { bucket: 'abc', endpoint: metadata } } } },
  ],
  ['spec.artifacts.s3.endpoint', { artifacts: { s3: { bucket: 'abc', endpoint: metadata } } }],
  [
    'spec.auth.jwt.jwksUrl',
    { auth: { mode: 'JWT', jwt: { jwksUrl: metadata, issuer: 'a', audience: 'b' } } },
  ],
  ['spec.monitoring.tracing.endpoint', { monitoring: { tracing: { endpoint: metadata } } }],
  ['spec.cache.external', { cache: { external: { host: '2852039166' } } }],
  ['spec.cache.external', { cache: { external: { host: 'evil.test', credentialsSecretRef } } }],
];

describe('a tenant who may edit SchemaRegistry objects, and nothing else', function () {
  this.timeout(120_000);
  const stopping = new AbortController();
  let ended: Promise<void> | undefined;
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let admin: Cluster;
  let tenant: Cluster;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    admin = server.cluster;
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const role = {
      rules: [
        {
          apiGroups: ['llm-schema-registry.io'],
          resources: ['schemaregistries'],
          verbs: ['get', 'create', 'update', 'patch', 'delete'],
        },
      ],
    };
    const binding = {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tenant' },
      subjects: [{ kind: 'ServiceAccount', name: 'tenant', namespace }],
    };
    const kept = {
      metadata: {
        name: 'kept',
        namespace,
        annotations: { 'llm-schema-registry.io/allowed-hosts': 'db.example.com' },
      },
      stringData: { username: 'a', password: 'b' },
    };
    for (const object of [
      named('v1', 'ServiceAccount', 'tenant', namespace),
      named('v1', 'ServiceAccount', 'powerful', namespace),
      named(rbac, 'Role', 'tenant', namespace, role),
      named(rbac, 'RoleBinding', 'tenant', namespace, binding),
      named('v1', 'Secret', 'kept', namespace, kept),
    ])
      await until(`${object.kind} ${object.metadata.name}`, () => admin.apply(object));
    tenant = await clusterOf('tenant');
    const settings = readSettings({
      POD_NAME: 'tenants',
      METRICS_PORT: '0',
      HEALTH_PORT: '0',
      LOG_LEVEL: 'error',
    });
    ended = runOperator({ ...settings, namespace: 'default' }, stopping.signal);
    await tenant.apply(aRegistryNamed(name, {}, namespace));
    await until('the registry is made', () => admin.get(deployment));
  });
  after(async () => {
    stopping.abort();
    await ended;
    await server?.close();
  });

  /** As another program with nothing but this ServiceAccount's token. */
  async function clusterOf(account: string): Promise<Cluster> {
    const answer = await admin.request(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3600 },
      },
    );
    const { token } = (answer as { status: { token: string } }).status;
    const config = openKubeConfig();
    const user = { name: 'tenant', token };
    const { cluster = '' } = config.getContextObject(config.currentContext) ?? {};
    config.loadFromOptions({
      clusters: config.clusters,
      users: [user],
      contexts: [{ name: 'tenant', user: 'tenant', cluster }],
      currentContext: 'tenant',
    });
    return new Cluster(config, openMetrics('test'));
  }

  const deployment = named('apps/v1', 'Deployment', name, namespace);
  const registry = aRegistryNamed(name, {}, namespace);
  const stalledOf = async () => {
    const found = await admin.get(registry);
    const stalled = conditionOf(found, 'Stalled');
    return stalled?.observedGeneration === found.metadata.generation ? stalled : undefined;
  };
  const writes = (spec: Spec) => tenant.apply({ ...registry, spec } as KubeObject, { manager: 'tenant' });
  const templateOf = async () => {
    const { template } = (await admin.get(deployment)).spec as { template: V1PodTemplateSpec };
    return template;
  };

  it('reads no Secret and makes no Pod', async () => {
    for (const path of ['secrets', 'pods', 'serviceaccounts', 'configmaps']) {
      const refused = await tenant
        .request('GET', `/api/v1/namespaces/${namespace}/${path}`)
        .catch((error) => error);
      expect((refused as { code?: number }).code, path).to.equal(403);
    }
  });

  it(`gets nothing of ${tries.length} things that it asks a registry for, and what runs stays as it is`, async () => {
    const before = await admin.get(deployment);
    for (const [field, spec] of tries) {
      await writes(spec);
      const says = await until(`${JSON.stringify(spec)} is refused`, async () => {
        const stalled = await stalledOf();
        return stalled?.status === 'True' ? stalled.message : undefined;
      });
      const path =
        field.startsWith('spec.') && !('podTemplate' in spec) ? field : `spec.podTemplate.${field}`;
      expect(says).to.include(path);
      expect(says.length).to.be.below(600);
      expect((await admin.get(deployment)).spec).to.deep.equal(before.spec);
    }
  });

  it('gets what its owner allows: a Secret by its label, without a hand once that is there', async () => {
    const spec = volume({ secret: { secretName: 'kept' } });
    await writes(spec);
    await until('it is refused', async () => (await stalledOf())?.status === 'True');
    const label = { metadata: { labels: { 'llm-schema-registry.io/allowed-for': name } } };
    const path = `/api/v1/namespaces/${namespace}/secrets/kept`;
    await admin.request('PATCH', path, label, 'application/merge-patch+json');
    await until('it is mounted', async () =>
      (await templateOf()).spec?.volumes?.some(({ secret }) => secret?.secretName === 'kept'),
    );
    await until('nothing is refused', async () => (await stalledOf())?.status === 'False');
  });

  it('gets a ServiceAccount whose owner allows it', async () => {
    const label = { metadata: { labels: { 'llm-schema-registry.io/allowed-for': 'any' } } };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/powerful`;
    await admin.request('PATCH', path, label, 'application/merge-patch+json');
    await writes(pod({ serviceAccountName: 'powerful' }));
    await until('it is used', async () => (await templateOf()).spec?.serviceAccountName === 'powerful');
  });

  it('gets programs of its own, held as tightly as the server', async () => {
    await writes(beside({}));
    const container = await until('it is there', async () =>
      (await templateOf()).spec?.containers.find((each) => each.name === 'beside'),
    );
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect((await templateOf()).spec).to.include({
      serviceAccountName: name,
      automountServiceAccountToken: false,
    });
  });

  it('keeps to the admission policy of docs/security.md', async () => {
    const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    const blocks = text.split(/^```(?:yaml)?$/m);
    const manifest = blocks.find((block) => block.includes('kind: ValidatingAdmissionPolicy\n')) ?? '';
    for (const document of parseAllDocuments(manifest)) await admin.apply(document.toJS() as KubeObject);
    const refusalOf = (spec: Spec) =>
      tenant.apply({ ...registry, spec } as KubeObject, { manager: 'tenant', isDryRun: true }).then(
        () => undefined,
        (error: Error) => error.message,
      );
    const withHost = (host: string): Spec => ({ ingress: { enabled: true, http: { hosts: [host] } } });
    for (const [spec, says] of [
      [{ networkPolicy: { enabled: false } }, 'enabled stays true'],
      [withHost('shop.example.com'), '.schemas.example.com'],
    ] as const satisfies readonly (readonly [Spec, string])[])
      await until(`a refusal: ${says}`, async () => (await refusalOf(spec))?.includes(says));
    for (const spec of [
      { replicas: 3 },
      { networkPolicy: { extraEgress: [] } },
      withHost('a.schemas.example.com'),
    ])
      expect(await refusalOf(spec), JSON.stringify(spec)).to.equal(undefined);
  });

  it("reaches everywhere but the node's credentials", async () => {
    await writes(egress('0.0.0.0/0'));
    const policy = named('networking.k8s.io/v1', 'NetworkPolicy', name, namespace);
    const excepted = await until('the policy is open', async () => {
      const { egress: rules } = (await admin.get(policy)).spec as {
        egress: { to?: { ipBlock?: { cidr: string; except?: string[] } }[] }[];
      };
      return rules.flatMap(({ to = [] }) => to).find(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0')?.ipBlock
        ?.except;
    });
    expect(excepted).to.include('169.254.169.254/32');
  });
});
