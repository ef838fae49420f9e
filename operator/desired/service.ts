import type { V1ServicePort, V1ServiceSpec } from '../kube/kubernetes.ts';
import { type Component, selectorLabels } from '../labels.ts';
import type { Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';
import { apiProtocol, grpcProtocol, ports } from './config-map.ts';
import { mustBeHarmlessOnService } from './ingress-annotations.ts';

/** Where clients find the registry. */
export const service: Child = (registry) => {
  mustBeHarmlessOnService(registry);
  const object = meta(registry, 'Service', 'server', names(registry).server);
  // By its name: pods that do not speak so yet, or no more, are left out.
  const { scheme, port } = apiProtocol(registry);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: registry.service.annotations },
    spec: {
      type: registry.service.type,
      selector: selectorLabels(registry, 'server'),
      sessionAffinity: registry.service.sessionAffinity,
      ...(registry.service.sessionAffinity === 'ClientIP'
        ? ({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } satisfies V1ServiceSpec)
        : {}),
      ports: [{ name: scheme, port, targetPort: scheme, protocol: 'TCP' }, grpcPort(registry)],
    } satisfies V1ServiceSpec,
  };
};

/** Apart from the clients' Service, which may be open to the world. */
export const metricsService: Child = (registry) => ({
  ...meta(registry, 'Service', 'server', names(registry).metrics),
  spec: {
    type: 'ClusterIP',
    selector: selectorLabels(registry, 'server'),
    ports: [{ name: 'metrics', port: ports.metrics, targetPort: 'metrics', protocol: 'TCP' }],
  } satisfies V1ServiceSpec,
});

/** The address of each pod, also of one that is not ready: for looking at replicas one by one. */
export const headlessService: Child = (registry) => ({
  ...meta(registry, 'Service', 'server', names(registry).headless),
  spec: {
    type: 'ClusterIP',
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: selectorLabels(registry, 'server'),
    ports: [
      {
        name: apiProtocol(registry).scheme,
        port: ports.http,
        targetPort: apiProtocol(registry).scheme,
        protocol: 'TCP',
      },
      grpcPort(registry),
    ],
  } satisfies V1ServiceSpec,
});

function grpcPort(registry: Registry): V1ServicePort {
  const { name, appProtocol } = grpcProtocol(registry);
  // HTTP/2 from its first byte: proxies in between do not find that out by themselves.
  return { name: 'grpc', port: ports.grpc, targetPort: name, protocol: 'TCP', appProtocol };
}

export const postgresService: Child = (registry) =>
  registry.database.kind === 'managed' ? headless(registry, 'postgres') : undefined;
export const redisService: Child = (registry) =>
  registry.cache?.kind === 'managed' ? headless(registry, 'redis') : undefined;

/** Headless, as a StatefulSet wants its Service: the name is the pod's address. */
function headless(registry: Parameters<Child>[0], component: Exclude<Component, 'server'>) {
  return {
    ...meta(registry, 'Service', component, names(registry)[component]),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      // There is one pod: a name that is known while it starts spares its clients the DNS server's memory of "no such name".
      publishNotReadyAddresses: true,
      selector: selectorLabels(registry, component),
      ports: [{ name: component, port: ports[component], targetPort: component, protocol: 'TCP' }],
    } satisfies V1ServiceSpec,
  };
}
