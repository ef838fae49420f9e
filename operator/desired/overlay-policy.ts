import { apiGroup } from '../kube/kinds.ts';
import type { V1PodTemplateSpec } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { consentCommand, isAllowedFor } from './consent.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Context {
  readonly registry: Registry;
  readonly observed: Pick<Observed, 'namedSecrets' | 'serviceAccount'>;
  /** Of the operator's own volumes, and of those that the overlay brings. */
  readonly ownVolumes: ReadonlySet<string>;
  readonly newVolumes: ReadonlySet<string>;
}

/** Throws BadSpec where a value is more than an overlay may have. */
type Rule = (value: unknown, field: string, context: Context) => void;

/** Why a field is nobody's to set, and what would be right. */
interface No {
  readonly because: string;
  readonly instead?: string;
}

type Rules = Readonly<Record<string, Rule | No>>;

/**
 * What an overlay may set under PODTEMPLATE_POLICY=Restricted, field by field; what has no line here is refused. The
 * measure is what somebody gains who may edit a SchemaRegistry and nothing else of the namespace: programs of their own
 * beside the server, yes; what belongs to others (Secrets, ServiceAccounts, nodes, the traffic of another app), only
 * with the owner's consent.
 * @throws BadSpec that names the field, the reason and what would be right
 */
export function mustBeAllowed(
  registry: Registry,
  observed: Context['observed'],
  template: V1PodTemplateSpec,
): void {
  const overlay = registry.podTemplate as Fields;
  const ownVolumes = new Set((template.spec?.volumes ?? []).map(({ name }) => name));
  const given = (overlay.spec as { volumes?: unknown } | undefined)?.volumes;
  const newVolumes = new Set(
    (Array.isArray(given) ? given : []).map((volume) => String((volume as Fields | null)?.name)),
  );
  for (const name of ownVolumes) newVolumes.delete(name);
  only(podTemplate)(overlay, 'spec.podTemplate', { registry, observed, ownVolumes, newVolumes });
}

/** The Secrets that an overlay names: their labels say whether it may. */
export function overlaySecrets({ podTemplate, policy }: Registry): readonly string[] {
  if (podTemplate?.spec === undefined || policy.podTemplate === 'Unrestricted') return [];
  const found = new Set<string>();
  const walk = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, key);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const { name, secretName } = value as Fields;
    if (['secretKeyRef', 'secretRef', 'secret'].includes(key))
      for (const text of [name, secretName]) if (isNameOfObject(text)) found.add(text);
    for (const [inner, item] of Object.entries(value)) walk(item, inner);
  };
  walk(podTemplate.spec, '');
  return [...found].slice(0, mostSecrets);
}

/** Each is read and watched by itself. */
const mostSecrets = 32;

/** The ServiceAccount that an overlay names; undefined where it is the registry's own. */
export function overlayServiceAccount({ podTemplate, policy }: Registry): string | undefined {
  const name = (podTemplate?.spec as Fields | undefined)?.serviceAccountName;
  return policy.podTemplate === 'Restricted' && isNameOfObject(name) ? name : undefined;
}

function isNameOfObject(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text);
}

function refuse(field: string, value: unknown, because: string, instead = 'leave it out'): never {
  const text = JSON.stringify(value) ?? '';
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new BadSpec(`${field}: ${shown} is not allowed, because ${because}; ${instead}${seeAlso}`);
}

/** For what may hold a password. */
function refuseUnseen(field: string, because: string, instead = 'leave it out'): never {
  throw new BadSpec(`${field} is not allowed, because ${because}; ${instead}${seeAlso}`);
}

const seeAlso = ' (PODTEMPLATE_POLICY of the operator is Restricted)';

const anything: Rule = () => undefined;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function only(rules: Rules): Rule {
  return (value, field, context) => {
    if (!isFields(value)) refuse(field, value, 'it is no object with fields', 'write one');
    for (const [key, inner] of Object.entries(value)) {
      const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
      const path = `${field}.${key.slice(0, 100)}`;
      if (rule === undefined) refuse(path, inner, 'it is not among the fields that an overlay may set');
      if (typeof rule === 'function') rule(inner, path, context);
      else refuse(path, inner, rule.because, rule.instead);
    }
  };
}

/** Items are shown by their name where they have one. */
function listOf(rule: (item: Fields) => Rule): Rule {
  return (value, field, context) => {
    if (!Array.isArray(value)) refuse(field, value, 'it is no list', 'write a list');
    const seen = new Set<unknown>();
    for (const [index, item] of value.entries()) {
      const { name, mountPath } = (item ?? {}) as Fields;
      const key = mountPath ?? name;
      const place = `${field}[${typeof key === 'string' ? key.slice(0, 100) : index}]`;
      if (!isFields(item)) refuse(place, item, 'it is no object with fields', 'write one');
      if (key !== undefined && seen.has(key)) refuse(place, key, 'it stands there twice', 'write it once');
      seen.add(key);
      rule(item)(item, place, context);
    }
  };
}

function oneOf(...allowed: readonly unknown[]): (because: string) => Rule {
  return (because) => (value, field) => {
    if (allowed.includes(value)) return;
    const words = allowed.map((each) => JSON.stringify(each)).join(' or ');
    refuse(field, value, because, `write ${words}, or leave it out`);
  };
}

const secretRule: Rule = (name, field, { registry, observed }) => {
  if (!isNameOfObject(name)) refuse(field, name, 'it is no name of a Secret', 'write the name of one');
  const secret = observed.namedSecrets.find(({ metadata }) => metadata.name === name);
  if (secret !== undefined && isAllowedFor(secret, registry)) return;
  const because =
    secret === undefined ? 'there is no such Secret' : 'the Secret does not say that it may be used here';
  refuse(field, name, because, `its owner allows it by: ${consentCommand('secret', name, registry)}`);
};

const serviceAccountRule: Rule = (name, field, { registry, observed }) => {
  const account = observed.serviceAccount;
  if (account !== undefined && account.metadata.name === name && isAllowedFor(account, registry)) return;
  if (!isNameOfObject(name)) refuse(field, name, 'it is no name of a ServiceAccount');
  const because =
    'a pod has all the rights of its ServiceAccount, and this one does not say that it may be used here';
  refuse(field, name, because, `its owner allows it by: ${consentCommand('serviceaccount', name, registry)}`);
};

/** Only the rights of a ServiceAccount whose owner has agreed come with a token. */
const tokenRule: Rule = (value, field, context) => {
  if (value === false) return;
  const spec = context.registry.podTemplate?.spec as Fields | undefined;
  if (value === true && spec?.serviceAccountName !== undefined) return;
  refuse(
    field,
    value,
    'the server needs no token of the API server',
    'write false, or name a serviceAccountName that is allowed here',
  );
};

const theNode = "it is the node's, and not the pod's";
const anotherName = 'it changes who answers to a name, and the server sends its passwords there';

const timing: Rules = {
  initialDelaySeconds: anything,
  periodSeconds: anything,
  timeoutSeconds: anything,
  successThreshold: anything,
  failureThreshold: anything,
};

const handlerHost: No = {
  because: 'the kubelet would speak to it from the node',
  instead: 'leave it out: it is the pod then',
};
const handler: Rules = {
  exec: anything,
  grpc: anything,
  sleep: anything,
  httpGet: only({
    path: anything,
    port: anything,
    scheme: anything,
    httpHeaders: anything,
    host: handlerHost,
  }),
  tcpSocket: only({ port: anything, host: handlerHost }),
};
const probe = only({ ...timing, ...handler });

/** Variables of the server's own container that neither change what runs in it nor where it sends what it knows. */
const serverVariables = new Set([
  'NODE_EXTRA_CA_CERTS',
  'TZ',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SERVICE_NAME',
]);

const valueFrom = only({
  fieldRef: anything,
  resourceFieldRef: anything,
  configMapKeyRef: anything,
  secretKeyRef: only({ name: secretRule, key: anything, optional: anything }),
});

const serverVariable = (item: Fields): Rule =>
  serverVariables.has(String(item.name))
    ? only({ name: anything, value: anything, valueFrom })
    : (_value, field) =>
        refuseUnseen(
          field,
          "a variable of the server's own container may change which program runs there, or where it sends what it knows",
          `leave it out; these may be set: ${[...serverVariables].join(', ')}`,
        );

const variableFrom = (): Rule =>
  only({
    prefix: anything,
    configMapRef: anything,
    secretRef: only({ name: secretRule, optional: anything }),
  });

/** Elsewhere there may be a program, or a file that decides which one runs: Node.js looks for modules up to /node_modules. */
const harmlessPath = /^\/(mnt\/\w[\w.-]*|ca|certs|config)(\/\w[\w.-]*)*$/;

const mountOf =
  (isServer: boolean) =>
  ({ name, mountPath }: Fields): Rule =>
  (value, field, context) => {
    const isPublic = name === 'authority' && !isServer && context.ownVolumes.has('authority');
    if (!isPublic && !context.newVolumes.has(String(name)))
      refuse(
        `${field}.name`,
        name,
        "a container mounts the volumes of the overlay alone; the server's hold its keys",
      );
    if (isServer && !(typeof mountPath === 'string' && harmlessPath.test(mountPath)))
      refuse(
        field,
        mountPath,
        'elsewhere it could take the place of the program',
        'mount it below /mnt, such as /mnt/ca, or at /ca, /certs or /config',
      );
    only({
      name: anything,
      mountPath: anything,
      subPath: anything,
      subPathExpr: anything,
      readOnly: anything,
      recursiveReadOnly: anything,
      mountPropagation: { because: 'it reaches into the mounts of the node' },
    })(value, field, context);
  };

const port = (): Rule =>
  only({
    name: anything,
    containerPort: anything,
    protocol: anything,
    hostPort: { because: theNode, instead: 'leave it out; spec.service.type has NodePort' },
    hostIP: { because: theNode },
  });

const rootRule: Rule = (value, field) => {
  if (!Number.isInteger(value) || (value as number) <= 0)
    refuse(field, value, 'it is root', 'write a number above 0');
};
const profile = only({ type: oneOf('RuntimeDefault')('another profile lets more system calls through') });
const strict = 'no pod of a registry has more than Pod Security restricted';

/** Tighter than the default, not wider. */
const containerSecurity = only({
  runAsNonRoot: oneOf(true)(strict),
  runAsUser: rootRule,
  runAsGroup: rootRule,
  readOnlyRootFilesystem: anything,
  allowPrivilegeEscalation: oneOf(false)(strict),
  privileged: oneOf(false)(strict),
  seccompProfile: profile,
  appArmorProfile: profile,
  capabilities: only({
    drop: anything,
    add: (value, field) => {
      const isBind = Array.isArray(value) && value.every((each) => each === 'NET_BIND_SERVICE');
      if (!isBind) refuse(field, value, strict, 'write ["NET_BIND_SERVICE"], or leave it out');
    },
  }),
});

const sidecar: Rules = {
  name: anything,
  image: anything,
  imagePullPolicy: anything,
  command: anything,
  args: anything,
  workingDir: anything,
  env: listOf(() => only({ name: anything, value: anything, valueFrom })),
  envFrom: listOf(variableFrom),
  ports: listOf(port),
  resources: only({
    limits: anything,
    requests: anything,
    claims: { because: 'a claim hands out a device of the node' },
  }),
  resizePolicy: anything,
  restartPolicy: anything,
  volumeMounts: listOf(mountOf(false)),
  volumeDevices: { because: 'it is a block device' },
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: only({ postStart: only(handler), preStop: only(handler), stopSignal: anything }),
  terminationMessagePath: anything,
  terminationMessagePolicy: anything,
  securityContext: containerSecurity,
};

const itsProgram = "it would run a program in the server's own container, which has its passwords";

const server: Rules = {
  name: anything,
  env: listOf(serverVariable),
  envFrom: {
    because: "it sets variables of any name in the server's own container",
    instead: `name each under env; these may be set: ${[...serverVariables].join(', ')}`,
  },
  volumeMounts: listOf(mountOf(true)),
  livenessProbe: only({ ...timing, exec: { because: itsProgram } }),
  readinessProbe: only({ ...timing, exec: { because: itsProgram } }),
  startupProbe: only({ ...timing, exec: { because: itsProgram } }),
  lifecycle: {
    because: itsProgram,
    instead: 'leave it out; spec.config.shutdownTimeout says how long it takes to stop',
  },
};

const containers = listOf(({ name }) => only(name === 'server' ? server : sidecar));
const initContainers = listOf(() => only(sidecar));

const volumeSources: Rules = {
  configMap: anything,
  emptyDir: anything,
  downwardAPI: anything,
  secret: only({ secretName: secretRule, items: anything, defaultMode: anything, optional: anything }),
  projected: only({
    defaultMode: anything,
    sources: listOf(() =>
      only({
        configMap: anything,
        downwardAPI: anything,
        secret: only({ name: secretRule, items: anything, optional: anything }),
        serviceAccountToken: { because: "it is a token of the pod's ServiceAccount" },
      }),
    ),
  }),
  hostPath: { because: 'it is a folder of the node' },
  persistentVolumeClaim: { because: "the claim may hold the data of another app, or PostgreSQL's own" },
  csi: { because: 'a driver decides what it hands out, Secrets of others among it' },
};

const volumes = listOf(({ name }) => (value, field, context) => {
  if (!context.ownVolumes.has(String(name)))
    return only({ name: anything, ...volumeSources })(value, field, context);
  const own = new Set(['tmp', 'data']);
  if (!own.has(String(name)))
    refuse(field, name, 'the operator has a volume of this name', 'choose another name');
  only({ name: anything, emptyDir: only({ sizeLimit: anything, medium: anything }) })(value, field, context);
});

const toleration: Rule = (value, field) => {
  const { key } = value as Fields;
  if (typeof key !== 'string' || key === '')
    refuse(
      field,
      value,
      'it tolerates everything, what keeps pods off the control plane too',
      'name the key of a taint',
    );
  if (/^node-role\.kubernetes\.io\/(control-plane|master)$/.test(key))
    refuse(field, value, 'it keeps other programs off the control plane');
};

const priorityClass: Rule = (value, field) => {
  if (typeof value === 'string' && value.startsWith('system-'))
    refuse(
      field,
      value,
      'pods of this class drive out those that the cluster needs',
      'write a class of your own',
    );
};

const podSpec: Rules = {
  nodeSelector: anything,
  affinity: anything,
  topologySpreadConstraints: anything,
  tolerations: (value, field, context) => {
    if (value !== null) listOf(() => toleration)(value, field, context);
  },
  schedulerName: anything,
  readinessGates: anything,
  priorityClassName: priorityClass,
  containers,
  initContainers,
  volumes,
  serviceAccountName: serviceAccountRule,
  automountServiceAccountToken: tokenRule,
  enableServiceLinks: oneOf(false)('a Service could set a variable of the server by its name'),
  dnsConfig: only({
    options: anything,
    nameservers: { because: anotherName },
    searches: { because: anotherName },
  }),
  nodeName: {
    because: 'it passes by the scheduler, and so by taints and room',
    instead: 'write nodeSelector',
  },
  hostNetwork: { because: theNode },
  hostPID: { because: theNode },
  hostIPC: { because: theNode },
  hostUsers: { because: theNode },
  hostAliases: { because: anotherName },
  hostname: { because: anotherName },
  hostnameOverride: { because: anotherName },
  subdomain: { because: anotherName },
  setHostnameAsFQDN: { because: anotherName },
  dnsPolicy: { because: anotherName },
  shareProcessNamespace: {
    because: "a container could read the server's variables, its passwords among them",
  },
  runtimeClassName: { because: 'it decides how the node keeps pods apart' },
  priority: { because: 'a class decides it', instead: 'write priorityClassName' },
  preemptionPolicy: { because: 'a class decides it', instead: 'write priorityClassName' },
  serviceAccount: { because: 'it is the former name of another field', instead: 'write serviceAccountName' },
  imagePullSecrets: { because: 'the spec has a field for it', instead: 'write spec.image.pullSecrets' },
  ephemeralContainers: { because: 'they are put into running pods, not into a template' },
  resourceClaims: { because: 'a claim hands out a device of the node' },
};

/** Of these, a Service or a policy of another app may select; those with a domain in kubernetes.io are the cluster's. */
const selectingLabels = new Set([
  'app',
  'component',
  'k8s-app',
  'name',
  'run',
  'service',
  'job-name',
  'pod-template-hash',
  'controller-revision-hash',
  'controller-uid',
]);

const labels: Rule = (value, field, { registry }) => {
  if (!isFields(value)) refuse(field, value, 'it is no object with fields', 'write one');
  for (const [key, label] of Object.entries(value)) {
    const domain = domainOf(key);
    const path = `${field}[${key.slice(0, 100)}]`;
    if (isWithin(domain, apiGroup)) refuse(path, label, 'the operator notes there what the pods run');
    const isOurs = key === 'app.kubernetes.io/instance' && label === registry.name;
    if (
      !isOurs &&
      (isWithin(domain, 'kubernetes.io') || isWithin(domain, 'k8s.io') || selectingLabels.has(key))
    )
      refuse(
        path,
        label,
        'Services and policies of other apps select pods by it',
        'write a label of a domain of yours, such as example.com/team',
      );
  }
};

/**
 * Annotations are read by whoever watches pods. Those that are known to put programs, Secrets, networks or identities into a
 * pod are refused by their domain, but for the keys in the list; others pass.
 */
const annotationDomains: readonly {
  readonly within: string;
  readonly allowed?: readonly string[];
  readonly because: string;
}[] = [
  { within: apiGroup, because: 'the operator notes there what the pods run' },
  {
    within: 'kubernetes.io',
    allowed: [
      'kubectl.kubernetes.io/default-container',
      'kubectl.kubernetes.io/default-logs-container',
      'kubectl.kubernetes.io/restartedAt',
      'cluster-autoscaler.kubernetes.io/safe-to-evict',
      'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes',
      'controller.kubernetes.io/pod-deletion-cost',
    ],
    because: "it is the cluster's, and may loosen what keeps pods apart",
  },
  { within: 'k8s.io', because: "it is the cluster's" },
  {
    within: 'istio.io',
    allowed: ['inject', 'proxyCPU', 'proxyCPULimit', 'proxyMemory', 'proxyMemoryLimit', 'logLevel'].map(
      (key) => `sidecar.istio.io/${key}`,
    ),
    because: 'it may mount Secrets into the proxy, change its image or lead traffic past it',
  },
  {
    within: 'linkerd.io',
    allowed: [
      'linkerd.io/inject',
      ...['cpu', 'memory'].flatMap((key) => [
        `config.linkerd.io/proxy-${key}-request`,
        `config.linkerd.io/proxy-${key}-limit`,
      ]),
    ],
    because: 'it may change the image of the proxy or lead traffic past it',
  },
  ...['cni.cncf.io', 'ovn.org', 'projectcalico.org', 'cilium.io'].map((within) => ({
    within,
    because: 'it decides which networks and addresses a pod has',
  })),
  ...[
    'vault.hashicorp.com',
    'consul.hashicorp.com',
    'banzaicloud.io',
    'bank-vaults.io',
    'dapr.io',
    'amazonaws.com',
    'cloud.google.com',
    'gke.io',
    'azure.com',
    'azure.workload.identity',
  ].map((within) => ({
    within,
    because: 'it hands out Secrets or an identity',
  })),
  ...[
    'instrumentation.opentelemetry.io',
    'sidecar.opentelemetry.io',
    'admission.datadoghq.com',
    'dynatrace.com',
    'newrelic.com',
  ].map((within) => ({
    within,
    because: "it puts a program into the server's own container",
  })),
  ...['openshift.io', 'nri.io', 'noderesource.dev', 'nvidia.com'].map((within) => ({
    within,
    because: 'it decides what of the node a pod has',
  })),
];

const annotations: Rule = (value, field) => {
  if (!isFields(value)) refuse(field, value, 'it is no object with fields', 'write one');
  for (const [key, annotation] of Object.entries(value)) {
    const path = `${field}[${key.slice(0, 100)}]`;
    // Container runtimes read keys such as io.kubernetes.cri-o.Devices, without a domain.
    if (/^io\.(kubernetes|katacontainers|containerd)\./.test(key))
      refuse(path, annotation, 'the container runtime of the node reads it');
    const found = annotationDomains.find(({ within }) => isWithin(domainOf(key), within));
    if (found === undefined || found.allowed?.includes(key)) continue;
    refuse(path, annotation, found.because);
  }
};

function domainOf(key: string): string {
  return key.includes('/') ? (key.split('/')[0] ?? '').toLowerCase() : '';
}

function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

const podTemplate: Rules = {
  metadata: only({ labels, annotations }),
  spec: only(podSpec),
};
