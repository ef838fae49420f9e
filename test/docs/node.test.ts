import { dirname } from 'node:path';
import { expect } from 'chai';
import { linkKubectl } from '../../hack/cluster/up.ts';
import { until } from '../build/api-server.ts';
import { aRegistryNamed } from '../build/children.ts';
import { commandsOf, guides } from '../build/pages.ts';
import { small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { isTriedIn } from './trials.ts';
import { type as typeIn } from './type.ts';

/** A way in stays open while the page goes on; what looks into logs need not find anything there. */
const prelude = `
trap 'kill $(jobs -p) 2>/dev/null' EXIT
kubectl() {
  [ "$1" = port-forward ] || { command kubectl "$@"; return; }
  local said=$(mktemp)
  command kubectl "$@" >"$said" 2>&1 &
  for _ in $(seq 100); do
    command grep -q 'Forwarding from' "$said" && return
    command sleep 0.1
  done
  cat "$said"
  return 1
}
grep() { command grep "$@" || [ $? = 1 ]; }
`;

/** As config/samples/production.yaml is: encrypted, and locked. */
const production = aRegistryNamed('production', {
  ...small,
  auth: { mode: 'ApiKey' },
  tls: { mode: 'Operator' },
});

describe('what pages say to type where pods run', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  before(async function () {
    this.timeout(45 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(production));
    await cluster.ready('production');
    await until(
      'metrics of pods',
      async () => (await cluster.kubectl(['top', 'pods'])).includes('sample'),
      180_000,
    );
  });

  /** The page before may have replaced them. */
  const aPod = async () => {
    await cluster.ready();
    const selector = 'app.kubernetes.io/instance=sample,app.kubernetes.io/component=server';
    const found = await cluster.kubectl([
      'get',
      'pods',
      '-l',
      selector,
      '-o',
      'jsonpath={.items[0].metadata.name}',
    ]);
    return found.trim();
  };

  for (const page of guides) {
    const typed = commandsOf(page).filter(isTriedIn('node'));
    if (typed.length === 0) continue;
    it(page, async () => {
      const pod = await aPod();
      const wrong = await typeIn(typed, {
        prelude,
        environment: { PATH: [dirname(linkKubectl()), process.env.PATH].join(':') },
        filledIn: [
          ['service/contracts', 'service/sample'],
          ['NAMESPACE', 'default'],
          ['NAME', 'sample'],
          ['POD', pod],
          ['SERVER_IMAGE', cluster.images.server ?? ''],
        ],
      });
      expect(wrong).to.deep.equal([]);
    });
  }
});
