import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { Cluster } from '../../../operator/kube/cluster.ts';
import { openListener } from '../../../operator/listener.ts';
import { openMetrics } from '../../../operator/metrics.ts';
import { aSchemaRegistry } from '../../build/registry.ts';

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error) => error.name,
  );

describe('a fenced API server', () => {
  it('is written to no more once the lease is lost, not even by a run that is under way', async () => {
    let asked = 0;
    const { promise: isAsked, resolve } = Promise.withResolvers<void>();
    // Takes a request and never answers it.
    const silent = () => {
      asked += 1;
      resolve();
      return new Promise<never>(() => undefined);
    };
    const path = '/apis/llm-schema-registry.io/v1alpha1/namespaces/team-a/schemaregistries/sample';
    const listener = await openListener('TEST_PORT', 0, { [path]: silent });
    const config = new KubeConfig();
    // Plain HTTP on loopback: client-node takes it only when told that no certificate is wanted.
    config.loadFromClusterAndUser(
      { name: 'test', server: `http://127.0.0.1:${listener.port}`, skipTLSVerify: true },
      { name: 'test' },
    );
    const lost = new AbortController();
    const cluster = new Cluster(config, openMetrics('test')).fenced(lost.signal);
    try {
      const underWay = failure(cluster.apply(aSchemaRegistry()));
      await Promise.race([isAsked, underWay]);
      lost.abort();
      expect(await underWay).to.equal('AbortError');
      expect(await failure(cluster.apply(aSchemaRegistry()))).to.equal('AbortError');
      expect(asked).to.equal(1);
    } finally {
      await listener[Symbol.asyncDispose]();
    }
  });
});
