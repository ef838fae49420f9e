import { apiGroup } from '../kube/kinds.ts';
import { isFields, type Rule, refuse } from './overlay-rule.ts';

/** A Service or a policy of another app may select by these labels; those with a domain in kubernetes.io are the cluster's. */
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

export const labels: Rule = (value, field, { registry }) => {
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

export const annotations: Rule = (value, field) => {
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
