import { setTimeout } from 'node:timers/promises';
import { ApiError, type Cluster, getJson, type Trust } from './cluster.ts';
import { type Answer, type Checks, host, names, type Unready } from './desired/child.ts';
import { apiDoor, ports } from './desired/config-map.ts';
import type { V1Pod } from './kubernetes.ts';
import type { Registry } from './registry.ts';

/** For all that is asked in a run: meanwhile its status is not written. */
const answerTimeoutMs = 3_000;
/** For about a second after a pod began to stop, the Service may still lead to it. */
const tries = 4;
const betweenTriesMs = 400;

type Get = (path: string) => Promise<{ status: number; body: unknown }>;

export interface Probe {
  /** Asks a registry through its Service whether it is ready, and for one answer of its API. */
  readonly ask: (registry: Registry, trust?: Trust) => Promise<Answer>;
  /** Asks one pod of it why it is not ready; undefined where it does not tell. */
  readonly askPod: (registry: Registry, pod: V1Pod, trust?: Trust) => Promise<Unready | undefined>;
}

export function openProbe(cluster: Cluster, throughApiServer: boolean): Probe {
  const askService: Probe['ask'] = async (registry, trust) => {
    const { server } = names(registry);
    const { scheme } = apiDoor(registry);
    const proxied = `/api/v1/namespaces/${registry.namespace}/services/${scheme}:${server}:${scheme}/proxy`;
    const endMs = performance.now() + answerTimeoutMs;
    const leftMs = () => Math.max(1, Math.round(endMs - performance.now()));
    const get: Get = throughApiServer
      ? (path) => getProxied(cluster, `${proxied}${path}`)
      : (path) => getJson(`${scheme}://${host(registry, server)}${path}`, leftMs(), trust);
    let answer = await ask(get);
    for (let attempt = 1; !answer.isReady && attempt < tries && leftMs() > betweenTriesMs; attempt += 1) {
      await setTimeout(betweenTriesMs);
      answer = await ask(get);
    }
    return answer;
  };
  const askPod: Probe['askPod'] = async (registry, { metadata, status }, trust) => {
    const { scheme } = apiDoor(registry);
    const { name, namespace } = metadata ?? {};
    const proxied = `/api/v1/namespaces/${namespace}/pods/${scheme}:${name}:${ports.http}/proxy/ready`;
    const address = status?.podIP?.includes(':') ? `[${status.podIP}]` : status?.podIP;
    try {
      const body = throughApiServer
        ? await cluster.request('GET', proxied)
        : (await getJson(`${scheme}://${address}:${ports.http}/ready`, answerTimeoutMs, trust)).body;
      return readUnready(body);
    } catch (error) {
      // The API server passes 503 on as it is, and the words of the pod with it.
      return error instanceof ApiError && error.code === 503 ? parseUnready(error.message) : undefined;
    }
  };
  return { ask: askService, askPod };
}

/** The refusal of a locked registry, which the API server passes on, is an answer too. One of its own has a reason. */
async function getProxied(cluster: Cluster, path: string): Promise<{ status: number; body: unknown }> {
  try {
    return { status: 200, body: await cluster.request('GET', path) };
  } catch (error) {
    const isRegistrys = error instanceof ApiError && error.code === 401 && error.reason === '';
    if (!isRegistrys) throw error;
    return { status: 401, body: { error_code: 401 } };
  }
}

function isLock({ status, body }: { status: number; body: unknown }): boolean {
  return status === 401 && (body as { error_code?: unknown } | null)?.error_code === 401;
}

function parseUnready(text: string): Unready | undefined {
  try {
    return readUnready(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function readUnready(body: unknown): Unready | undefined {
  const { status, cause, checks = {} } = (body ?? {}) as { status?: string; cause?: string; checks?: Checks };
  return status === 'unready' && cause !== undefined ? { cause, checks } : undefined;
}

async function ask(get: Get): Promise<Answer> {
  try {
    const { status, body } = await get('/ready');
    const {
      checks = {},
      version = '',
      ...ready
    } = (body ?? {}) as { status?: string; version?: string; cause?: string; checks?: Checks };
    if (status !== 200) return { isReady: false, words: ready.cause ?? `/ready answers ${status}` };
    // Without credentials: the operator holds none, and a lock that holds is as good an answer.
    const types = await get('/schemas/types');
    const isLocked = isLock(types);
    if (!isLocked && (types.status !== 200 || !Array.isArray(types.body))) {
      return { isReady: false, words: `/schemas/types answers ${types.status}` };
    }
    return { isReady: true, isDegraded: ready.status === 'degraded', isLocked, version, checks };
  } catch (error) {
    return { isReady: false, words: wordsOf(error) };
  }
}

/** Stable words: what changes with each try would be a write to the status each time. */
function wordsOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  if (name === 'TimeoutError') return `no answer in ${answerTimeoutMs / 1000} s`;
  return code ?? message;
}
