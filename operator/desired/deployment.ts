import type {
  V1DeploymentSpec,
  V1EnvVar,
  V1PodTemplateSpec,
  V1Probe,
  V1Volume,
  V1VolumeMount,
} from '../kube/kubernetes.ts';
import { labels, selectorLabels } from '../labels.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { adminKeyMounts, adminKeyVolumes } from './auth.ts';
import { authorityHashAnnotation, authorityPath, bundleOf, serverTlsPath } from './certificates.ts';
import { type Child, meta, names } from './child.ts';
import { isBeforeItsCluster } from './cnpg.ts';
import { apiProtocol, grpcProtocol, ports, serverConfig } from './config-map.ts';
import { serverSecretHash } from './credentials.ts';
import { identityMount, identityVolume } from './identity.ts';
import {
  namedSecretAnnotations,
  namedSecretMounts,
  namedSecretVariables,
  namedSecretVolumes,
} from './named-secrets.ts';
import { withOverlay } from './overlay.ts';
import {
  configHashAnnotation,
  containerSecurity,
  contentHash,
  podBasics,
  podSecurity,
  scratchVolume,
  secretHashAnnotation,
  secretVariable,
  secretVolume,
} from './pod.ts';

const serverUser = 1000;
const podName: V1EnvVar = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

export const deployment: Child = (registry, observed) => {
  if (isBeforeItsCluster(registry, observed)) return undefined;
  const { server } = names(registry);
  const replicas = wantedReplicas(registry, observed);
  const spec: V1DeploymentSpec = {
    ...(replicas === undefined ? {} : { replicas }),
    revisionHistoryLimit: 3,
    selector: { matchLabels: selectorLabels(registry, 'server') },
    // A new pod answers before an old one goes.
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: serverTemplate(registry, observed),
  };
  return { ...meta(registry, 'Deployment', 'server', server), spec };
};

/** The pods of the server, as spec.podTemplate has them. */
export function serverTemplate(registry: Registry, observed: Observed): V1PodTemplateSpec {
  const { server, config, postgres, redis } = names(registry);
  const api = apiProtocol(registry);
  return withOverlay(registry, observed, {
    metadata: {
      labels: labels(registry, 'server'),
      annotations: {
        [configHashAnnotation]: contentHash(serverConfig(registry)),
        [secretHashAnnotation]: serverSecretHash(registry, observed),
        ...namedSecretAnnotations(registry, observed),
        // The server reads whom it trusts when it starts.
        ...(observed.certificates === undefined
          ? {}
          : { [authorityHashAnnotation]: contentHash(bundleOf(observed.certificates.authority)) }),
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': String(ports.metrics),
        'prometheus.io/path': '/metrics',
      },
    },
    spec: {
      ...podBasics(registry),
      serviceAccountName: server,
      securityContext: podSecurity(serverUser),
      // Long enough for the server's own way of stopping; the kubelet kills after that.
      terminationGracePeriodSeconds: registry.config.shutdownTimeoutSeconds + 20,
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: { matchLabels: selectorLabels(registry, 'server') },
              },
            },
          ],
        },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selectorLabels(registry, 'server') },
        },
      ],
      // No container that waits for the database: the server starts without it, and says what it waits for.
      containers: [
        {
          name: 'server',
          image: registry.image,
          imagePullPolicy: registry.pullPolicy,
          ports: [
            { name: api.scheme, containerPort: ports.http, protocol: 'TCP' },
            { name: grpcProtocol(registry).name, containerPort: ports.grpc, protocol: 'TCP' },
            { name: 'metrics', containerPort: ports.metrics, protocol: 'TCP' },
          ],
          envFrom: [{ configMapRef: { name: config } }],
          env: [
            ...(registry.database.kind === 'managed'
              ? [secretVariable('DATABASE_URL', postgres, 'DATABASE_URL')]
              : []),
            ...(registry.cache?.kind !== 'managed' ? [] : [secretVariable('REDIS_URL', redis, 'REDIS_URL')]),
            ...namedSecretVariables(registry),
            ...(registry.monitoring.tracing === undefined ? [] : [podName]),
          ],
          resources: registry.resources,
          startupProbe: probe(api, '/health', {
            periodSeconds: 2,
            timeoutSeconds: 3,
            failureThreshold: 75,
          }),
          readinessProbe: probe(api, '/ready', {
            periodSeconds: 2,
            timeoutSeconds: 3,
            // While a database fails over, what is in memory can be read.
            failureThreshold: registry.database.kind === 'managed' ? 5 : 15,
          }),
          livenessProbe: probe(api, '/health', {
            periodSeconds: 20,
            timeoutSeconds: 5,
            failureThreshold: 3,
          }),
          securityContext: containerSecurity,
          // The last lines of a crash become part of the pod's status, and so of the registry's.
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'data', mountPath: '/data' },
            identityMount,
            ...namedSecretMounts(registry),
            ...certificateMounts(registry),
            ...adminKeyMounts(registry),
          ],
        },
      ],
      volumes: [
        // `registry rebuild --dry-run` makes a database there.
        scratchVolume('tmp', '1Gi'),
        scratchVolume('data', '1Gi'),
        identityVolume(registry),
        ...namedSecretVolumes(registry),
        ...certificateVolumes(registry),
        ...adminKeyVolumes(registry),
      ],
    },
  });
}

/** Whom the server trusts, and its own certificate; one that the spec names has its volume already. */
function certificateVolumes(registry: Registry): readonly V1Volume[] {
  const { tls } = registry;
  if (tls === undefined) return [];
  const authority: V1Volume = {
    name: 'authority',
    configMap: { name: names(registry).authority, defaultMode: 0o444 },
  };
  if (tls.mode === 'Secret') return [authority];
  return [authority, secretVolume('tls', tls.secretName, ['tls.crt', 'tls.key'])];
}

function certificateMounts({ tls }: Registry): readonly V1VolumeMount[] {
  if (tls === undefined) return [];
  const authority: V1VolumeMount = { name: 'authority', mountPath: authorityPath, readOnly: true };
  if (tls.mode === 'Secret') return [authority];
  return [authority, { name: 'tls', mountPath: serverTlsPath, readOnly: true }];
}

/** The autoscaler owns the number once the Deployment is there; applying it would fight it. */
function wantedReplicas(registry: Registry, observed: Observed): number | undefined {
  return registry.autoscaling !== undefined && observed.deployment !== undefined
    ? undefined
    : registry.replicas;
}

function probe(
  { scheme, probe: probeScheme }: ReturnType<typeof apiProtocol>,
  path: string,
  times: { periodSeconds: number; timeoutSeconds: number; failureThreshold: number },
): V1Probe {
  return {
    httpGet: { path, port: scheme, scheme: probeScheme },
    initialDelaySeconds: 0,
    successThreshold: 1,
    ...times,
  };
}
