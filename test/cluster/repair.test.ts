import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { Cluster, openKubeConfig } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { openMetrics } from '../../operator/metrics.ts';
import type { Spec } from '../../operator/registry.ts';
import { find, until } from '../build/api-server.ts';
import { childrenNamed, named } from '../build/children.ts';
import { type FieldPath, inWords, ownedFields, readField, spoiled } from '../build/owned-fields.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';

const spec: Spec = {
  ...small,
  autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 3 },
  ingress: { enabled: true, http: { hosts: ['repair.example.com'] } },
  monitoring: { dashboards: { enabled: true } },
};
const mostMs = 5_000;

/** One field of each kind; `test/api-server/repair.test.ts` edits every field that the operator holds, where no pods run. */
const edits: Readonly<Record<string, RegExp>> = {
  ServiceAccount: /automountServiceAccountToken/,
  ConfigMap: /^\.data\./,
  NetworkPolicy: /^\.spec\.ingress/,
  Secret: /^\.data\.password/,
  Service: /^\.spec\.ports.*\.port$/,
  StatefulSet: /containers.*\.image$/,
  Ingress: /^\.spec\.rules/,
  Deployment: /containers.*\.image$/,
  PodDisruptionBudget: /Available|Unavailable/,
  HorizontalPodAutoscaler: /maxReplicas/,
  PersistentVolumeClaim: /component/,
};

describe('the children of a registry', function () {
  this.timeout(300_000);
  let running: RunningCluster;
  let registry: RegistryInCluster;
  let cluster: Cluster;
  const rows: { kind: string; name: string; edit: string; seconds: string }[] = [];
  const children = childrenNamed('repair', spec, 'repair');

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    running = await runningCluster();
    registry = await registryIn(running, 'repair', spec);
    await registry.ready();
    cluster = new Cluster(openKubeConfig(), openMetrics('test'));
  });
  after(async () => {
    await registry?.remove();
    const width = (column: 'kind' | 'name' | 'edit') => Math.max(...rows.map((row) => row[column].length));
    for (const { kind, name, edit, seconds } of rows)
      console.log(
        `      ${kind.padEnd(width('kind'))}  ${name.padEnd(width('name'))}  ${edit.padEnd(width('edit'))}  ${seconds}`,
      );
  });

  const isAsWanted = async (what: string, check: () => Promise<boolean>): Promise<number> => {
    const startedMs = performance.now();
    await until(what, check, mostMs);
    return (performance.now() - startedMs) / 1000;
  };

  const claims = ['postgres', 'redis'].map((component) =>
    named('v1', 'PersistentVolumeClaim', `data-repair-${component}-0`, 'repair'),
  );

  it(`are repaired within ${mostMs / 1000} s when another client edits them`, async () => {
    for (const child of [...children, ...claims]) {
      const pattern = edits[child.kind];
      if (pattern === undefined) throw new Error(`no edit for ${child.kind}`);
      const before = await cluster.get(child);
      const path = ownedFields(before).find((candidate) => pattern.test(inWords(candidate)));
      if (path === undefined) throw new Error(`${child.kind} ${child.metadata.name} holds no ${pattern}`);
      const wanted = readField(before, path);
      await spoil(child, path);
      const seconds = await isAsWanted(
        `${child.kind} ${child.metadata.name}${inWords(path)} is as wanted`,
        async () => isDeepStrictEqual(readField(await cluster.get(child), path), wanted),
      );
      rows.push({
        kind: child.kind,
        name: child.metadata.name,
        edit: inWords(path),
        seconds: seconds.toFixed(2),
      });
    }
    await registry.ready();
  });

  it(`are back within ${mostMs / 1000} s when somebody deletes them`, async () => {
    for (const child of children) {
      const { uid } = (await cluster.get(child)).metadata;
      await cluster.delete(await cluster.get(child));
      const seconds = await isAsWanted(`${child.kind} ${child.metadata.name} is back`, async () => {
        const found = await find(cluster, child);
        return found !== undefined && found.metadata.uid !== uid;
      });
      rows.push({
        kind: child.kind,
        name: child.metadata.name,
        edit: 'deleted',
        seconds: seconds.toFixed(2),
      });
    }
    await registry.ready();
    expect(rows.length).to.equal(children.length * 2 + claims.length);
  });

  /** The first of the edits that the API server takes. */
  const spoil = async (child: KubeObject, path: FieldPath): Promise<void> => {
    let refused: unknown;
    const tries = spoiled(await cluster.get(child), path).length;
    for (let index = 0; index < tries; index += 1) {
      try {
        const edited = spoiled(await cluster.get(child), path)[index];
        if (edited === undefined) break;
        await cluster.update(edited);
        return;
      } catch (error) {
        refused = error;
      }
    }
    throw new Error(`no edit of ${child.kind} ${child.metadata.name}${inWords(path)} is taken`, {
      cause: refused,
    });
  };
});
