import { V1Container, V1PodSpec, V1SecurityContext, V1Volume } from '@kubernetes/client-node';
import { expect } from 'chai';
import { deployment } from '../../../operator/desired/deployment.ts';
import { overlaySecrets } from '../../../operator/desired/overlay-references.ts';
import type { KubeObject, V1PodTemplateSpec } from '../../../operator/kube/kubernetes.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry, aSecret, someCertificates } from '../../build/registry.ts';

type Overlay = NonNullable<Spec['podTemplate']>;

const label = 'llm-schema-registry.io/allowed-for';
const namedSecrets = [
  aSecret('of-others', {}),
  aSecret('of-another-registry', {}, { labels: { [label]: 'billing' } }),
  aSecret('for-us', {}, { labels: { [label]: 'sample' } }),
  aSecret('for-all', {}, { labels: { [label]: 'any' } }),
];
const account = (name: string, labels: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'team-a', labels },
});

function templateOf(podTemplate: unknown, serviceAccount?: KubeObject): V1PodTemplateSpec {
  const registry = aRegistry({ podTemplate: podTemplate as Overlay });
  const made = deployment(registry, anObserved({ namedSecrets, serviceAccount }));
  const { template } = (made?.spec ?? {}) as { template: V1PodTemplateSpec };
  return template;
}

const pod = (spec: object) => ({ spec });
const server = (fields: object) => pod({ containers: [{ name: 'server', ...fields }] });
const beside = (fields: object, rest: object = {}) =>
  pod({ containers: [{ name: 'beside', image: 'example.test/beside:1', ...fields }], ...rest });
const before = (fields: object) =>
  pod({ initContainers: [{ name: 'first', image: 'example.test/first:1', ...fields }] });
const volume = (source: object) => pod({ volumes: [{ name: 'more', ...source }] });
const annotated = (key: string) => ({ metadata: { annotations: { [key]: 'x' } } });
const labelled = (key: string) => ({ metadata: { labels: { [key]: 'x' } } });
const toSecret = (name: string) => ({ name: 'A', valueFrom: { secretKeyRef: { name, key: 'a' } } });
const mounted = (mountPath: string) => ({
  spec: {
    containers: [{ name: 'server', volumeMounts: [{ name: 'more', mountPath }] }],
    volumes: [{ name: 'more', configMap: { name: 'more' } }],
  },
});

/** By the field that is named in the refusal, below spec.podTemplate. */
const refused: readonly (readonly [field: string, overlay: object])[] = [
  // The node.
  ['spec.nodeName', pod({ nodeName: 'control-plane' })],
  ['spec.hostNetwork', pod({ hostNetwork: true })],
  ['spec.hostPID', pod({ hostPID: true })],
  ['spec.hostIPC', pod({ hostIPC: true })],
  ['spec.hostUsers', pod({ hostUsers: true })],
  ['spec.shareProcessNamespace', pod({ shareProcessNamespace: true })],
  ['spec.runtimeClassName', pod({ runtimeClassName: 'host' })],
  ['spec.priorityClassName', pod({ priorityClassName: 'system-node-critical' })],
  ['spec.priority', pod({ priority: 1_000_000 })],
  ['spec.tolerations[0]', pod({ tolerations: [{ operator: 'Exists' }] })],
  [
    'spec.tolerations[0]',
    pod({ tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] }),
  ],
  ['spec.volumes[more].hostPath', volume({ hostPath: { path: '/' } })],
  ['spec.containers[beside].ports[0].hostPort', beside({ ports: [{ containerPort: 1, hostPort: 1 }] })],
  ['spec.containers[beside].securityContext.privileged', beside({ securityContext: { privileged: true } })],
  [
    'spec.initContainers[first].securityContext.privileged',
    before({ securityContext: { privileged: true } }),
  ],
  ['spec.containers[beside].securityContext.runAsUser', beside({ securityContext: { runAsUser: 0 } })],
  [
    'spec.containers[beside].securityContext.runAsNonRoot',
    beside({ securityContext: { runAsNonRoot: null } }),
  ],
  [
    'spec.containers[beside].securityContext.capabilities.add',
    beside({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }),
  ],
  [
    'spec.containers[beside].securityContext.seccompProfile.type',
    beside({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
  ],
  [
    'spec.containers[beside].securityContext.procMount',
    beside({ securityContext: { procMount: 'Unmasked' } }),
  ],
  [
    'spec.containers[beside].livenessProbe.httpGet.host',
    beside({ livenessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } }),
  ],
  [
    'spec.containers[beside].lifecycle.postStart.tcpSocket.host',
    beside({ lifecycle: { postStart: { tcpSocket: { host: '127.0.0.1', port: 10250 } } } }),
  ],
  // The identity of others.
  ['spec.serviceAccountName', pod({ serviceAccountName: 'cluster-admin' })],
  ['spec.serviceAccountName', pod({ serviceAccountName: null })],
  ['spec.serviceAccount', pod({ serviceAccount: 'cluster-admin' })],
  ['spec.automountServiceAccountToken', pod({ automountServiceAccountToken: true })],
  ['spec.automountServiceAccountToken', pod({ automountServiceAccountToken: null })],
  [
    'spec.volumes[more].projected.sources[0].serviceAccountToken',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }),
  ],
  // The Secrets of others.
  ['spec.volumes[more].secret.secretName', volume({ secret: { secretName: 'of-others' } })],
  ['spec.volumes[more].secret.secretName', volume({ secret: { secretName: 'of-another-registry' } })],
  ['spec.volumes[more].secret.secretName', volume({ secret: { secretName: 'not-there', optional: true } })],
  ['spec.volumes[more].secret.secretName', volume({ secret: { secretName: 'sample-ca' } })],
  [
    'spec.volumes[more].projected.sources[0].secret.name',
    volume({ projected: { sources: [{ secret: { name: 'of-others' } }] } }),
  ],
  ['spec.volumes[more].csi', volume({ csi: { driver: 'secrets-store.csi.k8s.io' } })],
  ['spec.volumes[more].persistentVolumeClaim', volume({ persistentVolumeClaim: { claimName: 'data' } })],
  ['spec.volumes[more].ephemeral', volume({ ephemeral: {} })],
  ['spec.containers[beside].env[A].valueFrom.secretKeyRef.name', beside({ env: [toSecret('of-others')] })],
  ['spec.initContainers[first].env[A].valueFrom.secretKeyRef.name', before({ env: [toSecret('of-others')] })],
  [
    'spec.containers[beside].envFrom[0].secretRef.name',
    beside({ envFrom: [{ secretRef: { name: 'of-others' } }] }),
  ],
  // The server's own keys, and its own program.
  ['spec.volumes[tmp].secret', pod({ volumes: [{ name: 'tmp', secret: { secretName: 'for-us' } }] })],
  ['spec.volumes[data].configMap', pod({ volumes: [{ name: 'data', configMap: { name: 'a' } }] })],
  ['spec.volumes', pod({ volumes: null })],
  [
    'spec.containers[beside].volumeMounts[/keys].name',
    beside({ volumeMounts: [{ name: 'tls', mountPath: '/keys' }] }),
  ],
  [
    'spec.containers[beside].volumeMounts[/tmp].name',
    beside({ volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }),
  ],
  ...[
    '/app',
    '/usr/local/bin',
    '/etc/ssl/certs',
    '/mnt',
    '/mnt/../app',
    '/ca/../app',
    '/node_modules',
    '/cargo',
    '/',
    '/tmp',
    '/data',
  ].map((path) => [`spec.containers[server].volumeMounts[${path}]`, mounted(path)] as const),
  ...['NODE_OPTIONS', 'NODE_PATH', 'LD_PRELOAD', 'LD_LIBRARY_PATH', 'OPENSSL_CONF', 'PATH', 'PGOPTIONS'].map(
    (name) => [`spec.containers[server].env[${name}]`, server({ env: [{ name, value: 'x' }] })] as const,
  ),
  ...['AWS_ENDPOINT_URL', 'HTTPS_PROXY', 'S3_ENDPOINT', 'AUTH_KEYS_FILE', 'DATA_FOLDER'].map(
    (name) => [`spec.containers[server].env[${name}]`, server({ env: [{ name, value: 'x' }] })] as const,
  ),
  ['spec.containers[server].env', server({ env: null })],
  ['spec.containers[server].envFrom', server({ envFrom: [{ configMapRef: { name: 'a' } }] })],
  ['spec.containers[server].lifecycle', server({ lifecycle: { postStart: { exec: { command: ['sh'] } } } })],
  ['spec.containers[server].readinessProbe.exec', server({ readinessProbe: { exec: { command: ['sh'] } } })],
  ['spec.containers[server].workingDir', server({ workingDir: '/mnt' })],
  ['spec.hostAliases', pod({ hostAliases: [{ ip: '192.0.2.1', hostnames: ['db.example.com'] }] })],
  ['spec.dnsConfig.nameservers', pod({ dnsConfig: { nameservers: ['192.0.2.1'] } })],
  ['spec.dnsPolicy', pod({ dnsPolicy: 'None' })],
  ['spec.subdomain', pod({ subdomain: 'other' })],
  // The traffic of others.
  ...['app', 'k8s-app', 'name', 'app.kubernetes.io/version', 'statefulset.kubernetes.io/pod-name'].map(
    (key) => [`metadata.labels[${key}]`, labelled(key)] as const,
  ),
  ['metadata.labels[llm-schema-registry.io/allowed-for]', labelled(label)],
  // What others put into a pod when it asks for it.
  ...[
    'sidecar.istio.io/userVolume',
    'sidecar.istio.io/proxyImage',
    'traffic.sidecar.istio.io/excludeOutboundPorts',
    'config.linkerd.io/proxy-image',
    'k8s.v1.cni.cncf.io/networks',
    'container.apparmor.security.beta.kubernetes.io/server',
    'seccomp.security.alpha.kubernetes.io/pod',
    'vault.hashicorp.com/agent-inject-secret-db',
    'iam.amazonaws.com/role',
    'instrumentation.opentelemetry.io/inject-nodejs',
    'admission.datadoghq.com/js-lib.custom-image',
    'io.kubernetes.cri-o.Devices',
  ].map((key) => [`metadata.annotations[${key}]`, annotated(key)] as const),
  ['spec.containers[server]', pod({ containers: [{ name: 'server' }, { name: 'server' }] })],
  ['spec.$patch', pod({ $patch: 'replace' })],
  ['spec.constructor', pod({ constructor: {} })],
];

const allowed: Readonly<Record<string, object>> = {
  scheduling: pod({
    nodeSelector: { disk: 'fast' },
    tolerations: [{ key: 'gpu', operator: 'Exists' }],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    topologySpreadConstraints: null,
    schedulerName: 'other',
    priorityClassName: 'high',
  }),
  'labels and annotations of a domain of their own': {
    metadata: {
      labels: { team: 'a', 'example.com/cost': 'b' },
      annotations: {
        'example.com/owner': 'a',
        'prometheus.io/scrape': 'false',
        'sidecar.istio.io/inject': 'true',
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true',
      },
    },
  },
  'a file of a ConfigMap below /mnt, and whom to trust': {
    spec: {
      containers: [
        {
          name: 'server',
          env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/mnt/ca/ca.crt' }],
          volumeMounts: [{ name: 'ca', mountPath: '/mnt/ca', readOnly: true }],
          readinessProbe: { periodSeconds: 7 },
        },
      ],
      volumes: [{ name: 'ca', configMap: { name: 'our-ca' } }],
    },
  },
  'a file of a ConfigMap at /ca': mounted('/ca'),
  'a header for the collector, from a Secret whose owner allows it': server({
    env: [
      { name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'for-us', key: 'headers' } } },
    ],
  }),
  'Secrets whose owners allow it, in a container beside the server': beside(
    {
      env: [toSecret('for-us')],
      envFrom: [{ secretRef: { name: 'for-all' } }, { configMapRef: { name: 'any' } }],
      volumeMounts: [{ name: 'more', mountPath: '/keys' }],
    },
    {
      volumes: [
        { name: 'more', projected: { sources: [{ secret: { name: 'for-us' } }] } },
        { name: 'other', secret: { secretName: 'for-all' } },
      ],
    },
  ),
  'a container that runs first': before({ command: ['true'], securityContext: { runAsUser: 7 } }),
  'more room for its own files': pod({ volumes: [{ name: 'data', emptyDir: { sizeLimit: '5Gi' } }] }),
  'options of DNS': pod({ dnsConfig: { options: [{ name: 'ndots', value: '2' }] } }),
};

describe('what an overlay may set where the operator restricts it', () => {
  for (const [field, overlay] of refused)
    it(`not ${field}: ${JSON.stringify(overlay).slice(0, 120)}`, () =>
      expect(() => templateOf(overlay))
        .to.throw(BadSpec, `spec.podTemplate.${field}`)
        .with.property('message')
        .matches(/ because .*; .* \(PODTEMPLATE_POLICY of the operator is Restricted\)$/s));

  for (const overlay of [
    pod({ containers: null }),
    pod({ containers: { name: 'server' } }),
    pod({ containers: ['server'] }),
    pod({ containers: [null] }),
    server({ env: {} }),
    server({ env: 'A=b' }),
    pod({ volumes: [[]] }),
    { spec: [] },
    { metadata: { labels: [] } },
  ])
    it(`not what is no overlay at all: ${JSON.stringify(overlay)}`, () =>
      expect(() => templateOf(overlay)).to.throw(BadSpec, /^spec\.podTemplate\..* write /));

  it('not the names of volumes that the operator has, nor a look into them', () => {
    const says = (podTemplate: object) => () =>
      deployment(
        aRegistry({ tls: { mode: 'Operator' }, podTemplate: podTemplate as Overlay }),
        anObserved({ certificates: someCertificates }),
      );
    const mount = (name: string) => beside({ volumeMounts: [{ name, mountPath: '/a' }] });
    expect(says(pod({ volumes: [{ name: 'tls', emptyDir: {} }] }))).to.throw(BadSpec, 'spec.volumes[tls]');
    expect(says(mount('tls'))).to.throw(BadSpec, "the server's hold its keys");
    expect(says(mount('authority'))).not.to.throw();
  });

  for (const [title, overlay] of Object.entries(allowed))
    it(title, () => expect(templateOf(overlay).spec?.containers[0]?.name).to.equal('server'));

  it('a ServiceAccount whose owner allows it, with its token; nobody else in its place', () => {
    const overlay = pod({ serviceAccountName: 'robot', automountServiceAccountToken: true });
    const { spec } = templateOf(overlay, account('robot', { [label]: 'sample' }));
    expect(spec).to.include({ serviceAccountName: 'robot', automountServiceAccountToken: true });
    for (const other of [
      account('robot', {}),
      account('robot', { [label]: 'billing' }),
      account('another', { [label]: 'any' }),
    ])
      expect(() => templateOf(overlay, other)).to.throw(
        BadSpec,
        'kubectl label serviceaccount robot llm-schema-registry.io/allowed-for=sample',
      );
  });

  it('gives containers of the overlay no more than Pod Security restricted, whatever they say', () => {
    const { spec } = templateOf({
      spec: {
        initContainers: [{ name: 'first', image: 'a' }],
        containers: [
          { name: 'beside', image: 'a', securityContext: { capabilities: { add: ['NET_BIND_SERVICE'] } } },
        ],
      },
    });
    const secure = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(spec?.initContainers?.[0]?.securityContext).to.deep.equal(secure);
    expect(spec?.containers[1]?.securityContext).to.deep.equal({
      ...secure,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    });
  });

  it('names in its refusal no more than the beginning of a long value, and no variable that might be a password', () => {
    const says = (overlay: object) => {
      try {
        return templateOf(overlay) && '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(says(pod({ hostAliases: ['x'.repeat(600_000)] })).length).to.be.below(500);
    expect(says({ spec: { ['x'.repeat(600_000)]: 1 } }).length).to.be.below(500);
    expect(says(server({ env: [{ name: 'PGPASSWORD', value: 'hunter2' }] }))).not.to.include('hunter2');
  });

  it('asks for the Secrets that an overlay names, and for no more than a few', () => {
    const secretsOf = (podTemplate: object) =>
      overlaySecrets(aRegistry({ podTemplate: podTemplate as Overlay }));
    expect(
      secretsOf(allowed['Secrets whose owners allow it, in a container beside the server'] ?? {}),
    ).to.have.members(['for-us', 'for-all']);
    expect(secretsOf(beside({ envFrom: [{ secretRef: { name: '../../pods' } }] }))).to.deep.equal([]);
    const many = Array.from({ length: 500 }, (_, index) => ({ secretRef: { name: `secret-${index}` } }));
    expect(secretsOf(beside({ envFrom: many })).length).to.be.below(100);
  });

  // What Kubernetes adds later is refused until somebody has thought of it.
  for (const [title, type, field, overlayOf, open] of [
    [
      'a pod',
      V1PodSpec,
      'spec.',
      (name: string) => pod({ [name]: {} }),
      'affinity dnsConfig nodeSelector priorityClassName readinessGates schedulerName topologySpreadConstraints',
    ],
    [
      'a container beside the server',
      V1Container,
      'spec.containers[beside].',
      (name: string) => beside({ [name]: {} }),
      'args command image imagePullPolicy lifecycle livenessProbe name readinessProbe resizePolicy resources restartPolicy securityContext startupProbe terminationMessagePath terminationMessagePolicy workingDir',
    ],
    [
      'the server',
      V1Container,
      'spec.containers[server].',
      (name: string) => server({ [name]: {} }),
      'livenessProbe name readinessProbe startupProbe',
    ],
    [
      'the security of a container',
      V1SecurityContext,
      'spec.containers[beside].securityContext.',
      (name: string) => beside({ securityContext: { [name]: {} } }),
      'appArmorProfile capabilities readOnlyRootFilesystem seccompProfile',
    ],
    [
      'a volume',
      V1Volume,
      'spec.volumes[',
      (name: string) => volume({ [name]: {} }),
      'configMap downwardAPI emptyDir name projected secret',
    ],
  ] as const)
    it(`of ${title}, of all fields that Kubernetes has: ${open}`, () => {
      const names = type.getAttributeTypeMap().map(({ baseName }) => baseName);
      const passed = names.filter((name) => {
        try {
          return templateOf(overlayOf(name)) !== undefined;
        } catch (error) {
          expect((error as Error).message).to.include(`spec.podTemplate.${field}`);
          return false;
        }
      });
      expect(passed.sort().join(' ')).to.equal(open);
    });
});
