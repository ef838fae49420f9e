import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Cache } from '../../operator/kube/cache.ts';
import { Cluster, openKubeConfig } from '../../operator/kube/cluster.ts';
import { kinds } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { reflect } from '../../operator/kube/watch.ts';
import { keyOf } from '../../operator/labels.ts';
import { openLog } from '../../operator/log.ts';
import { openMetrics } from '../../operator/metrics.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { openCuttingProxy } from '../build/cutting-proxy.ts';

const label = { 'app.kubernetes.io/instance': 'watched', 'example.test/watched': 'yes' };

function configMap(name: string, value: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: label },
    data: { value },
  };
}

describe('a reflector at an API server', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
  });
  after(() => server?.close());

  /** What the reflector knows, through a proxy that the test can cut. */
  async function watched() {
    const config = openKubeConfig();
    const direct = new URL(config.getCurrentCluster()?.server ?? '');
    const proxy = await openCuttingProxy(Number(direct.port));
    const text = readFileSync(process.env.KUBECONFIG ?? '', 'utf8');
    config.loadFromString(text.replace(direct.host, `127.0.0.1:${proxy.port}`));
    const metrics = openMetrics('test');
    const cache = new Cache();
    const keys: string[] = [];
    const stopping = new AbortController();
    const { promise: synced, resolve } = Promise.withResolvers<void>();
    const parts = {
      cluster: new Cluster(config, metrics),
      kind: kinds.ConfigMap,
      query: { labelSelector: 'example.test/watched=yes' },
      namespace: undefined,
      cache,
      log: openLog('error'),
      metrics,
      onKey: (key: string) => keys.push(key),
    };
    const ended = reflect(parts, stopping.signal, resolve);
    await synced;
    const known = (name: string) =>
      (cache.find(keyOf(configMap(name, '')), name)?.data as { value?: string } | undefined)?.value;
    const close = async () => {
      stopping.abort();
      await ended;
      await proxy.close();
    };
    return { proxy, keys, known, close };
  }

  it('sees what is made, changed and deleted, and nothing without the label', async () => {
    const { known, keys, close } = await watched();
    try {
      await server.cluster.apply(configMap('one', 'first'));
      await server.cluster.apply({
        ...configMap('other', 'x'),
        metadata: { name: 'other', namespace: 'default' },
      });
      await until('it is known', async () => known('one') === 'first');
      await server.cluster.apply(configMap('one', 'second'));
      await until('the change is known', async () => known('one') === 'second');
      await server.cluster.delete(await server.cluster.get(configMap('one', '')));
      await until('it is forgotten', async () => known('one') === undefined);
      expect(new Set(keys)).to.deep.equal(new Set(['default/watched']));
    } finally {
      await close();
    }
  });

  it('goes on after its connections were reset, again and again', async () => {
    const { proxy, known, close } = await watched();
    try {
      for (let round = 0; round < 5; round += 1) {
        await until('it is connected', async () => proxy.connections() > 0);
        proxy.cut();
        await server.cluster.apply(configMap('cut', `round ${round}`));
        await until('the change is known', async () => known('cut') === `round ${round}`);
      }
    } finally {
      await close();
    }
  });

  it('learns of what was deleted while it was cut off', async () => {
    const { proxy, known, close } = await watched();
    try {
      await server.cluster.apply(configMap('doomed', 'here'));
      await until('it is known', async () => known('doomed') === 'here');
      proxy.cut();
      await server.cluster.delete(await server.cluster.get(configMap('doomed', '')));
      await until('it is forgotten', async () => known('doomed') === undefined);
    } finally {
      await close();
    }
  });

  it('ends at once when it is told to', async () => {
    const { close } = await watched();
    const startedMs = performance.now();
    await close();
    expect(performance.now() - startedMs).to.be.below(2_000);
  });
});
