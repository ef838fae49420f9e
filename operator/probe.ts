import { setTimeout } from 'node:timers/promises';
import { type Cluster, getJson } from './cluster.ts';
import { type Answer, type Checks, host, names } from './desired/child.ts';
import type { Registry } from './spec.ts';

const answerTimeoutMs = 3_000;
/** For about a second after a pod began to stop, the Service may still lead to it. */
const tries = 4;
const betweenTriesMs = 400;

type Get = (path: string) => Promise<{ status: number; body: unknown }>;

/** Asks a registry through its Service whether it is ready, and for one answer of its API. */
export function openProbe(
  cluster: Cluster,
  throughApiServer: boolean,
): (registry: Registry) => Promise<Answer> {
  return async (registry) => {
    const { server } = names(registry);
    const proxied = `/api/v1/namespaces/${registry.namespace}/services/http:${server}:http/proxy`;
    const get: Get = throughApiServer
      ? async (path) => ({ status: 200, body: await cluster.request('GET', `${proxied}${path}`) })
      : (path) => getJson(`http://${host(registry, server)}${path}`, answerTimeoutMs);
    let answer = await ask(get);
    for (let attempt = 1; !answer.isReady && attempt < tries; attempt += 1) {
      await setTimeout(betweenTriesMs);
      answer = await ask(get);
    }
    return answer;
  };
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
    const types = await get('/schemas/types');
    if (types.status !== 200 || !Array.isArray(types.body)) {
      return { isReady: false, words: `/schemas/types answers ${types.status}` };
    }
    return { isReady: true, isDegraded: ready.status === 'degraded', version, checks };
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
