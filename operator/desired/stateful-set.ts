import type {
  KubeObject,
  V1PodSpec,
  V1Probe,
  V1ResourceRequirements,
  V1StatefulSet,
  V1StatefulSetSpec,
} from '../kube/kubernetes.ts';
import { labels, selectorLabels } from '../labels.ts';
import type { Registry, Storage } from '../registry.ts';
import { meta, names } from './child.ts';
import { claimTemplate } from './claim.ts';
import { withScheduling } from './overlay-scheduling.ts';
import { configHashAnnotation, contentHash, podBasics, podSecurity } from './pod.ts';

interface Parts {
  readonly storage: Storage;
  readonly found: V1StatefulSet | undefined;
  /** What the pod reads when it starts: other content replaces it. */
  readonly config: unknown;
  readonly userId: number;
  readonly pod: V1PodSpec;
}

/** PostgreSQL or Redis: one pod with a volume that outlives it. */
export function statefulSet(
  registry: Registry,
  component: 'postgres' | 'redis',
  { storage, found, config, userId, pod }: Parts,
): KubeObject {
  const name = names(registry)[component];
  const spec: V1StatefulSetSpec = {
    serviceName: name,
    replicas: 1,
    // In order, a pod that never became ready would not be replaced by one of a corrected template. What is there stays:
    // the field cannot be changed.
    podManagementPolicy: found?.spec?.podManagementPolicy ?? 'Parallel',
    selector: { matchLabels: selectorLabels(registry, component) },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    template: withScheduling(registry, component, {
      metadata: {
        labels: labels(registry, component),
        annotations: { [configHashAnnotation]: contentHash(config) },
      },
      spec: { ...podBasics(registry), securityContext: podSecurity(userId), ...pod },
    }),
    volumeClaimTemplates: [claimTemplate(registry, component, storage, found)],
  };
  return { ...meta(registry, 'StatefulSet', component, name), spec };
}

/** Of a container that waits for another Secret, and tells its neighbour. */
export const followerResources: V1ResourceRequirements = {
  requests: { cpu: '5m', memory: '16Mi', 'ephemeral-storage': '16Mi' },
  limits: { cpu: '100m', memory: '64Mi' },
};

/** A command in the container says whether it is well. */
export function commandProbe(command: string[], periodSeconds: number, failureThreshold: number): V1Probe {
  return {
    exec: { command },
    periodSeconds,
    failureThreshold,
    timeoutSeconds: 5,
    initialDelaySeconds: 0,
    successThreshold: 1,
  };
}
