import type { V1PodTemplateSpec } from '../kube/kubernetes.ts';
import type { Registry } from '../registry.ts';
import { containers, initContainers } from './overlay-containers.ts';
import { annotations, labels } from './overlay-metadata.ts';
import { secretRule, serviceAccountRule, tokenRule } from './overlay-references.ts';
import {
  anything,
  type Context,
  type Fields,
  listOf,
  type No,
  oneOf,
  only,
  type Rule,
  type Rules,
  refuse,
  theNode,
} from './overlay-rule.ts';

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

const anotherName = 'it changes who answers to a name, and the server sends its passwords there';

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

const podTemplate: Rules = {
  metadata: only({ labels, annotations }),
  spec: only(podSpec),
};

/** The fields of a pod that say where it runs. */
const scheduling = [
  'nodeSelector',
  'affinity',
  'tolerations',
  'topologySpreadConstraints',
  'priorityClassName',
  'schedulerName',
];
const fieldsOf = (rule: (field: string) => Rule | No) =>
  only(Object.fromEntries(scheduling.map((field) => [field, rule(field)])));
const scheduled: Readonly<Record<Registry['policy']['podTemplate'], Rules>> = {
  Restricted: {
    metadata: only({ labels, annotations }),
    spec: fieldsOf((field) => podSpec[field] ?? anything),
  },
  Unrestricted: {
    metadata: only({ labels: anything, annotations: anything }),
    spec: fieldsOf(() => anything),
  },
};

/**
 * What an overlay of PostgreSQL or Redis may set: where the pod runs, by the same rules as that of the server.
 * @throws BadSpec that names the field, the reason and what would be right
 */
export function mustBeScheduling(registry: Registry, overlay: Fields, field: string): void {
  const none = new Set<string>();
  const observed = { namedSecrets: [], serviceAccount: undefined };
  const context = { registry, observed, ownVolumes: none, newVolumes: none };
  only(scheduled[registry.policy.podTemplate])(overlay, field, context);
}
