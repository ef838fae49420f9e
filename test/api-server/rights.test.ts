import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../operator/kube/cluster.ts';
import { kinds, leaseName } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { conditionOf, find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, childrenNamed, isOptional, named } from '../build/children.ts';
import { openFaultyApi, type Seen } from '../build/faulty-api.ts';
import { startOperatorProcess } from '../build/operator-process.ts';

const home = 'llm-schema-registry';
const account = 'llm-schema-registry-operator';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const manifests = (path: string) =>
  parseAllDocuments(readFileSync(new URL(`../../config/${path}`, import.meta.url), 'utf8')).map(
    (document) => document.toJS() as KubeObject,
  );
const inNamespace = (object: KubeObject, namespace: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});
const denied = (seen: readonly Seen[]) =>
  seen.filter(({ code }) => code === 403 || code === 401).map(({ verb, resource }) => `${verb} ${resource}`);
/** `verb resource` of each rule. */
const allowed = (role: KubeObject) =>
  (role.rules as readonly Rule[]).flatMap(({ apiGroups: [group], resources: [resource = ''], verbs }) => {
    const [plural, subresource] = resource.split('/');
    const full = `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
    return verbs.map((verb) => `${verb} ${full}`);
  });

describe('the rights of the operator', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  let token: string;
  const namespaces = [home, 'team-a', 'team-b', 'team-c'];

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    for (const name of namespaces)
      await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await cluster.apply(named('v1', 'ServiceAccount', account, home));
    const answer = await cluster.request(
      'POST',
      `/api/v1/namespaces/${home}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    );
    token = (answer as { status: { token: string } }).status.token;
  });
  after(() => server?.close());

  const areThere = (children: readonly KubeObject[]) =>
    until(
      'all children are there',
      async () => {
        for (const child of children)
          if ((await find(cluster, child)) === undefined) throw new Error(`no ${child.kind}`);
        return true;
      },
      30_000,
    );
  const edit = (name: string, namespace: string, spec: object) =>
    cluster.request(
      'PATCH',
      `/apis/llm-schema-registry.io/v1alpha1/namespaces/${namespace}/schemaregistries/${name}`,
      { spec },
      'application/merge-patch+json',
    );
  const run = async (environment: Record<string, string>) => {
    const proxy = await openFaultyApi(process.env.KUBECONFIG ?? '');
    const operator = await startOperatorProcess(proxy.kubeconfig(token), 'rights', {
      POD_NAMESPACE: home,
      ...environment,
    });
    return { proxy, operator };
  };

  it('of one namespace are enough for it, and show it no other', async () => {
    const roles = [
      ...manifests('namespaced/lease-role.yaml'),
      ...manifests('namespaced/lease-role-binding.yaml'),
    ];
    const watched = manifests('namespaced/watched/role.yaml');
    for (const object of roles) await cluster.apply(object);
    for (const namespace of ['team-a', 'team-b'])
      for (const object of watched) await cluster.apply(inNamespace(object, namespace));
    const { proxy, operator } = await run({ WATCH_NAMESPACES: 'team-a, team-b' });
    try {
      for (const namespace of ['team-a', 'team-b', 'team-c'])
        await cluster.apply(aRegistryNamed('walled', {}, namespace));
      await areThere(childrenNamed('walled', {}, 'team-a'));
      await areThere(childrenNamed('walled', {}, 'team-b'));
      expect(denied(proxy.seen)).to.deep.equal([]);
      const elsewhere = proxy.seen.filter(
        ({ namespace }) => ![home, 'team-a', 'team-b'].includes(namespace ?? ''),
      );
      expect(elsewhere).to.deep.equal([]);
      expect(await find(cluster, named('apps/v1', 'Deployment', 'walled', 'team-c'))).to.equal(undefined);
      expect((await operator.health('readyz')).status).to.equal(200);
    } finally {
      await operator.stop();
      await proxy.close();
    }
  });

  it('that a namespace has not given are told by /readyz, and hold up no other namespace', async () => {
    const { proxy, operator } = await run({ WATCH_NAMESPACES: 'team-a,team-c' });
    try {
      const words = await until(
        '/readyz tells it',
        async () => {
          const { status, words } = await operator.health('readyz');
          return status === 503 && words;
        },
        40_000,
      );
      expect(words).to.match(/watch of \S+ in team-c: .*forbidden/);
      expect(words).not.to.match(/in team-a/);
    } finally {
      await operator.stop();
      await proxy.close();
    }
  });

  it('of the ClusterRole are enough, and every one of them is used', async () => {
    for (const path of ['rbac/role.yaml', 'rbac/role-bindings.yaml'])
      for (const object of manifests(path)) await cluster.apply(object);
    const { proxy, operator } = await run({});
    try {
      const name = 'busy';
      const rich = {
        ingress: { enabled: true, http: { hosts: ['busy.example.test'] } },
        artifacts: { s3: { bucket: 'schemas', drill: {} } },
      };
      await cluster.apply(aRegistryNamed(name, rich, 'team-a'));
      await areThere(childrenNamed(name, rich, 'team-a'));
      // What a StatefulSet's controller makes; it is to go with the registry.
      await cluster.apply(
        named('v1', 'PersistentVolumeClaim', `data-${name}-postgres-0`, 'team-a', {
          metadata: {
            name: `data-${name}-postgres-0`,
            namespace: 'team-a',
            labels: {
              'app.kubernetes.io/managed-by': account,
              'app.kubernetes.io/instance': name,
              'app.kubernetes.io/component': 'postgres',
            },
          },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        }),
        { manager: 'kube-controller-manager' },
      );
      await edit(name, 'team-a', { deletionPolicy: 'Delete' });
      await until('the claim goes with it', async () => {
        const claim = await find(
          cluster,
          named('v1', 'PersistentVolumeClaim', `data-${name}-postgres-0`, 'team-a'),
        );
        return claim?.metadata.ownerReferences !== undefined;
      });
      await edit(name, 'team-a', {
        cache: { disabled: true },
        autoscaling: { enabled: false },
        podDisruptionBudget: { enabled: false },
        networkPolicy: { enabled: false },
        ingress: { enabled: false },
        artifacts: { s3: { drill: { enabled: false } } },
      });
      const left = new Set(
        childrenNamed(
          name,
          {
            cache: { disabled: true },
            autoscaling: { enabled: false },
            podDisruptionBudget: { enabled: false },
            networkPolicy: { enabled: false },
          },
          'team-a',
        ).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      );
      for (const child of childrenNamed(name, rich, 'team-a'))
        if (!left.has(`${child.kind} ${child.metadata.name}`))
          await until(`${child.kind} is gone`, async () => (await find(cluster, child)) === undefined);
      // A refusal is told as an event.
      await cluster.apply(named('v1', 'ConfigMap', 'taken-config', 'team-a'), { manager: 'somebody' });
      await cluster.apply(aRegistryNamed('taken', {}, 'team-a'));
      await until('Stalled', async () => {
        const now = await cluster.get(aRegistryNamed('taken', {}, 'team-a'));
        return conditionOf(now, 'Stalled')?.status === 'True';
      });
      await until('the lease was renewed', async () =>
        proxy.seen.some(({ verb, resource }) => verb === 'update' && resource.startsWith('leases')),
      );
      // It was there; made anew it needs the right to make it.
      await cluster.delete(await cluster.get(named('coordination.k8s.io/v1', 'Lease', leaseName, home)));
      await until('the lease was made', async () =>
        proxy.seen.some(
          ({ verb, resource, code }) => verb === 'create' && resource.startsWith('leases') && code === 201,
        ),
      );
    } finally {
      await operator.stop();
      await proxy.close();
    }
    expect(denied(proxy.seen)).to.deep.equal([]);
    const used = new Set(
      proxy.seen.flatMap(({ verb, resource, isApply }) => [
        `${verb} ${resource}`,
        ...(isApply ? [`patch ${resource}`] : []),
      ]),
    );
    const notServed = Object.values(kinds)
      .filter(isOptional)
      .map(({ plural }) => plural);
    const unused = manifests('rbac/role.yaml')
      .flatMap(allowed)
      .filter((right) => !used.has(right) && !notServed.some((plural) => right.includes(` ${plural}.`)));
    expect(unused).to.deep.equal([]);
  });
});
