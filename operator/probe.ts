import type { Cluster } from './cluster.ts';
import { getJson } from './cluster.ts';
import { type Answer, type Checks, host, names } from './desired/child.ts';
import type { Registry } from './spec.ts';

const answerTimeoutMs = 3_000;

/** Asks a registry through its Service whether it is ready, and for one answer of its API. */
export function openProbe(
  cluster: Cluster,
  throughApiServer: boolean,
): (registry: Registry) => Promise<Answer> {
  return async (registry) => {
    const { server } = names(registry);
    const proxied = `/api/v1/namespaces/${registry.namespace}/services/http:${server}:http/proxy`;
    const get = throughApiServer
      ? async (path: string) => ({ status: 200, body: await cluster.request('GET', `${proxied}${path}`) })
      : (path: string) => getJson(`http://${host(registry, server)}${path}`, answerTimeoutMs);
    try {
      const { status, body } = await get('/ready');
      const ready = (body ?? {}) as {
        status?: string;
        version?: string;
        checks?: Checks & { database?: { error?: string } };
      };
      if (status !== 200)
        return { isReady: false, words: ready.checks?.database?.error ?? `/ready answers ${status}` };
      const types = await get('/schemas/types');
      if (types.status !== 200 || !Array.isArray(types.body)) {
        return { isReady: false, words: `/schemas/types answers ${types.status}` };
      }
      const { checks = {}, version = '' } = ready;
      return { isReady: true, isDegraded: ready.status === 'degraded', version, checks };
    } catch (error) {
      return { isReady: false, words: wordsOf(error) };
    }
  };
}

/** Stable words: what changes with each try would be a write to the status each time. */
function wordsOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === 'TimeoutError') return `no answer in ${answerTimeoutMs / 1000} s`;
  return cause?.code ?? message;
}
