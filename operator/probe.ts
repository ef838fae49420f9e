import { host, names } from './desired/child.ts';
import { apiProtocol, ports } from './desired/config-map.ts';
import type { Cluster } from './kube/cluster.ts';
import { getJson, type JsonAnswer, type Trust } from './kube/get-json.ts';
import type { V1Pod } from './kube/kubernetes.ts';
import type { Answer, Unready } from './observed.ts';
import { pause } from './pause.ts';
import { type Readiness, readReadiness, words } from './readiness.ts';
import type { Registry } from './registry.ts';

/** The most that all questions to one registry may take: meanwhile nothing new is known of it. */
const answerTimeoutMs = 3_000;
/** A server gives its database 2 s, and a supervisor its workers half a second more, before they say what is wrong. */
const detailTimeoutMs = 2_700;
/** A Service may lead to a pod for about a second after it began to stop, so it is asked more than once. */
const tries = 4;
const betweenTriesMs = 400;

type Get = (path: string, timeoutMs?: number) => Promise<JsonAnswer>;

/** A registry answers everybody at the port of its API, and tells those inside the cluster more at that of its metrics. */
interface Ports {
  readonly api: Get;
  readonly metrics: Get;
}

export interface Probe {
  /** Asks a registry through its Services whether it is ready, and for one answer of its API. */
  readonly ask: (registry: Registry, trust?: Trust, signal?: AbortSignal) => Promise<Answer>;
  /** Asks one pod of it why it is not ready; undefined where it does not tell. */
  readonly askPod: (
    registry: Registry,
    pod: V1Pod,
    trust?: Trust,
    signal?: AbortSignal,
  ) => Promise<Unready | undefined>;
}

export function openProbe(cluster: Cluster, throughApiServer: boolean): Probe {
  /** @param target a Service or a pod: as the API server calls it, and by its address */
  function open(target: Target, scheme: string, { leftMs, signal }: Bounds, trust?: Trust): Get {
    if (throughApiServer) return (path) => cluster.getThrough(`${target.proxied}${path}`, signal);
    return (path, timeoutMs = answerTimeoutMs) =>
      getJson(`${scheme}://${target.address}${path}`, Math.min(timeoutMs, leftMs()), trust, signal);
  }
  const ask: Probe['ask'] = async (registry, trust, signal = new AbortController().signal) => {
    const { server } = names(registry);
    const { scheme } = apiProtocol(registry);
    const bounds = { leftMs: clock(), signal };
    const ends: Ports = {
      api: open(serviceOf(registry, server, scheme, scheme), scheme, bounds, trust),
      metrics: open(serviceOf(registry, names(registry).metrics, 'http', 'metrics'), 'http', bounds),
    };
    let answer = await askPorts(ends);
    // The endpoints of one Service may come a moment after those of the other.
    const isWhole = () => answer.isReady && answer.version !== undefined;
    const mayTryAgain = () => !isWhole() && !signal.aborted && bounds.leftMs() > betweenTriesMs;
    for (let attempt = 1; attempt < tries && mayTryAgain(); attempt += 1) {
      await pause(betweenTriesMs, signal);
      answer = await askPorts(ends);
    }
    return answer;
  };
  const askPod: Probe['askPod'] = async (registry, pod, trust, signal) => {
    const { scheme } = apiProtocol(registry);
    const bounds = { leftMs: clock(), signal };
    const details =
      (await detailsOf(open(podOf(pod, 'http', ports.metrics), 'http', bounds))) ??
      // Versions of before told it there.
      (await detailsOf(open(podOf(pod, scheme, ports.http), scheme, bounds, trust)));
    const { status, cause, reason, checks } = details ?? {};
    if (status !== 'down' || cause === undefined || checks === undefined) return undefined;
    return { cause, ...(reason === undefined ? {} : { reason }), checks };
  };
  return { ask, askPod };
}

/** What ends the asking, whatever has been answered until then. */
interface Bounds {
  readonly leftMs: () => number;
  readonly signal: AbortSignal | undefined;
}

interface Target {
  readonly proxied: string;
  /** The address as host:port. */
  readonly address: string;
}

function serviceOf(registry: Registry, name: string, scheme: string, port: string): Target {
  const number = port === 'metrics' ? `:${ports.metrics}` : '';
  return {
    proxied: `/api/v1/namespaces/${registry.namespace}/services/${scheme}:${name}:${port}/proxy`,
    address: `${host(registry, name)}${number}`,
  };
}

function podOf({ metadata, status }: V1Pod, scheme: string, port: number): Target {
  const { name, namespace } = metadata ?? {};
  const address = status?.podIP?.includes(':') ? `[${status.podIP}]` : status?.podIP;
  return {
    proxied: `/api/v1/namespaces/${namespace}/pods/${scheme}:${name}:${port}/proxy`,
    address: `${address}:${port}`,
  };
}

/** Counts down what one registry may take in all. */
function clock(): () => number {
  const endMs = performance.now() + answerTimeoutMs;
  return () => Math.max(1, Math.round(endMs - performance.now()));
}

async function askPorts({ api, metrics }: Ports): Promise<Answer> {
  try {
    const [ready, details] = await Promise.all([api('/ready'), detailsOf(metrics)]);
    // Versions of before told everything there.
    const shown = readReadiness(ready.body);
    if (ready.status !== 200) {
      const cause = details?.cause ?? shown?.cause;
      return { isReady: false, words: cause ?? `/ready answers ${ready.status}` };
    }
    // Without credentials: the operator holds none, and a lock that holds is as good an answer.
    const types = await api('/schemas/types');
    const isLocked = isLock(types);
    if (!isLocked && (types.status !== 200 || !Array.isArray(types.body))) {
      return { isReady: false, words: `/schemas/types answers ${types.status}` };
    }
    // Another pod may answer at the other port, such as one that is about to stop.
    const all = details === undefined || details.status === 'down' ? shown : details;
    return {
      isReady: true,
      isDegraded: shown?.status === 'degraded' || all?.status === 'degraded',
      isLocked,
      version: all?.version,
      checks: all?.checks ?? {},
    };
  } catch (error) {
    return { isReady: false, words: wordsOf(error) };
  }
}

/** What the port of the metrics says; undefined where nobody answers there, or says nothing that can be read. */
async function detailsOf(get: Get): Promise<Readiness | undefined> {
  try {
    return readReadiness((await get('/ready', detailTimeoutMs)).body);
  } catch {
    return undefined;
  }
}

function isLock({ status, body }: JsonAnswer): boolean {
  return status === 401 && (body as { error_code?: unknown } | null)?.error_code === 401;
}

/** Stable words: what changes with each try would be a write to the status each time. */
function wordsOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: unknown };
  if (name === 'TimeoutError') return `no answer in ${answerTimeoutMs / 1000} s`;
  return typeof code === 'string' ? code : (words(message) ?? 'no answer');
}
