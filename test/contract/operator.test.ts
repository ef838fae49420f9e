import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { desired } from '../../operator/desired/table.ts';
import { kinds, leaseAccess, leaseName, otherAccess } from '../../operator/kube/kinds.ts';
import type { V1PersistentVolumeClaim } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { reasons } from '../../operator/status/condition.ts';
import { conditions } from '../../operator/status/table.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Role {
  readonly kind: string;
  readonly rules: readonly {
    apiGroups: string[];
    resources: string[];
    verbs: string[];
    resourceNames?: string[];
  }[];
}

describe('the role of the operator', () => {
  const [role] = parseAllDocuments(read('config/rbac/role.yaml'))
    .map((document) => document.toJS() as Role)
    .filter(({ kind }) => kind === 'ClusterRole');
  const everything: Spec = {
    ingress: {
      enabled: true,
      http: { hosts: ['registry.example.com'] },
      grpc: { hosts: ['registry-grpc.example.com'] },
    },
    monitoring: { dashboards: { enabled: true } },
  };
  const claims = [{ metadata: { name: 'data-sample-postgres-0' } }] as V1PersistentVolumeClaim[];
  const made = new Set(desired(aRegistry(everything), anObserved({ claims })).map(({ kind }) => kind));

  for (const kind of made) {
    it(`lets it apply a ${kind}`, () => {
      const { plural } = kinds[kind as keyof typeof kinds];
      const verbs = role?.rules
        .filter(({ resources }) => resources.includes(plural))
        .flatMap((rule) => rule.verbs);
      expect(verbs).to.include.members(['list', 'watch', 'patch']);
    });
  }

  it('has no wildcard, and no verb on anything that is not in its tables', () => {
    expect(JSON.stringify(role)).not.to.include('*');
    const known = new Set<string>(
      [...Object.values(kinds), ...otherAccess, ...leaseAccess].map(({ plural }) => plural),
    );
    expect(
      role?.rules.flatMap(({ resources }) => resources).filter((resource) => !known.has(resource)),
    ).to.deep.equal([]);
  });

  it('lets it touch its own lease alone', () => {
    const onLeases = role?.rules.filter(({ resources }) => resources.includes('leases')) ?? [];
    expect(onLeases.map(({ verbs, resourceNames }) => ({ verbs, resourceNames }))).to.deep.equal([
      { verbs: ['get', 'update'], resourceNames: [leaseName] },
      // What is not there yet has no name.
      { verbs: ['create'], resourceNames: undefined },
      // Those of other installs have its name.
      { verbs: ['list'], resourceNames: [leaseName] },
    ]);
  });

  it('lets it make or delete no data', () => {
    const onClaims = role?.rules
      .filter(({ resources }) => resources.includes('persistentvolumeclaims'))
      .flatMap(({ verbs }) => verbs);
    expect(onClaims).not.to.include.oneOf(['create', 'delete', 'deletecollection', 'update']);
  });
});

describe('docs/conditions.md', () => {
  const page = read('docs/conditions.md');
  for (const word of [...Object.keys(conditions), ...reasons]) {
    it(`explains ${word}`, () => expect(page).to.include(`\`${word}\``));
  }
});
