import { dirname } from 'node:path';
import { expect } from 'chai';
import { linkKubectl } from '../../hack/cluster/up.ts';
import { commandsOf, guides } from '../build/pages.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { isTriedIn } from './trials.ts';
import { type as typeIn } from './type.ts';

/** What would go on for ever ends once it has begun; what looks into logs need not find anything there. */
const prelude = `
kubectl() {
  case "$1" in
    port-forward)
      local words
      words=$(timeout 3 command kubectl "$@" 2>&1)
      echo "$words"
      [[ $words == *"Forwarding from"* ]] ;;
    *) command kubectl "$@" ;;
  esac
}
grep() { command grep "$@" || [ $? = 1 ]; }
`;

describe('what pages say to type where pods run', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  let pod: string;
  before(async function () {
    this.timeout(45 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    pod = (
      await cluster.kubectl(
        ['get', 'pods', '-l', 'app.kubernetes.io/instance=sample,app.kubernetes.io/component=server'].concat([
          '-o',
          'jsonpath={.items[0].metadata.name}',
        ]),
      )
    ).trim();
  });

  for (const page of guides) {
    const typed = commandsOf(page).filter(isTriedIn('node'));
    if (typed.length === 0) continue;
    it(page, async () => {
      const wrong = await typeIn(typed, {
        prelude,
        environment: { PATH: [dirname(linkKubectl()), process.env.PATH].join(':') },
        filledIn: [
          [/service\/(contracts|production)/g, 'service/sample'],
          ['NAMESPACE', 'default'],
          ['NAME', 'sample'],
          ['POD', pod],
        ],
      });
      expect(wrong).to.deep.equal([]);
    });
  }
});
