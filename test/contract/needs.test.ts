import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { desired } from '../../operator/desired/table.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { objectsOf } from '../build/helm.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const specIn = (path: string) => (parse(read(path)) as { spec: Spec }).spec;

interface Workload {
  readonly replicas: number;
  readonly template: {
    readonly spec: {
      readonly containers: readonly {
        readonly resources: { readonly requests: { cpu: string; memory: string } };
      }[];
    };
  };
  readonly volumeClaimTemplates?: readonly {
    readonly spec: { resources: { requests: { storage: string } } };
  }[];
}

const units = { m: 0.001, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const;
const amount = (text: string) =>
  Number.parseFloat(text) * (units[/[a-zA-Z]+$/.exec(text)?.[0] as keyof typeof units] ?? 1);
const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0);

/** What is asked for, in the words of the table. */
function needs(objects: readonly KubeObject[], serverPods?: number): readonly string[] {
  const workloads = objects
    .filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
    .map(({ kind, spec }) => {
      const workload = spec as unknown as Workload;
      return {
        ...workload,
        replicas: kind === 'Deployment' ? (serverPods ?? workload.replicas) : workload.replicas,
      };
    });
  const asked = (resource: 'cpu' | 'memory') =>
    sum(
      workloads.map(
        ({ replicas, template }) =>
          replicas *
          sum(template.spec.containers.map(({ resources }) => amount(resources.requests[resource]))),
      ),
    );
  const volumes = sum(
    workloads.flatMap(({ volumeClaimTemplates = [] }) =>
      volumeClaimTemplates.map(({ spec }) => amount(spec.resources.requests.storage)),
    ),
  );
  return [
    `${Math.round(asked('cpu') * 1000)}m`,
    `${asked('memory') / units.Mi}Mi`,
    volumes === 0 ? 'none' : `${volumes / units.Gi}Gi`,
  ];
}

const registry = (spec: Spec) => desired(aRegistry(spec), anObserved()) as readonly KubeObject[];
const rows: Readonly<Record<string, () => readonly string[]>> = {
  'the operator, two pods': () => needs(objectsOf(read('config/operator/deployment.yaml'))),
  'a registry with `spec: {}`, three pods': () => needs(registry({})),
  'the same at the ten pods that autoscaling may reach': () => needs(registry({}), 10),
  '`config/samples/minimal.yaml`': () => needs(registry(specIn('config/samples/minimal.yaml'))),
  '`config/overlays/dev`': () => needs(registry(specIn('config/overlays/dev/registry.yaml'))),
  '`config/overlays/staging`': () => needs(registry(specIn('config/overlays/staging/registry.yaml'))),
};

describe('what docs/install.md says that the cluster needs', () => {
  for (const [title, found] of Object.entries(rows))
    it(`is what the pods ask for: ${title}`, () => {
      const row = read('docs/install.md')
        .split('\n')
        .find((line) => line.startsWith(`| ${title} |`));
      expect(row).to.equal(`| ${[title, ...found()].join(' | ')} |`);
    });
});
