import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { KubeObject, V1PodTemplateSpec } from '../../operator/kube/kubernetes.ts';
import { childrenOf, switches } from '../build/switches.ts';

const operator = parseAllDocuments(
  readFileSync(new URL('../../config/operator/deployment.yaml', import.meta.url), 'utf8'),
).map((document) => document.toJS() as KubeObject);
const sources: Readonly<Record<string, readonly KubeObject[]>> = {
  'the operator': operator,
  'an empty spec': childrenOf({}),
  ...Object.fromEntries(Object.entries(switches).map(([title, spec]) => [title, childrenOf(spec)])),
};

describe('the pods of the operator and of its registries', () => {
  for (const [title, objects] of Object.entries(sources)) {
    const templates = objects.flatMap(
      ({ spec }) => (spec as { template?: V1PodTemplateSpec } | undefined)?.template ?? [],
    );
    it(`have a limit to every folder on the node's disk, and ask for room for their logs (${title})`, () => {
      expect(templates).not.to.deep.equal([]);
      for (const { spec } of templates) {
        for (const { name, emptyDir } of spec?.volumes ?? [])
          if (emptyDir !== undefined) expect(emptyDir.sizeLimit, name).to.match(/^\d+[MG]i$/);
        for (const { name, resources } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])])
          expect(resources?.requests?.['ephemeral-storage'], name).to.match(/^\d+Mi$/);
      }
    });
    it(`hold up no drain while they are not ready (${title})`, () => {
      for (const { kind, spec } of objects)
        if (kind === 'PodDisruptionBudget')
          expect(spec).to.have.property('unhealthyPodEvictionPolicy', 'AlwaysAllow');
    });
  }

  it('of the operator are reached at the ports of its metrics and its health alone', () => {
    const [policy] = operator.filter(({ kind }) => kind === 'NetworkPolicy');
    const ports = [8080, 8081].map((port) => ({ port, protocol: 'TCP' }));
    expect(policy?.spec).to.deep.include({ policyTypes: ['Ingress'], ingress: [{ ports }] });
    const [deployment] = operator.filter(({ kind }) => kind === 'Deployment');
    const { selector, template } = (deployment?.spec ?? {}) as {
      selector: object;
      template: V1PodTemplateSpec;
    };
    expect(policy?.spec).to.have.deep.property('podSelector', selector);
    const opened = template.spec?.containers.flatMap(({ ports: open = [] }) =>
      open.map((port) => port.containerPort),
    );
    expect(opened).to.have.members([8080, 8081]);
  });
});
