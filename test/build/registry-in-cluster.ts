import type { Spec } from '../../operator/registry.ts';
import { until } from './api-server.ts';
import type { RunningCluster } from './running-cluster.ts';

/** What fits several times on a machine of two cores, beside everything else that runs there. */
export const small: Spec = {
  replicas: 1,
  autoscaling: { enabled: false },
  resources: { requests: { cpu: '20m', memory: '64Mi' } },
  database: {
    pool: { min: 2, max: 10 },
    managed: { resources: { requests: { cpu: '20m', memory: '128Mi' } } },
  },
  cache: { managed: { resources: { requests: { cpu: '20m', memory: '32Mi' } } } },
};

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface ShownRegistry {
  readonly metadata: { readonly uid: string };
  readonly spec: Spec;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly lastRollout?: { readonly cause: string };
    readonly [field: string]: unknown;
  };
}

/**
 * A registry in a namespace of its own, and what tests do with it. What an earlier run left there goes first.
 * @param objects what is there before it
 */
export async function registryIn(
  { kubectl, ready }: Pick<RunningCluster, 'kubectl' | 'ready'>,
  name: string,
  spec: Spec = small,
  objects: readonly object[] = [],
) {
  await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--timeout=120s']);
  const namespace = name;
  const here = ['-n', namespace];
  const get = async () => (await kubectl.json(['get', 'sr', name, ...here])) as ShownRegistry;
  const condition = async (type: string) =>
    (await get()).status?.conditions?.find((candidate) => candidate.type === type);
  const apply = (wanted: Spec) =>
    kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
          ...objects.map((object) => inNamespace(object, namespace)),
          {
            apiVersion: 'llm-schema-registry.io/v1alpha1',
            kind: 'SchemaRegistry',
            metadata: { name, namespace },
            spec: wanted,
          },
        ],
      }),
    );
  await apply(spec);
  return {
    name,
    namespace,
    apply,
    get,
    condition,
    ready: () => ready(name, namespace),
    kubectl: (...args: string[]) => kubectl([...args, ...here]),
    json: (...args: string[]) => kubectl.json([...args, ...here]),
    patch: (change: Spec) =>
      kubectl(['patch', 'sr', name, '--type=merge', '-p', JSON.stringify({ spec: change }), ...here]),
    /**
     * Waits until a condition has that status and reason, and gives its message.
     * @param saying what the message has to match, too: the first one with that reason may not know the cause yet
     */
    says: async (
      type: string,
      status: string,
      reason: string,
      { timeoutMs = 60_000, saying = /(?:)/ }: { timeoutMs?: number; saying?: RegExp } = {},
    ) => {
      let last: Condition | undefined;
      try {
        return await until(
          `${type} is ${status} ${reason}${saying.source === '(?:)' ? '' : `, saying ${saying}`}`,
          async () => {
            last = await condition(type);
            const isSo = last?.status === status && last.reason === reason && saying.test(last.message);
            return isSo ? last?.message : undefined;
          },
          timeoutMs,
        );
      } catch (error) {
        throw new Error(`${(error as Error).message}; ${JSON.stringify(last)}`, { cause: error });
      }
    },
    /** Its pods, those on their way out left aside. */
    pods: async (component: string) =>
      (
        (await kubectl.json([
          ...['get', 'pods', ...here],
          ...['-l', `app.kubernetes.io/instance=${name},app.kubernetes.io/component=${component}`],
        ])) as { items: Pod[] }
      ).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    /** Takes the namespace away with all that is in it. */
    remove: () => kubectl(['delete', 'namespace', namespace, '--wait=false']),
  };
}

function inNamespace(object: object, namespace: string): object {
  return { ...object, metadata: { ...(object as { metadata: object }).metadata, namespace } };
}

export type RegistryInCluster = Awaited<ReturnType<typeof registryIn>>;

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

/** Of all its containers. */
export function restartsOf(pod: Pod | undefined): number {
  return (pod?.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}
