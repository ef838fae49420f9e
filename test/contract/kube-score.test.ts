import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findGoTool } from '../build/go-tool.ts';

const golden = fileURLToPath(new URL('../golden/', import.meta.url));
const tool = findGoTool({ command: 'github.com/zegl/kube-score/cmd/kube-score', version: 'v1.20.0' });

/** What kube-score minds and we leave, and why. */
const left: Readonly<Record<string, string>> = {
  'container-security-context-user-group-id':
    "ids below 10,000 are the images' own; the files on a volume have them",
  'container-image-pull-policy': 'images have versions for tags: what is pulled once is what is meant',
  'container-ephemeral-storage-request-and-limit':
    'containers write to volumes; a limit on their logs would have the kubelet evict a database',
  'pod-probes-identical':
    'PostgreSQL and Redis have one question to be asked; how long they may fail it differs',
  'deployment-targeted-by-hpa-does-not-have-replicas-configured':
    'the first apply alone has a number, for the autoscaler to begin with',
  'networkpolicy-targets-pod':
    "CloudNativePG makes the pods of a registry's Cluster, so they are not among its children",
  'deployment-replicas': 'the sample for development has one replica',
};

interface Scored {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
  }[];
}

describe('kube-score over the golden children', function () {
  this.timeout(15 * 60_000); // The first build.
  before(function () {
    if (!('reason' in tool)) return;
    process.stderr.write(`    skipped: ${tool.reason}\n`);
    this.skip();
  });
  const wholeChildren = readdirSync(golden).filter((file) => !['switches.yaml', 'pairs.yaml'].includes(file));
  for (const file of wholeChildren) {
    it(`${file}: minds nothing but what is left for a reason`, () => {
      const found = JSON.parse(score(`${golden}${file}`)) as readonly Scored[];
      const minded = found.flatMap(({ object_name, checks }) =>
        checks
          .filter(({ grade, skipped, check }) => !skipped && grade < 10 && left[check.id] === undefined)
          .map(({ check }) => `${object_name}: ${check.id}`),
      );
      expect(minded).to.deep.equal([]);
    });
  }

  /** It ends with 1 where it minds anything. */
  function score(file: string): string {
    if ('reason' in tool) throw new Error(tool.reason);
    try {
      return execFileSync(tool.program, ['score', '--output-format=json', file], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }
});
