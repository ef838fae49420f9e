import type { V1CronJob, V1PodSpec, V1PodTemplateSpec } from '../kube/kubernetes.ts';
import { labels } from '../labels.ts';
import type { Registry } from '../registry.ts';
import { type Child, meta, names } from './child.ts';
import { isBeforeItsCluster } from './cnpg.ts';
import { serverTemplate } from './deployment.ts';
import { scratchVolume } from './pod.ts';

/** A drill that has not begun by then, as in a cluster that was down, waits for the next time. */
const STARTS_WITHIN_SECONDS = 3_600;
/** One that takes longer hangs. */
const ENDS_WITHIN_SECONDS = 6 * 3_600;
/** The database that is thrown away. It is no reservation: a larger registry needs more of the node's disk. */
const SCRATCH_SIZE = '50Gi';
/** The certificate of the API, which nobody needs who does not serve it. */
const OF_SERVER = 'tls';

/** What of the pods of the server says where and as whom a pod runs. */
const kept = [
  'automountServiceAccountToken',
  'dnsConfig',
  'dnsPolicy',
  'enableServiceLinks',
  'hostAliases',
  'imagePullSecrets',
  'nodeSelector',
  'priorityClassName',
  'runtimeClassName',
  'schedulerName',
  'securityContext',
  'serviceAccountName',
  'tolerations',
] as const satisfies readonly (keyof V1PodSpec)[];

/** Restores the archive, now and then, and compares what comes of it with the registry. */
export const drill: Child = (registry, observed) => {
  if (registry.drill === undefined || isBeforeItsCluster(registry, observed)) return undefined;
  const { schedule, reads, resources } = registry.drill;
  // Without what a drill does not ask: Redis, whoever has keys, other archives.
  const lean: Registry = { ...registry, cache: undefined, auth: undefined, bootstrap: undefined };
  const server = serverTemplate(lean, observed);
  const { containers = [], volumes = [] } = server.spec ?? {};
  const program = containers.find(({ name }) => name === 'server');
  const fields = Object.fromEntries(
    kept.flatMap((field) => (server.spec?.[field] === undefined ? [] : [[field, server.spec[field]]])),
  );
  const template: V1PodTemplateSpec = {
    metadata: { labels: labels(registry, 'drill') },
    spec: {
      ...fields,
      restartPolicy: 'Never',
      containers: [
        {
          name: 'drill',
          image: registry.image,
          imagePullPolicy: registry.pullPolicy,
          args: ['drill', '--reads', String(reads)],
          ...(program?.envFrom === undefined ? {} : { envFrom: program.envFrom }),
          ...(program?.env === undefined ? {} : { env: program.env }),
          resources,
          ...(program?.securityContext === undefined ? {} : { securityContext: program.securityContext }),
          // What differs is in its last lines.
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: (program?.volumeMounts ?? []).filter(({ name }) => name !== OF_SERVER),
        },
      ],
      volumes: [
        scratchVolume('tmp', SCRATCH_SIZE),
        ...volumes.filter(({ name }) => name !== 'tmp' && name !== OF_SERVER),
      ],
    },
  };
  const spec: NonNullable<V1CronJob['spec']> = {
    schedule,
    timeZone: 'Etc/UTC',
    // Nothing would answer, and nothing is written that could be compared.
    ...(registry.replicas === 0 ? { suspend: true } : {}),
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: STARTS_WITHIN_SECONDS,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 1,
    jobTemplate: {
      metadata: { labels: labels(registry, 'drill') },
      spec: { backoffLimit: 0, activeDeadlineSeconds: ENDS_WITHIN_SECONDS, template },
    },
  };
  return { ...meta(registry, 'CronJob', 'drill', names(registry).drill), spec };
};
