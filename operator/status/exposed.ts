import type { V1NetworkPolicyPeer } from '../kube/kubernetes.ts';
import type { IngressHosts, Registry } from '../registry.ts';
import type { Condition, Verdict } from './condition.ts';
import { isOpenAgainstTheSpec } from './ready.ts';

/** True where somebody reaches the API without credentials, or without encryption. config/admission warns of the same when it is applied. */
export const exposed: Condition = (registry, _observed, find) => {
  if (find(isOpenAgainstTheSpec)) {
    const message = `the server does not ask for credentials yet, so ${mayDoEverything(registry)}; see Ready`;
    return { status: 'True', reason: 'Unlocked', message };
  }
  const open = exposures(registry);
  const [first] = open;
  return first === undefined
    ? {
        status: 'False',
        reason: 'NothingOpen',
        message: 'requests need credentials, and connections are encrypted',
      }
    : { status: 'True', reason: first.reason, message: open.map(({ message }) => message).join(', and ') };
};

type Exposure = Pick<Verdict, 'reason' | 'message'>;

/** Pure: everything that the spec leaves open, the worst first. */
export function exposures(registry: Registry): readonly Exposure[] {
  const open: Exposure[] = [];
  if (registry.auth === undefined)
    open.push({
      reason: 'NoAuthentication',
      message: `${mayDoEverything(registry)} (spec.auth.mode asks for credentials)`,
    });
  const plain = plainWays(registry);
  if (plain.length > 0)
    open.push({
      reason: 'NoTlsFromOutside',
      message: `connections of clients outside the cluster are not encrypted (${plain.join('; ')})`,
    });
  if (registry.tls === undefined)
    open.push({
      reason: 'NoTls',
      message:
        'what goes to the pods and between them can be read on its way, credentials too (spec.tls.mode: Operator encrypts it)',
    });
  return open;
}

function mayDoEverything(registry: Registry): string {
  return `${whoComes(registry)} may read, register and delete schemas`;
}

/** A policy counts where the cluster's network keeps it; that is beyond what the operator sees. */
function whoComes({ networkPolicy, service, ingress, gateway }: Registry): string {
  const inside =
    networkPolicy?.ingressFrom === undefined || networkPolicy.ingressFrom.some(isEveryPod)
      ? 'every pod of the cluster'
      : 'whoever spec.networkPolicy.ingressFrom lets in';
  const isReachedFromOutside = ingress !== undefined || gateway !== undefined || service.type !== 'ClusterIP';
  return isReachedFromOutside ? `${inside}, and whoever reaches it from outside the cluster,` : inside;
}

function isEveryPod({ namespaceSelector, podSelector }: V1NetworkPolicyPeer): boolean {
  const isEmpty = (selector: object | undefined) =>
    selector !== undefined && Object.values(selector).every((part) => Object.keys(part ?? {}).length === 0);
  return isEmpty(namespaceSelector) && (podSelector === undefined || isEmpty(podSelector));
}

/** The ways in from outside that are not encrypted, each with the field that closes it. */
function plainWays({ ingress, gateway, service, tls }: Registry): readonly string[] {
  const isPlain = (entry: IngressHosts | undefined) =>
    entry !== undefined && entry.tlsSecretName === undefined;
  return [
    ...(isPlain(ingress?.http) ? ['spec.ingress.http.tlsSecretName names no certificate'] : []),
    ...(isPlain(ingress?.grpc) ? ['spec.ingress.grpc.tlsSecretName names no certificate'] : []),
    ...(gateway !== undefined && !gateway.hasTls ? ['spec.gateway.tls is false'] : []),
    ...(service.type !== 'ClusterIP' && tls === undefined
      ? [`spec.service.type is ${service.type} and spec.tls.mode is Disabled`]
      : []),
  ];
}
