import { expect } from 'chai';
import type { Cluster } from '../../../operator/kube/cluster.ts';
import { kinds } from '../../../operator/kube/kinds.ts';
import { reflect } from '../../../operator/kube/watch.ts';
import { openLog } from '../../../operator/log.ts';
import { openMetrics } from '../../../operator/metrics.ts';
import { pause } from '../../../operator/pause.ts';
import { eventually } from '../../build/eventually.ts';

describe('a reflector at a pretended API server', () => {
  it('looks again at once each time that a quiet watch is taken for dead, however often', async () => {
    const silenceMs = 50;
    let watches = 0;
    const quiet: Pick<Cluster, 'list' | 'watch'> = {
      list: async () => ({ items: [], resourceVersion: '1' }),
      async watch(...[, , , , signal, , onOpen]) {
        watches += 1;
        onOpen?.();
        await pause(silenceMs, signal);
        throw new DOMException('nothing was heard on the watch', 'TimeoutError');
      },
    };
    const stopping = new AbortController();
    const metrics = openMetrics('test');
    const ended = reflect(
      {
        cluster: quiet as Cluster,
        kind: kinds.ConfigMap,
        query: {},
        namespace: undefined,
        cache: { put: () => undefined, remove: () => undefined, replace: () => [] },
        log: openLog('error'),
        metrics,
        silenceMs,
        onKey: () => undefined,
      },
      stopping.signal,
      () => undefined,
    );
    try {
      // Twelve that were ever later would take minutes.
      await eventually(() => expect(watches).to.be.at.least(12), 20_000);
    } finally {
      stopping.abort();
      await ended;
    }
  });
});
