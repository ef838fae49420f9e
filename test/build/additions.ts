import type { KubeObject } from '../../operator/kube/kubernetes.ts';

/** Something that another client puts into an object of ours, as a merge patch of its fields. */
export interface Addition {
  readonly what: string;
  readonly patch: object;
}

type Fields = Readonly<Record<string, unknown>>;
interface Pods {
  readonly containers: readonly Fields[];
  readonly volumes?: readonly Fields[];
  readonly tolerations?: readonly Fields[];
  readonly imagePullSecrets?: readonly Fields[];
}

const plus = (list: unknown, ...added: readonly unknown[]) => [...((list ?? []) as unknown[]), ...added];
const only = (what: string, patch: object): Addition => ({ what, patch });

/** Of what the table in operator/kube/owners.ts says that it is one value: the operator takes each back. */
export function additionsToTakeBack({ kind, ...object }: KubeObject, n: number): readonly Addition[] {
  const spec = (object.spec ?? {}) as Record<string, never>;
  const name = `added-${n}`;
  const selector = { matchLabels: { [name]: 'yes' } };
  const pods = (spec as { template?: { spec: Pods } }).template?.spec;
  const template = (what: string, change: object): Addition =>
    only(what, { spec: { template: { spec: change } } });
  const first = (what: string, change: (container: Fields) => object): Addition => {
    const [container = {}, ...rest] = pods?.containers ?? [];
    return template(what, { containers: [{ ...container, ...change(container) }, ...rest] });
  };
  const ofPods = () => [
    template('nodeSelector', { nodeSelector: { [name]: 'yes' } }),
    template('tolerations', { tolerations: plus(pods?.tolerations, { key: name, operator: 'Exists' }) }),
    template('hostAliases', { hostAliases: [{ ip: '192.0.2.1', hostnames: [name] }] }),
    template('dnsPolicy', { dnsPolicy: 'Default' }),
    template('priorityClassName', { priorityClassName: name }),
    template('hostNetwork', { hostNetwork: true }),
    template('runtimeClassName', { runtimeClassName: name }),
    template('activeDeadlineSeconds', { activeDeadlineSeconds: n + 1 }),
    template('initial security', { securityContext: { supplementalGroups: [n] } }),
    first('env', ({ env }) => ({ env: plus(env, { name: `ADDED_${n}`, value: 'x' }) })),
    first('envFrom', ({ envFrom }) => ({ envFrom: plus(envFrom, { secretRef: { name } }) })),
    first('args', () => ({ args: [name] })),
    first('volumeMounts', ({ volumeMounts }) => ({
      volumeMounts: plus(volumeMounts, { name: 'tmp', mountPath: `/${name}` }),
    })),
    first('port', ({ ports }) => ({ ports: plus(ports, { containerPort: 20_000 + n }) })),
    first('resources', ({ resources }) => {
      const { requests } = resources as { requests: object };
      return {
        resources: { ...(resources as object), requests: { ...requests, 'ephemeral-storage': '1Mi' } },
      };
    }),
    first('capability', ({ securityContext }) => {
      const { capabilities } = securityContext as { capabilities: object };
      return {
        securityContext: {
          ...(securityContext as object),
          capabilities: { ...capabilities, add: ['NET_BIND_SERVICE'] },
        },
      };
    }),
    template('sizeLimit of a volume', {
      volumes: (pods?.volumes ?? []).map((volume) =>
        volume.name === 'tmp' ? { ...volume, emptyDir: { sizeLimit: `${n + 1}Mi` } } : volume,
      ),
    }),
  ];
  const of: Readonly<Record<string, () => readonly Addition[]>> = {
    ServiceAccount: () => [only('automountServiceAccountToken', { automountServiceAccountToken: true })],
    ConfigMap: () => [
      only('data', { data: { [name]: 'x' } }),
      only('binaryData', { binaryData: { [name]: 'eA==' } }),
    ],
    Secret: () => [only('data', { data: { [name]: 'eA==' } })],
    Service: () => [
      only('selector', { spec: { selector: { [name]: 'yes' } } }),
      only('externalIPs', { spec: { externalIPs: [`192.0.2.${n % 250}`] } }),
      only('port', { spec: { ports: plus(spec.ports, { name, port: 20_000 + n }) } }),
      only('publishNotReadyAddresses', { spec: { publishNotReadyAddresses: true } }),
      only('sessionAffinity', { spec: { sessionAffinity: 'ClientIP' } }),
    ],
    StatefulSet: () => [
      only('updateStrategy', { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } }),
      only('partition', { spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } }),
      only('minReadySeconds', { spec: { minReadySeconds: n + 1 } }),
      only('ordinals', { spec: { ordinals: { start: n + 1 } } }),
      ...ofPods(),
    ],
    Deployment: () => [
      only('paused', { spec: { paused: true } }),
      only('minReadySeconds', { spec: { minReadySeconds: n + 1 } }),
      only('progressDeadlineSeconds', { spec: { progressDeadlineSeconds: 1_000 + n } }),
      ...ofPods(),
    ],
    Ingress: () => [
      only('defaultBackend', { spec: { defaultBackend: { service: { name, port: { number: 80 } } } } }),
      only('rule', { spec: { rules: plus(spec.rules, { host: `${name}.example.com` }) } }),
      only('tls', { spec: { tls: plus(spec.tls, { hosts: [`${name}.example.com`] }) } }),
    ],
    PodDisruptionBudget: () => [
      only('selector', { spec: { selector } }),
      only('expression', { spec: { selector: { matchExpressions: [{ key: name, operator: 'Exists' }] } } }),
    ],
    HorizontalPodAutoscaler: () => [
      only('metric', {
        spec: {
          metrics: plus(spec.metrics, {
            type: 'Pods',
            pods: { metric: { name }, target: { type: 'AverageValue', averageValue: '1' } },
          }),
        },
      }),
    ],
    NetworkPolicy: () => [
      only('podSelector', { spec: { podSelector: selector } }),
      only('egress', { spec: { egress: plus(spec.egress, { ports: [{ port: n + 1 }] }) } }),
      only('egress to everywhere', { spec: { egress: plus(spec.egress, {}) } }),
      only('ingress', { spec: { ingress: plus(spec.ingress, { ports: [{ port: n + 1 }] }) } }),
      only('ingress from everywhere', { spec: { ingress: plus(spec.ingress, {}) } }),
      only('peer', {
        spec: {
          ingress: ((spec.ingress ?? []) as Fields[]).map((rule, index) =>
            index === 0 ? { ...rule, from: plus(rule.from, { ipBlock: { cidr: '192.0.2.0/24' } }) } : rule,
          ),
        },
      }),
    ],
  };
  return of[kind]?.() ?? [];
}

/** Of what belongs to whoever writes it: it stays. */
export function additionsToLeave({ kind, ...object }: KubeObject, n: number): readonly Addition[] {
  const name = `added-${n}`;
  const spec = (object.spec ?? {}) as Fields;
  const pods = (spec as { template?: { spec: Pods } }).template?.spec;
  const ofPods = (): readonly Addition[] => [
    only('a label of pods', { spec: { template: { metadata: { labels: { [name]: 'yes' } } } } }),
    only('an annotation of pods', { spec: { template: { metadata: { annotations: { [name]: 'yes' } } } } }),
    only('a sidecar and its volume', {
      spec: {
        template: {
          spec: {
            containers: plus(pods?.containers, {
              name,
              image: 'sidecar:1',
              volumeMounts: [{ name, mountPath: '/data' }],
            }),
            volumes: plus(pods?.volumes, { name, emptyDir: {} }),
          },
        },
      },
    }),
    only('a pull secret', {
      spec: { template: { spec: { imagePullSecrets: plus(pods?.imagePullSecrets, { name }) } } },
    }),
  ];
  const of: Readonly<Record<string, () => readonly Addition[]>> = {
    ServiceAccount: () => [
      only('a pull secret', { imagePullSecrets: plus(object.imagePullSecrets, { name }) }),
      only('a token', { secrets: plus(object.secrets, { name }) }),
    ],
    Service: () => [
      only('trafficDistribution', { spec: { trafficDistribution: 'PreferClose' } }),
      only('internalTrafficPolicy', { spec: { internalTrafficPolicy: 'Local' } }),
    ],
    StatefulSet: ofPods,
    Deployment: ofPods,
    Ingress: () => [only('ingressClassName', { spec: { ingressClassName: name } })],
  };
  return [
    only('a label', { metadata: { labels: { [name]: 'yes' } } }),
    only('an annotation', { metadata: { annotations: { [name]: 'yes' } } }),
    only('a finalizer', {
      metadata: { finalizers: plus(object.metadata.finalizers, `example.com/${name}`) },
    }),
    ...(of[kind]?.() ?? []),
  ];
}
