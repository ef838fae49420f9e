/** Values that people give the chart, each kind of them at least once; everything that can be switched is on in one and off in another. */
export const chartValues: Readonly<Record<string, object>> = {
  'nothing at all': {},
  'some namespaces, and no right outside them': {
    watchNamespaces: ['team-a', 'team-b'],
    rbac: { userRoles: { create: false } },
    crds: { install: false },
    settings: { leaseNamespace: 'team-a' },
  },
  'a second operator of the cluster': {
    fullnameOverride: 'second-operator',
    watchNamespaces: ['team-a'],
    crds: { install: false },
    rbac: { userRoles: { create: false } },
  },
  'a mirror with its pull secret and digests': {
    global: { imageRegistry: 'mirror.example.com:5000', imagePullSecrets: [{ name: 'mirror' }] },
    image: { digest: `sha256:${'a'.repeat(64)}`, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'other' }],
    registryImages: { server: { tag: '0.2.0' }, postgres: { digest: `sha256:${'b'.repeat(64)}` } },
  },
  'everything off': {
    replicas: 1,
    crds: { install: false },
    rbac: { create: false, userRoles: { create: false } },
    serviceAccount: { create: false },
    admissionWarnings: { enabled: false },
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
    monitoring: { scrapeAnnotations: false },
    tests: { enabled: false },
    settings: { leaderElection: false },
  },
  'a kind that goes with the release, and roles that Kubernetes does not gather': {
    crds: { keep: false },
    rbac: { userRoles: { aggregate: false } },
    serviceAccount: {
      name: 'registries',
      annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/x' },
    },
  },
  'a place of its own': {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'infra', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'infra', operator: 'Exists' }] }],
        },
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'llm-schema-registry-operator' } },
      },
    ],
    priorityClass: { name: 'schema-registries', create: true, value: 5000 },
    podDisruptionBudget: { maxUnavailable: '50%' },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
  },
  'labels, annotations and what is added to the pods': {
    commonLabels: {
      'example.com/team': 'data',
      'app.kubernetes.io/name': 'no-name-of-ours',
      'app.kubernetes.io/part-of': 'data',
    },
    commonAnnotations: {
      'example.com/contact': 'data@example.com: "on call"',
      'helm.sh/resource-policy': 'delete',
    },
    podLabels: { 'example.com/pod': 'true' },
    podAnnotations: {
      'example.com/note': 'a: b # c',
      'prometheus.io/port': '9999',
      'checksum/config': 'none',
    },
    extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.crt' }],
    extraEnvFrom: [{ secretRef: { name: 'proxy', optional: true } }],
    extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/ca', readOnly: true }],
    initContainers: [{ name: 'first', image: 'busybox:1', command: ['true'] }],
    extraContainers: [{ name: 'beside', image: 'busybox:1', command: ['sleep', '1d'] }],
  },
  'policies that are opened, and other ports': {
    settings: {
      logLevel: 'debug',
      workers: 16,
      podTemplatePolicy: 'Unrestricted',
      metadataPolicy: 'Unrestricted',
      secretPolicy: 'Labelled',
      ingressAnnotations: ['example.com/*', 'nginx.ingress.kubernetes.io/auth-url'],
      allowedImages: ['mirror.example.com/schemas'],
      watchSilenceSeconds: 300,
    },
    ports: { metrics: 9000, health: 9001 },
    networkPolicy: {
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      egress: [{ ports: [{ port: 443, protocol: 'TCP' }] }],
    },
  },
  'the Prometheus operator and Grafana': {
    monitoring: {
      podMonitor: {
        enabled: true,
        interval: '1m30s',
        scrapeTimeout: '10s',
        labels: { release: 'kube-prometheus-stack' },
        relabelings: [{ action: 'labeldrop', regex: 'pod' }],
        metricRelabelings: [{ action: 'drop', sourceLabels: ['__name__'], regex: 'go_.*' }],
      },
      prometheusRule: {
        enabled: true,
        labels: { release: 'kube-prometheus-stack' },
        groups: [
          {
            name: 'mine',
            rules: [{ alert: 'Mine', expr: 'up == 0', annotations: { text: '{{ $labels.pod }}' } }],
          },
        ],
      },
      dashboard: { enabled: true, files: { 'operator.json': '{"title": "Operator"}' } },
    },
  },
  'what a platform wants on everything': {
    minReadySeconds: 5,
    progressDeadlineSeconds: 120,
    revisionHistoryLimit: 2,
    deploymentAnnotations: { 'reloader.stakater.com/auto': 'true' },
    deploymentLabels: { 'example.com/tier': 'platform', 'app.kubernetes.io/name': 'no-name-of-ours' },
    schedulerName: 'bin-packing',
    runtimeClassName: 'gvisor',
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.53'], options: [{ name: 'ndots', value: '1' }] },
    hostAliases: [{ ip: '192.0.2.1', hostnames: ['kubernetes.example.com'] }],
    crds: { annotations: { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true' } },
    serviceAccount: { labels: { 'azure.workload.identity/use': 'true' } },
    podDisruptionBudget: { unhealthyPodEvictionPolicy: 'IfHealthyBudget' },
    priorityClass: { name: 'registries', create: true, preemptionPolicy: 'Never', description: 'a: b' },
    monitoring: {
      service: { enabled: true, annotations: { 'prometheus.io/scrape': 'true' }, labels: { team: 'data' } },
      podMonitor: {
        ...{ enabled: true, namespace: 'monitoring', annotations: { a: 'b' }, honorLabels: true },
      },
      prometheusRule: {
        ...{ enabled: true, namespace: 'monitoring', annotations: { a: 'b' }, alertLabels: { team: 'data' } },
      },
      dashboard: { enabled: true, namespace: 'monitoring', annotations: { grafana_folder: 'Schemas' } },
    },
    hooks: {
      annotations: { 'sidecar.istio.io/inject': 'false', 'helm.sh/hook': 'never' },
      labels: { 'example.com/hook': 'true' },
      resources: { requests: { cpu: '10m' }, limits: { cpu: '100m', memory: '64Mi' } },
    },
    extraObjects: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'extra', namespace: 'team-a' },
        data: { text: '{{ .Values }}' },
      },
    ],
    registries: { sample: {} },
  },
  'every map taken away': {
    deploymentAnnotations: null,
    deploymentLabels: null,
    dnsConfig: null,
    crds: { annotations: null },
    hooks: { annotations: null, labels: null, resources: null },
    monitoring: {
      service: { enabled: true, annotations: null, labels: null },
      prometheusRule: { enabled: true, alertLabels: null, annotations: null },
    },
    commonLabels: null,
    commonAnnotations: null,
    strategy: null,
    serviceAccount: { annotations: null, labels: null },
    podAnnotations: null,
    podLabels: null,
    podSecurityContext: null,
    securityContext: null,
    resources: null,
    livenessProbe: null,
    readinessProbe: null,
    nodeSelector: null,
    affinity: null,
    registries: null,
  },
  registries: {
    registries: {
      sample: {},
      production: {
        namespace: 'team-a',
        labels: { team: 'data' },
        annotations: { 'example.com/contact': 'data' },
        spec: {
          auth: { mode: 'ApiKey' },
          tls: { mode: 'Operator' },
          resources: { limits: { cpu: 2, memory: '2Gi' } },
          podTemplate: { spec: { nodeSelector: { disk: 'fast' } } },
        },
      },
    },
  },
};

const registry = (spec: object) => ({ registries: { sample: { spec } } });

/** What the notes say of an install, and what they do not. */
export const notes: readonly {
  readonly title: string;
  readonly values: object;
  readonly says: readonly string[];
  readonly saysNot?: readonly string[];
}[] = [
  {
    title: 'how to make a registry where there is none, and that it would be open',
    values: {},
    says: ['There is no registry yet', 'namespace: default', 'over plain HTTP', 'every namespace'],
    saysNot: ['OPEN', 'CAREFUL'],
  },
  {
    title: 'which namespaces are looked after',
    values: { watchNamespaces: ['team-a', 'team-b'] },
    says: ['these namespaces: team-a, team-b', 'namespace: team-a'],
  },
  {
    title: 'the URL, the first call and what is open',
    values: registry({}),
    says: [
      'http://sample.llm-schema-registry.svc',
      'http://localhost:8081/subjects/first-value/versions',
      'service/sample 8081:80',
      'OPEN: no authentication',
      'OPEN: no TLS',
    ],
    saysNot: ['no network policies', 'X-API-Key'],
  },
  {
    title: 'nothing open where nothing is',
    values: registry({ auth: { mode: 'ApiKey' }, tls: { mode: 'Operator' } }),
    says: [
      'https://sample.llm-schema-registry.svc',
      '8081:443',
      'X-API-Key: $KEY',
      'get secret -n llm-schema-registry sample-auth',
    ],
    saysNot: ['OPEN'],
  },
  {
    title: 'that keys are read on the way where there is no TLS',
    values: registry({ auth: { mode: 'JWT' } }),
    says: ['Authorization: Bearer', 'their keys and tokens included'],
    saysNot: ['no authentication'],
  },
  {
    title: 'that there are no network policies',
    values: registry({ networkPolicy: { enabled: false } }),
    says: ['OPEN: no network policies'],
  },
  {
    title: 'that clients outside are not encrypted',
    values: registry({ ingress: { enabled: true, http: { hosts: ['a.example.com'] } } }),
    says: ['OPEN: no TLS between the Ingress of sample'],
    saysNot: ['OPEN: no TLS between the Gateway'],
  },
  {
    title: 'that only some of them are',
    values: registry({
      ingress: {
        enabled: true,
        http: { hosts: ['a.example.com'], tlsSecretName: 'web' },
        grpc: { hosts: ['b.example.com'] },
      },
      gateway: { parentRefs: [{ name: 'public' }], hostnames: ['c.example.com'], tls: false },
    }),
    says: ['OPEN: no TLS between the Ingress of sample', 'OPEN: no TLS between the Gateway of sample'],
  },
  {
    title: 'nothing of an Ingress that has TLS',
    values: registry({
      ingress: {
        enabled: true,
        http: { hosts: ['a.example.com'] },
        certManager: { clusterIssuer: 'public' },
      },
    }),
    says: ['OPEN: no authentication'],
    saysNot: ['OPEN: no TLS between'],
  },
  {
    title: 'the policies that are opened, and a kind that goes with the release',
    values: {
      crds: { keep: false },
      settings: { podTemplatePolicy: 'Unrestricted', metadataPolicy: 'Unrestricted' },
    },
    says: [
      'settings.podTemplatePolicy is Unrestricted',
      'settings.metadataPolicy is Unrestricted',
      'CAREFUL: crds.keep',
    ],
  },
];

/** What is refused, and words of the answer. */
export const refusedValues: readonly {
  readonly title: string;
  readonly values: object;
  readonly words: RegExp;
}[] = [
  { title: 'a misspelled value', values: { replica: 3 }, words: /replica\b/ },
  {
    title: 'a misspelled value within another',
    values: { crds: { instal: true } },
    words: /crds[\s\S]*instal\b/,
  },
  { title: 'a group of values that is taken away', values: { monitoring: null }, words: /monitoring/ },
  { title: 'text for a number', values: { replicas: 'two' }, words: /replicas[\s\S]*integer/ },
  { title: 'a level of the log that is none', values: { settings: { logLevel: 'loud' } }, words: /logLevel/ },
  { title: 'a namespace that is none', values: { watchNamespaces: ['Team A'] }, words: /watchNamespaces/ },
  { title: 'a digest that is none', values: { image: { digest: 'sha256:12' } }, words: /digest/ },
  {
    title: 'a misspelled field of a registry',
    values: { registries: { sample: { spec: { replica: 1 } } } },
    words: /registries[\s\S]*sample[\s\S]*replica\b/,
  },
  {
    title: 'a mode of a registry that is none',
    values: { registries: { sample: { spec: { auth: { mode: 'None' } } } } },
    words: /registries[\s\S]*auth[\s\S]*mode/,
  },
  {
    title: 'a name of a registry that is none',
    values: { registries: { Sample_1: {} } },
    words: /Sample_1|registries/,
  },
  {
    title: 'a PriorityClass without a name',
    values: { priorityClass: { create: true } },
    words: /priorityClass.name/,
  },
];
