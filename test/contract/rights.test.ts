import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { read } from '../build/pages.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What the page calls them, in the order of the role. */
const meant: Readonly<Record<string, readonly string[]>> = {
  watch: ['list', 'watch'],
  apply: ['get', 'list', 'watch', 'create', 'patch'],
  'apply, delete': ['get', 'list', 'watch', 'create', 'patch', 'delete'],
};

describe('docs/rights.md', () => {
  const { rules } = parse(read('config/rbac/role.yaml')) as { rules: readonly Rule[] };

  it('has each right of config/rbac/role.yaml with its reason, and no other', () => {
    const told = [
      ...read('docs/rights.md').matchAll(
        /^\| (?:`([a-z0-9.-]+)`|core) \| `([a-z/]+)`(?: named `([a-z-]+)`)? \| ([a-z, ]+) \| (.{10,}) \|$/gm,
      ),
    ].map(([, group = '', resource, name, verbs = '']) =>
      [group, resource, name ?? '', (meant[verbs] ?? verbs.split(', ')).join(' ')].join(' | '),
    );
    const given = rules.map(({ apiGroups, resources, verbs, resourceNames = [] }) =>
      [apiGroups.join(), resources.join(), resourceNames.join(), verbs.join(' ')].join(' | '),
    );
    expect(told.toSorted()).to.deep.equal(given.toSorted());
  });

  it('is right that none of them is a way to more', () => {
    for (const { apiGroups, resources, verbs } of rules) {
      expect([...apiGroups, ...resources, ...verbs].join(' ')).not.to.match(/\*|escalate|bind|impersonate/);
      expect(resources.join()).not.to.match(/roles?\b|bindings|webhook|nodes|namespaces|exec|ephemeral/);
      if (verbs.includes('update')) expect(resources).to.deep.equal(['leases']);
    }
  });
});

describe('docs/reference/figures.md', () => {
  interface Probe {
    readonly periodSeconds: number;
    readonly timeoutSeconds: number;
    readonly failureThreshold: number;
    readonly initialDelaySeconds: number;
  }
  interface Made {
    readonly spec?: {
      readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } };
    };
  }
  type Container = { readonly name: string } & Readonly<Record<string, Probe | undefined>>;

  it('has the probes that the operator makes', () => {
    const objects = parseAllDocuments(read('test/golden/production.yaml')).map(
      (document) => document.toJS() as Made,
    );
    const containers = objects.flatMap(({ spec }) => spec?.template?.spec?.containers ?? []);
    const made = containers.flatMap((container) =>
      ['startup', 'readiness', 'liveness'].flatMap((kind) => {
        const probe = container[`${kind}Probe`];
        if (probe === undefined) return [];
        expect(probe.initialDelaySeconds, container.name).to.equal(0);
        return [
          [container.name, kind, probe.periodSeconds, probe.timeoutSeconds, probe.failureThreshold].join(),
        ];
      }),
    );
    const told = [
      ...read('docs/reference/figures.md').matchAll(
        /^\| `(\w+)` \| (\w+) \| [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$/gm,
      ),
    ].map(([, ...cells]) => cells.join());
    expect(told.toSorted()).to.deep.equal(made.toSorted());
  });
});

describe('docs/install.md', () => {
  it('has every variable of the operator', () => {
    const code = read('operator/settings.ts');
    const used = [...code.matchAll(/environment\.([A-Z_]+)|(?:number|choice|list)\(\s*'([A-Z_]+)'/g)].map(
      ([, direct, named]) => direct ?? named ?? '',
    );
    // Told by Kubernetes, not by who installs it.
    const own = ['POD_NAME', 'POD_NAMESPACE', 'KUBERNETES_SERVICE_HOST'];
    const told = [...read('docs/install.md').matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(
      ([, names = '']) => names.replaceAll('`', '').split(', '),
    );
    expect(told.toSorted()).to.deep.equal(
      [...new Set(used)].filter((name) => !own.includes(name)).toSorted(),
    );
  });
});
