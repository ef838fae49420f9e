import { expect } from 'chai';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { processRecords } from '../../hack/cluster/processes.ts';
import { Cluster, openKubeConfig } from '../../operator/kube/cluster.ts';
import { leaseName } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { runOperator } from '../../operator/main.ts';
import { openMetrics } from '../../operator/metrics.ts';
import type { Spec } from '../../operator/registry.ts';
import { readSettings } from '../../operator/settings.ts';
import { conditionOf, find, openApiServer, until } from '../build/api-server.ts';

const namespace = 'default';

function startOperator(identity: string) {
  const stopping = new AbortController();
  const settings = {
    ...readSettings({ POD_NAME: identity, METRICS_PORT: '0', HEALTH_PORT: '0', LOG_LEVEL: 'error' }),
    namespace,
  };
  const ended = runOperator(settings, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

function object(apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, ...rest };
}

const registry = (name: string, spec: Spec = {}) =>
  object('llm-schema-registry.io/v1alpha1', 'SchemaRegistry', name, { spec });

function childrenOf(name: string): readonly KubeObject[] {
  return [
    object('v1', 'ServiceAccount', name),
    object('v1', 'ConfigMap', `${name}-config`),
    object('networking.k8s.io/v1', 'NetworkPolicy', name),
    object('networking.k8s.io/v1', 'NetworkPolicy', `${name}-postgres`),
    object('networking.k8s.io/v1', 'NetworkPolicy', `${name}-redis`),
    object('v1', 'Secret', `${name}-postgres`),
    object('v1', 'Secret', `${name}-redis`),
    object('v1', 'ConfigMap', `${name}-postgres`),
    object('v1', 'Service', `${name}-postgres`),
    object('apps/v1', 'StatefulSet', `${name}-postgres`),
    object('v1', 'ConfigMap', `${name}-redis`),
    object('v1', 'Service', `${name}-redis`),
    object('apps/v1', 'StatefulSet', `${name}-redis`),
    object('v1', 'Service', name),
    object('v1', 'Service', `${name}-metrics`),
    object('v1', 'Service', `${name}-headless`),
    object('apps/v1', 'Deployment', name),
    object('policy/v1', 'PodDisruptionBudget', name),
    object('autoscaling/v2', 'HorizontalPodAutoscaler', name),
  ];
}

/** In the place of another's, of which nothing but its name matters here. */
function someCrd(kind: string): KubeObject {
  const [group, plural] = ['monitoring.coreos.com', `${kind.toLowerCase()}s`];
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

describe('the operator at an API server (no nodes: nothing runs)', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let operator: ReturnType<typeof startOperator>;
  let cluster: Cluster;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    operator = startOperator('first');
  });
  after(async () => {
    await operator?.stop();
    await server?.close();
  });

  const isThere = (wanted: KubeObject) =>
    until(`${wanted.kind} ${wanted.metadata.name} is there`, () => find(cluster, wanted));
  const isGone = (wanted: KubeObject) =>
    until(
      `${wanted.kind} ${wanted.metadata.name} is gone`,
      async () => (await find(cluster, wanted)) === undefined,
    );
  const specOf = async (wanted: KubeObject) => (await cluster.get(wanted)).spec as Record<string, unknown>;
  /** As another client that knows nothing of server-side apply. */
  const patch = (wanted: KubeObject, change: object) => {
    const path = pathOf(wanted);
    return cluster.request('PATCH', `${path}?fieldManager=somebody`, change, 'application/merge-patch+json');
  };

  const patchStatus = (wanted: KubeObject, status: object) =>
    cluster.request('PATCH', `${pathOf(wanted)}/status`, { status }, 'application/merge-patch+json');
  const isStalled = async (name: string, message: string) => {
    let said: string | undefined;
    const found = until(`${name} is Stalled: ${message}`, async () => {
      const stalled = conditionOf(await cluster.get(registry(name)), 'Stalled');
      said = stalled?.status === 'True' ? stalled.message : undefined;
      return said === message;
    });
    await found.catch((error: Error) => {
      throw new Error(`${error.message}; it says: ${said}`, { cause: error });
    });
  };

  /** As the controllers of a cluster with nodes leave a claim that has its volume. */
  async function makeClaim(name: string, { size, canGrow }: { size: string; canGrow: boolean }) {
    const [component = ''] = name.split('-').slice(-2);
    const instance = name.slice('data-'.length, -`-${component}-0`.length);
    const className = canGrow ? 'grows' : 'stays';
    await cluster.request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: className },
      provisioner: 'example.test/disks',
      allowVolumeExpansion: canGrow,
    });
    const labels = {
      'app.kubernetes.io/name': 'llm-schema-registry',
      'app.kubernetes.io/instance': instance,
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/managed-by': 'llm-schema-registry-operator',
    };
    const claim = object('v1', 'PersistentVolumeClaim', name, {
      metadata: { name, namespace, labels },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: className,
        volumeName: `volume-of-${name}`,
        resources: { requests: { storage: size } },
      },
    });
    await cluster.apply(claim, { manager: 'kube-controller-manager' });
    await patchStatus(claim, { phase: 'Bound', capacity: { storage: size } });
    return claim;
  }

  it('makes every child of an empty spec', async () => {
    await cluster.apply(registry('whole'));
    for (const child of childrenOf('whole')) await isThere(child);
  });

  it('makes what Prometheus wants once the cluster has the CRDs, and can do without them again', async () => {
    const crds = ['ServiceMonitor', 'PrometheusRule'].map(someCrd);
    for (const crd of crds) await cluster.apply(crd);
    for (const kind of ['ServiceMonitor', 'PrometheusRule'])
      await until(
        `the ${kind} is there`,
        () => find(cluster, object('monitoring.coreos.com/v1', kind, 'whole')),
        60_000,
      );
    for (const crd of crds)
      await cluster.request(
        'DELETE',
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`,
      );
  });

  it('says why it is not ready', async () => {
    const found = await until('a status', async () => {
      const now = await cluster.get(registry('whole'));
      return conditionOf(now, 'Ready') === undefined ? undefined : now;
    });
    expect(conditionOf(found, 'Ready')).to.deep.include({ status: 'False', reason: 'DatabaseNotReady' });
    expect(conditionOf(found, 'Stalled')?.status).to.equal('False');
  });

  for (const child of childrenOf('whole')) {
    it(`makes ${child.kind} ${child.metadata.name} again when somebody deletes it`, async () => {
      const { uid } = (await isThere(child)).metadata;
      await cluster.request('DELETE', pathOf(child));
      await until('another one is there', async () => {
        const found = await find(cluster, child);
        return found !== undefined && found.metadata.uid !== uid;
      });
    });
  }

  it('gives a deleted Secret its password back, so that nothing has to restart', async () => {
    const secret = object('v1', 'Secret', 'whole-postgres');
    const { data, metadata } = await isThere(secret);
    await cluster.request('DELETE', pathOf(secret));
    const again = await until('another one', async () => {
      const found = await find(cluster, secret);
      return found?.metadata.uid === metadata.uid ? undefined : found;
    });
    expect(again.data).to.deep.equal(data);
  });

  const edits: readonly {
    child: KubeObject;
    change: object;
    read: (found: KubeObject) => unknown;
    wanted: unknown;
  }[] = [
    {
      child: object('policy/v1', 'PodDisruptionBudget', 'whole'),
      change: { spec: { minAvailable: 9 } },
      read: ({ spec }) => (spec as { minAvailable: number }).minAvailable,
      wanted: 2,
    },
    {
      child: object('networking.k8s.io/v1', 'NetworkPolicy', 'whole-postgres'),
      change: { spec: { ingress: [{}], egress: [{}] } },
      read: ({ spec }) => {
        const { ingress, egress = [] } = spec as { ingress: { from?: unknown[] }[]; egress?: unknown[] };
        return [ingress[0]?.from?.length, egress.length].join();
      },
      wanted: '1,0',
    },
    {
      child: object('v1', 'ConfigMap', 'whole-config'),
      change: { data: { LOG_LEVEL: 'trace' } },
      read: ({ data }) => (data as Record<string, string>).LOG_LEVEL,
      wanted: 'info',
    },
    {
      child: object('v1', 'ConfigMap', 'whole-config'),
      change: { data: { SERVER_PORT: null } },
      read: ({ data }) => (data as Record<string, string>).SERVER_PORT,
      wanted: '8080',
    },
    {
      child: object('v1', 'Service', 'whole'),
      change: { spec: { selector: { 'app.kubernetes.io/component': 'redis' } } },
      read: ({ spec }) =>
        (spec as { selector: Record<string, string> }).selector['app.kubernetes.io/component'],
      wanted: 'server',
    },
    {
      child: object('apps/v1', 'Deployment', 'whole'),
      change: { metadata: { labels: { 'app.kubernetes.io/part-of': 'mine' } } },
      read: ({ metadata }) => metadata.labels?.['app.kubernetes.io/part-of'],
      wanted: 'llm-schema-registry',
    },
    {
      child: object('apps/v1', 'Deployment', 'whole'),
      change: { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } },
      read: ({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'],
      wanted: 'llm-schema-registry-operator',
    },
    {
      child: object('autoscaling/v2', 'HorizontalPodAutoscaler', 'whole'),
      change: { spec: { maxReplicas: 99 } },
      read: ({ spec }) => (spec as { maxReplicas: number }).maxReplicas,
      wanted: 10,
    },
  ];
  for (const { child, change, read, wanted } of edits) {
    it(`repairs ${child.kind} ${child.metadata.name} after an edit of ${JSON.stringify(change)}`, async () => {
      await isThere(child);
      await patch(child, change);
      await until('it is as wanted', async () => read(await cluster.get(child)) === wanted);
    });
  }

  it('leaves fields of others as they are', async () => {
    const service = object('v1', 'Service', 'whole');
    await patch(service, { metadata: { annotations: { 'example.test/owner': 'somebody' } } });
    await patch(registry('whole'), { spec: { service: { annotations: { 'example.test/a': 'b' } } } });
    const found = await until('our annotation', async () => {
      const now = await cluster.get(service);
      return now.metadata.annotations?.['example.test/a'] === 'b' ? now : undefined;
    });
    expect(found.metadata.annotations?.['example.test/owner']).to.equal('somebody');
    await patch(registry('whole'), { spec: { service: null } });
    await until(
      'ours is gone',
      async () => (await cluster.get(service)).metadata.annotations?.['example.test/a'] === undefined,
    );
  });

  it('makes an Ingress, shows its URL, and takes both away again', async () => {
    const ingress = object('networking.k8s.io/v1', 'Ingress', 'whole');
    const http = { hosts: ['registry.example.com'], tlsSecretName: 'whole-tls' };
    await patch(registry('whole'), { spec: { ingress: { enabled: true, http } } });
    const { spec } = await isThere(ingress);
    expect((spec as { tls: unknown }).tls).to.deep.equal([
      { hosts: ['registry.example.com'], secretName: 'whole-tls' },
    ]);
    const isShown = (url: string) =>
      until(`${url} is shown`, async () => {
        const { status } = await cluster.get(registry('whole'));
        return (status as { endpoints: { http: string } }).endpoints.http === url;
      });
    await isShown('https://registry.example.com');
    const certificates = async () => {
      const found = conditionOf(await cluster.get(registry('whole')), 'CertificatesReady');
      return `${found?.reason}: ${found?.message}`;
    };
    await until('the Secret is missed', async () =>
      /^SecretMissing: .*"whole-tls"/.test(await certificates()),
    );
    await cluster.apply(object('v1', 'Secret', 'whole-tls', { stringData: { 'tls.crt': 'none' } }), {
      manager: 'somebody',
    });
    await until('it is seen, and read', async () => /nothing under tls\.key/.test(await certificates()));
    await patch(ingress, { spec: { tls: null } });
    await until('TLS is back', async () => 'tls' in (await specOf(ingress)));
    await patch(registry('whole'), { spec: { ingress: null } });
    await isGone(ingress);
    await isShown('http://whole.default.svc');
  });

  it('lays the pod template over its own, and leaves what runs alone when that is refused', async () => {
    const deployment = object('apps/v1', 'Deployment', 'whole');
    const podsOf = async () =>
      (await specOf(deployment)).template as {
        spec: { containers: { name: string }[]; priorityClassName?: string; volumes: { name: string }[] };
      };
    const overlay = (spec: object) => patch(registry('whole'), { spec: { podTemplate: { spec } } });
    await overlay({
      nodeSelector: { disk: 'fast' },
      containers: [{ name: 'beside', image: 'example.test/beside:1' }],
      volumes: [{ name: 'data', emptyDir: { sizeLimit: '1024Mi' } }],
    });
    await until('both containers', async () => {
      const names = (await podsOf()).spec.containers.map(({ name }) => name);
      return names.join() === 'server,beside';
    });
    const { metadata } = await until('the cause is told', async () => {
      const { status } = await cluster.get(registry('whole'));
      const { lastRollout } = status as { lastRollout?: { cause: string } };
      return lastRollout?.cause === 'pod template' ? cluster.get(deployment) : undefined;
    });
    for (const [bad, says] of [
      [
        { containers: [{ name: 'server', image: 'mine' }] },
        /containers\[server\]\.image: "mine" .*spec\.image/,
      ],
      [
        { containers: [{ name: 'beside', image: 'a', imagePullPolicy: 'Now' }] },
        /refuses Deployment "whole"/,
      ],
      [{ priorityClassNames: 'high' }, /spec\.priorityClassNames: "high" is not allowed/],
      [{ nodeSelector: { disk: 'two words' } }, /refuses Deployment "whole".*nodeSelector/s],
    ] as const) {
      await overlay(bad);
      await until(`Stalled: ${says.source}`, async () => {
        const stalled = conditionOf(await cluster.get(registry('whole')), 'Stalled');
        return stalled?.status === 'True' && says.test(stalled.message);
      });
      await patch(registry('whole'), {
        spec: { podTemplate: { spec: { priorityClassNames: null, nodeSelector: null } } },
      });
    }
    expect((await cluster.get(deployment)).metadata.generation).to.equal(metadata.generation);
    await patch(registry('whole'), { spec: { podTemplate: null } });
    await until('it is gone', async () => (await podsOf()).spec.containers.length === 1);
  });

  it('leaves the number of replicas to the autoscaler', async () => {
    const deployment = object('apps/v1', 'Deployment', 'whole');
    // What the autoscaler does.
    await cluster.request(
      'PATCH',
      `${pathOf(deployment)}/scale?fieldManager=kube-controller-manager`,
      { spec: { replicas: 6 } },
      'application/merge-patch+json',
    );
    await patch(registry('whole'), { spec: { config: { logLevel: 'debug' } } });
    await until('the change is there', async () => {
      const { data } = await cluster.get(object('v1', 'ConfigMap', 'whole-config'));
      return (data as Record<string, string>).LOG_LEVEL === 'debug';
    });
    await until('the new hash is there', async () =>
      (
        (await cluster.get(registry('whole'))).status as { lastRollout?: { cause: string } }
      ).lastRollout?.cause.includes('LOG_LEVEL info → debug'),
    );
    expect((await specOf(deployment)).replicas).to.equal(6);
  });

  it('takes a number from kubectl scale where autoscaling is off, and back', async () => {
    const deployment = object('apps/v1', 'Deployment', 'whole');
    await patch(registry('whole'), { spec: { autoscaling: { enabled: false } } });
    await isGone(object('autoscaling/v2', 'HorizontalPodAutoscaler', 'whole'));
    await cluster.request(
      'PATCH',
      `${pathOf(registry('whole'))}/scale`,
      { spec: { replicas: 5 } },
      'application/merge-patch+json',
    );
    await until('five replicas', async () => (await specOf(deployment)).replicas === 5);
    await patch(registry('whole'), { spec: { autoscaling: { enabled: true } } });
    await isThere(object('autoscaling/v2', 'HorizontalPodAutoscaler', 'whole'));
    // Handed over, not reset to one.
    expect((await specOf(deployment)).replicas).to.equal(5);
  });

  it('removes what a switch turns off', async () => {
    await patch(registry('whole'), {
      spec: {
        cache: { disabled: true },
        podDisruptionBudget: { enabled: false },
        networkPolicy: { enabled: false },
      },
    });
    await isGone(object('apps/v1', 'StatefulSet', 'whole-redis'));
    await isGone(object('v1', 'Secret', 'whole-redis'));
    for (const name of ['whole', 'whole-postgres', 'whole-redis']) {
      await isGone(object('policy/v1', 'PodDisruptionBudget', name));
      await isGone(object('networking.k8s.io/v1', 'NetworkPolicy', name));
    }
  });

  it('changes nothing while it is paused', async () => {
    await patch(registry('whole'), { spec: { paused: true } });
    await until(
      'Paused',
      async () => conditionOf(await cluster.get(registry('whole')), 'Paused')?.status === 'True',
    );
    const config = object('v1', 'ConfigMap', 'whole-config');
    await cluster.request('DELETE', pathOf(config));
    await patch(registry('whole'), { spec: { service: { type: 'NodePort' } } });
    await until('the spec was seen', async () => {
      const { metadata, status } = await cluster.get(registry('whole'));
      return (status as { observedGeneration: number }).observedGeneration === metadata.generation;
    });
    expect(await find(cluster, config)).to.equal(undefined);
    await patch(registry('whole'), { spec: { paused: false } });
    await isThere(config);
  });

  it('never takes over an object of somebody else', async () => {
    await cluster.apply(object('v1', 'ConfigMap', 'taken-config', { data: { precious: 'yes' } }), {
      manager: 'somebody',
    });
    await cluster.apply(registry('taken'));
    const found = await until('Stalled', async () => {
      const now = await cluster.get(registry('taken'));
      return conditionOf(now, 'Stalled')?.status === 'True' ? now : undefined;
    });
    expect(conditionOf(found, 'Stalled')?.message).to.match(/ConfigMap "taken-config" is there already/);
    expect((await cluster.get(object('v1', 'ConfigMap', 'taken-config'))).data).to.deep.equal({
      precious: 'yes',
    });
  });

  const elsewhere = (space: string, wanted: KubeObject): KubeObject => ({
    ...wanted,
    metadata: { ...wanted.metadata, namespace: space },
  });
  const inSpace = async (space: string, spec: Spec = {}) => {
    const wanted = elsewhere(space, registry('hindered', spec));
    if ((await find(cluster, named(space))) === undefined) await cluster.create(named(space));
    await cluster.apply(wanted);
    return wanted;
  };
  const named = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { name } },
  });
  const says = async (wanted: KubeObject, type: string, pattern: RegExp) => {
    let last = '';
    const found = until(`${type} matches ${pattern}`, async () => {
      const condition = conditionOf(await cluster.get(wanted), type);
      last = `${condition?.status} ${condition?.reason}: ${condition?.message}`;
      return pattern.test(last);
    });
    await found.catch((error: Error) => {
      throw new Error(`${error.message}; it says: ${last}`, { cause: error });
    });
  };
  const dashboard = { monitoring: { dashboards: { enabled: true } } };

  it('tells what hinders it, which is not the spec: a namespace that is being deleted', async () => {
    const wanted = await inSpace('ending');
    await says(wanted, 'Stalled', /^False Accepted/);
    await cluster.delete(await cluster.get(named('ending')));
    await inSpace('ending', dashboard);
    await says(wanted, 'Reconciling', /^True NamespaceTerminating: .*because it is being terminated/);
    await says(wanted, 'Stalled', /^False Accepted/);
    await cluster.delete(await cluster.get(wanted));
  });

  it('tells what hinders it, which is not the spec: a quota that is full of other objects, and goes on once there is room', async () => {
    const quota = elsewhere('crowded', object('v1', 'ResourceQuota', 'objects'));
    await cluster.create(named('crowded'));
    await cluster.apply({ ...quota, spec: { hard: { 'count/services': '0' } } });
    await patchStatus(quota, { hard: { 'count/services': '0' }, used: { 'count/services': '0' } });
    const wanted = await inSpace('crowded');
    await says(wanted, 'Reconciling', /^True QuotaExceeded: apply Service .*exceeded quota: objects/);
    await says(wanted, 'Ready', /^False QuotaExceeded/);
    await cluster.delete(await cluster.get(quota));
    await isThere(elsewhere('crowded', object('apps/v1', 'Deployment', 'hindered')));
    await says(wanted, 'Stalled', /^False Accepted/);
    await cluster.delete(await cluster.get(wanted));
  });

  it('tells what hinders it, which is not the spec: an admission webhook that does not answer, and goes on without it', async () => {
    const webhook: KubeObject = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'absent' },
      webhooks: [
        {
          name: 'absent.example.com',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          namespaceSelector: { matchLabels: { name: 'watched-over' } },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
          ],
        },
      ],
    };
    await cluster.create(named('watched-over'));
    await cluster.apply(webhook);
    const probe = elsewhere('watched-over', object('v1', 'ConfigMap', 'probe'));
    await until('the webhook is asked', () =>
      cluster.apply(probe, { isDryRun: true }).then(
        () => false,
        ({ message }: Error) => message.includes('failed calling webhook'),
      ),
    );
    const wanted = await inSpace('watched-over');
    await says(wanted, 'Reconciling', /^True WebhookFails: .*failed calling webhook "absent\.example\.com"/);
    await cluster.delete(await cluster.get(webhook));
    await isThere(elsewhere('watched-over', object('apps/v1', 'Deployment', 'hindered')));
    await cluster.delete(await cluster.get(wanted));
  });

  it('makes ConfigMaps and Secrets anew that somebody has made immutable, with what was in them', async () => {
    await cluster.apply(registry('frozen'));
    await isThere(object('apps/v1', 'Deployment', 'frozen'));
    for (const child of childrenOf('frozen').filter(({ kind }) => ['ConfigMap', 'Secret'].includes(kind))) {
      const before = await isThere(child);
      await patch(child, { immutable: true });
      const after = await until(`${child.kind} ${child.metadata.name} is made anew`, async () => {
        const found = await find(cluster, child);
        return found?.metadata.uid === before.metadata.uid ? undefined : found;
      });
      expect([after.immutable, after.data]).to.deep.equal([undefined, before.data]);
    }
    await cluster.delete(await cluster.get(registry('frozen')));
  });

  it('names field, value and remedy of a spec that only the operator can refuse, and keeps what runs', async () => {
    await cluster.apply(registry('sized'));
    await isThere(object('apps/v1', 'StatefulSet', 'sized-postgres'));
    await makeClaim('data-sized-postgres-0', { size: '50Gi', canGrow: false });
    await cluster.apply(registry('sized', { database: { managed: { storage: { size: '5Gi' } } } }));
    await isStalled(
      'sized',
      'spec.database.managed.storage.size: "5Gi" is less than the volume has, which cannot shrink; write 50Gi or more',
    );
    await isThere(object('apps/v1', 'StatefulSet', 'sized-postgres'));
    await cluster.apply(registry('sized', { database: { managed: { storage: { size: '60Gi' } } } }));
    await isStalled(
      'sized',
      'the API server refuses PersistentVolumeClaim "data-sized-postgres-0": persistentvolumeclaims "data-sized-postgres-0" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
    await cluster.apply(registry('sized', { database: { managed: { storage: { size: '50Gi' } } } }));
    await until('it is accepted again', async () => {
      return conditionOf(await cluster.get(registry('sized')), 'Stalled')?.status === 'False';
    });
  });

  it('replaces a claim that has no volume, and what made it, when another class is wanted', async () => {
    const withClass = (storageClassName: string): Spec => ({
      database: { managed: { storage: { storageClassName } } },
      cache: { disabled: true },
    });
    const statefulSet = object('apps/v1', 'StatefulSet', 'unfilled-postgres');
    await cluster.apply(registry('unfilled', withClass('fsat')));
    const before = await isThere(statefulSet);
    // As the StatefulSet's controller makes it from the template.
    const [template] = (before.spec as { volumeClaimTemplates: KubeObject[] }).volumeClaimTemplates;
    const claim = object('v1', 'PersistentVolumeClaim', 'data-unfilled-postgres-0', { spec: template?.spec });
    await cluster.create({
      ...claim,
      metadata: { ...claim.metadata, labels: template?.metadata.labels ?? {} },
    });
    // So that the operator knows of it.
    await until('the claim is taken on', async () =>
      Object.keys((await cluster.get(claim)).metadata.annotations ?? {}).some((key) =>
        key.endsWith('/applied-hash'),
      ),
    );
    await cluster.apply(registry('unfilled', withClass('fast')));
    const after = await until('the StatefulSet is made anew', async () => {
      const found = await find(cluster, statefulSet);
      return found?.metadata.uid === before.metadata.uid ? undefined : found;
    });
    expect(JSON.stringify(after.spec)).to.include('"storageClassName":"fast"');
    // Nobody collects garbage here.
    await until('the claim is left to the garbage collector', async () => {
      const owners = (await cluster.get(claim)).metadata.ownerReferences ?? [];
      return owners.map(({ uid }) => uid).join() === '00000000-0000-0000-0000-000000000000';
    });
    await until('the spec is accepted', async () => {
      return conditionOf(await cluster.get(registry('unfilled')), 'Stalled')?.status === 'False';
    });
    await cluster.delete(await cluster.get(registry('unfilled')));
  });

  it('has a volume grown where its class allows that, and tells how far it is', async () => {
    const spec = (size: string): Spec => ({
      database: { managed: { storage: { size } } },
      cache: { disabled: true },
    });
    await cluster.apply(registry('grown', spec('1Gi')));
    await isThere(object('apps/v1', 'StatefulSet', 'grown-postgres'));
    const claim = await makeClaim('data-grown-postgres-0', { size: '1Gi', canGrow: true });
    await cluster.apply(registry('grown', spec('2Gi')));
    await until('the claim asks for more', async () => {
      const { resources } = (await specOf(claim)) as { resources: { requests: { storage: string } } };
      return resources.requests.storage === '2Gi';
    });
    const says = (type: string, pattern: RegExp) =>
      until(`${type} says ${pattern}`, async () => {
        const { status, reason, message } = conditionOf(await cluster.get(registry('grown')), type) ?? {};
        return pattern.test(`${status} ${reason}: ${message}`);
      });
    await says('Reconciling', /^True .*claim data-grown-postgres-0 grows from 1Gi to 2Gi/);
    const failure = { type: 'ControllerResizeError', status: 'True', message: 'the disks are full' };
    await patchStatus(claim, { conditions: [failure] });
    await says('Degraded', /^True VolumeNotGrown: .*grows from 1Gi to 2Gi: the disks are full/);
    await patchStatus(claim, { conditions: [], capacity: { storage: '2Gi' } });
    await says('Reconciling', /^((?!grows).)*$/);
    await cluster.apply(registry('grown', spec('1Gi')));
    await isStalled(
      'grown',
      'spec.database.managed.storage.size: "1Gi" is less than the volume has, which cannot shrink; write 2Gi or more',
    );
    await cluster.delete(registry('grown'));
  });

  it('writes nothing but its lease once all is as wanted', async () => {
    const quiet = openMetrics('test');
    const own = new Cluster(openKubeConfig(), quiet);
    await until(
      'nothing changes for two seconds',
      async () => {
        const versions = async () =>
          JSON.stringify(
            await Promise.all(
              ['whole', 'sized']
                .flatMap((name) => childrenOf(name))
                .map(async (child) => (await find(own, child))?.metadata.resourceVersion),
            ),
          );
        const before = await versions();
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        return before === (await versions());
      },
      30_000,
    );
  });

  it('goes on after the API server was killed', async () => {
    const records = processRecords(clusterFolders(server.name).processes);
    const apiServer = records.find('kube-apiserver');
    process.kill(apiServer?.pid ?? 0, 'SIGKILL');
    await until(
      'the API server is back',
      () =>
        cluster.request('GET', '/readyz/ping').then(
          () => true,
          (error: Error) => error.message.includes('JSON'),
        ),
      30_000,
    );
    await until(
      'the change can be made',
      () => patch(registry('sized'), { spec: { database: null, config: { logLevel: 'warn' } } }),
      30_000,
    );
    await until(
      'the change is carried out',
      async () => {
        const { data } = await cluster.get(object('v1', 'ConfigMap', 'sized-config'));
        return (data as Record<string, string>).LOG_LEVEL === 'warn';
      },
      60_000,
    );
  });

  it('hands over to another replica, which carries out the next change', async () => {
    const second = startOperator('second');
    try {
      await operator.stop();
      await until('the second holds the lease', async () => {
        const lease = await cluster.get({
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: leaseName, namespace },
        });
        return (lease.spec as { holderIdentity: string }).holderIdentity === 'second';
      });
      await patch(registry('sized'), { spec: { config: { logLevel: 'error' } } });
      await until('the change is carried out', async () => {
        const { data } = await cluster.get(object('v1', 'ConfigMap', 'sized-config'));
        return (data as Record<string, string>).LOG_LEVEL === 'error';
      });
    } finally {
      await second.stop();
    }
  });
});

function pathOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const lower = kind.toLowerCase();
  const plural = lower.endsWith('y')
    ? `${lower.slice(0, -1)}ies`
    : `${lower}${lower.endsWith('s') ? 'es' : 's'}`;
  return `${group}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
}
