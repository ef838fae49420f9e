import { expect } from 'chai';
import { apply, plan } from '../../operator/apply.ts';
import { desired } from '../../operator/desired/table.ts';
import { inWords } from '../../operator/difference.ts';
import { ApiError } from '../../operator/kube/api-error.ts';
import { openCaches } from '../../operator/kube/cache.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject, ManagedFields } from '../../operator/kube/kubernetes.ts';
import { Ledger } from '../../operator/ledger.ts';
import { openLog } from '../../operator/log.ts';
import { overruledInWords } from '../../operator/overruled-in-words.ts';
import type { Spec } from '../../operator/registry.ts';
import { anObserved, aRegistry, aSecret, someCertificates } from '../build/registry.ts';

/** The children as they are once a plan has been carried out. */
function carriedOut(spec = {}): readonly KubeObject[] {
  return plan(desired(aRegistry(spec), anObserved()), [], 'uid-1').create;
}

const isBudget = ({ kind, metadata }: KubeObject) =>
  kind === 'PodDisruptionBudget' && metadata.name === 'sample';

describe('the plan of a run', () => {
  it('writes nothing when all is as wanted', () => {
    const wanted = desired(aRegistry(), anObserved());
    const { create, update, remove } = plan(wanted, carriedOut(), 'uid-1');
    expect([create, update, remove]).to.deep.equal([[], [], []]);
  });

  it('makes a child that is missing', () => {
    const children = carriedOut().filter((child) => !isBudget(child));
    const { create } = plan(desired(aRegistry(), anObserved()), children, 'uid-1');
    expect(create.map(({ kind }) => kind)).to.deep.equal(['PodDisruptionBudget']);
  });

  it('repairs a field that somebody changed', () => {
    const children = carriedOut().map((child) =>
      isBudget(child) ? { ...child, spec: { ...(child.spec as object), minAvailable: 9 } } : child,
    );
    const { update } = plan(desired(aRegistry(), anObserved()), children, 'uid-1');
    expect(update.flatMap(({ found }) => found.map(({ path }) => inWords(path)))).to.deep.equal([
      '.spec.minAvailable',
    ]);
  });

  it('makes a ConfigMap or a Secret anew that somebody has made immutable', async () => {
    for (const kind of ['ConfigMap', 'Secret']) {
      const children = carriedOut().map((child) =>
        child.kind === kind ? { ...child, immutable: true } : child,
      );
      const changes = plan(desired(aRegistry(), anObserved()), children, 'uid-1');
      const frozen = children.filter((child) => child.kind === kind).map(({ metadata }) => metadata.name);
      expect(
        changes.update.map(({ object, found }) => [
          object.metadata.name,
          ...found.map(({ path }) => inWords(path)),
        ]),
      ).to.deep.equal(frozen.map((name) => [name, '.immutable']));
      const verbs: string[] = [];
      const noted = (verb: string) => async (object: KubeObject, options?: { isDryRun?: boolean }) => {
        verbs.push(`${options?.isDryRun ? 'try to ' : ''}${verb} ${object.metadata.name}`);
        return object;
      };
      const cluster = { apply: noted('apply'), delete: noted('delete'), merge: noted('merge') };
      await apply(partsOf(cluster as object as Cluster), changes);
      expect(verbs).to.deep.equal(frozen.flatMap((name) => [`delete ${name}`, `apply ${name}`]));
    }
  });

  it('writes a child again when a field is no longer wanted', () => {
    const before = carriedOut({ service: { annotations: { 'example.test/a': 'b' } } });
    const { update } = plan(desired(aRegistry(), anObserved()), before, 'uid-1');
    expect(update.map(({ object }) => object.kind)).to.deep.equal(['Service']);
  });

  describe('takes on the objects of a registry that was deleted without them', () => {
    const everything: Spec = {
      tls: { mode: 'Operator' },
      auth: { mode: 'ApiKey' },
      ingress: { enabled: true, http: { hosts: ['a.example.com'] }, grpc: { hosts: ['b.example.com'] } },
      monitoring: { dashboards: { enabled: true } },
      artifacts: { s3: { bucket: 'b', credentialsSecretRef: { name: 's3' } } },
    };
    const observed = anObserved({
      certificates: someCertificates,
      namedSecrets: [aSecret('s3', { accessKeyId: 'id', secretAccessKey: 'key' })],
    });
    const orphans = plan(desired(aRegistry(everything), observed), [], 'uid-of-before').create.map(
      (child) => {
        const { ownerReferences: _gone, ...metadata } = child.metadata;
        return { ...child, metadata };
      },
    );
    const without = desired(aRegistry({ cache: { disabled: true }, monitoring: {} }), anObserved());
    const pathsOf = (objects: readonly KubeObject[]) =>
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    it('and removes those that are not wanted, of every kind', () => {
      const { update, remove } = plan(without, orphans, 'uid-1');
      const wanted = new Set(pathsOf(without));
      expect(pathsOf(remove)).to.have.members(pathsOf(orphans).filter((path) => !wanted.has(path)));
      expect(pathsOf(remove)).to.include.members(['StatefulSet sample-redis', 'Secret sample-postgres-tls']);
      expect(pathsOf(update.map(({ object }) => object))).to.have.members([...wanted]);
    });

    it('but not a copy of another name, what has an owner, nor what somebody else has made', () => {
      const [orphan] = orphans.filter(({ metadata }) => metadata.name === 'sample-redis');
      if (orphan === undefined) throw new Error('there is no Redis');
      const changed = (change: object) => ({ ...orphan, metadata: { ...orphan.metadata, ...change } });
      const others = [
        changed({ name: 'sample-redis-copy' }),
        changed({
          ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x', controller: true }],
        }),
        changed({ annotations: {} }),
      ];
      expect(pathsOf(plan(without, others, 'uid-1').remove)).to.deep.equal([]);
    });
  });

  it('removes what is no longer wanted, and never a claim', () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: 'data-sample-redis-0',
        ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: 'uid-1', controller: true }],
      },
    };
    const withoutCache = desired(aRegistry({ cache: { disabled: true } }), anObserved());
    const { remove } = plan(withoutCache, [...carriedOut(), claim], 'uid-1');
    expect(remove.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.have.members([
      'NetworkPolicy sample-redis',
      'Secret sample-redis',
      'ConfigMap sample-redis',
      'Service sample-redis',
      'StatefulSet sample-redis',
      'PodDisruptionBudget sample-redis',
    ]);
  });

  it('leaves an object alone that belongs to another registry', () => {
    const foreign = carriedOut().map((child) => ({
      ...child,
      metadata: { ...child.metadata, name: `other-${child.metadata.name}` },
    }));
    expect(plan([], foreign, 'uid-2').remove).to.deep.equal([]);
  });
});

const partsOf = (cluster: Cluster) => ({
  cluster,
  caches: openCaches(),
  ledger: new Ledger(),
  log: openLog('silent'),
});

describe('a plan that is carried out (the API server is pretended)', () => {
  /** One that does not serve some kinds. */
  const serverWithout = (...missing: readonly string[]) => {
    const written: string[] = [];
    const notFound = new ApiError(404, '', '404 page not found');
    const take = async (object: KubeObject, { isDryRun = false } = {}) => {
      if (missing.includes(object.kind)) throw notFound;
      if (!isDryRun) written.push(object.kind);
      return object;
    };
    const get = async () => {
      throw notFound;
    };
    return { written, cluster: { apply: take, merge: take, get } as unknown as Cluster };
  };
  const changes = () => {
    const children = carriedOut()
      .filter(({ kind }) => kind !== 'ServiceMonitor')
      .map((child) => (isBudget(child) || child.kind === 'PrometheusRule' ? { ...child, spec: {} } : child));
    return plan(desired(aRegistry(), anObserved()), children, 'uid-1');
  };

  it('mends all else when the CRDs of a kind have just been taken away', async () => {
    const { cluster, written } = serverWithout('ServiceMonitor', 'PrometheusRule');
    await apply(partsOf(cluster), changes());
    expect(written).to.deep.equal(['PodDisruptionBudget']);
  });

  it('fails where a kind is missing that each cluster has', async () => {
    const { cluster } = serverWithout('PodDisruptionBudget');
    const failed = await apply(partsOf(cluster), changes()).catch((error) => error);
    expect((failed as Error).message).to.equal('apply PodDisruptionBudget sample');
  });
});

describe('a plan that is carried out again and again (the API server is pretended)', () => {
  const name = 'sample';
  const budgetOf = (children: readonly KubeObject[]) =>
    children.filter(({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === name);
  const wanted = budgetOf(desired(aRegistry(), anObserved()));

  /** Runs with an API server that makes of each write what `made` says, and others that make of it what `undone` says. */
  async function runs(
    count: number,
    made: (object: KubeObject) => KubeObject,
    undone: (object: KubeObject, run: number) => KubeObject = (object) => object,
  ) {
    let writes = 0;
    const take = async (object: KubeObject, { isDryRun = false } = {}) => {
      if (!isDryRun) writes += 1;
      return made(object);
    };
    const parts = partsOf({ apply: take, merge: take } as unknown as Cluster);
    let before: readonly KubeObject[] = budgetOf(carriedOut()).map((object) => undone(made(object), 0));
    let overruled: readonly unknown[] = [];
    for (let run = 1; run <= count; run += 1) {
      const planned = plan(wanted, before, 'uid-1', (object, found) =>
        parts.ledger.isVain(object, found, run),
      );
      overruled = planned.overruled.map(overruledInWords);
      await apply(parts, planned);
      const [updated] = planned.update;
      if (updated !== undefined) before = [undone(made(updated.object), run)];
    }
    return { writes, overruled };
  }
  const withSpec =
    (change: object, managedFields: ManagedFields[] = []) =>
    (object: KubeObject) => ({
      ...object,
      metadata: { ...object.metadata, managedFields },
      spec: { ...(object.spec as object), ...change },
    });
  const by = (manager: string, ...fields: readonly string[]): ManagedFields => ({
    manager,
    operation: 'Update',
    fieldsV1: { 'f:spec': Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
  });

  it('writes once against what admission makes of it, and says so', async () => {
    const { writes, overruled } = await runs(50, withSpec({ minAvailable: 1 }));
    expect(writes).to.equal(1);
    expect(overruled).to.deep.equal([
      'PodDisruptionBudget sample: .spec.minAvailable is 1 instead of 2, by an admission webhook',
    ]);
  });

  it('gives up for a while against who undoes each write in the same way, and names who', async () => {
    const { writes, overruled } = await runs(
      50,
      (object) => object,
      withSpec({ minAvailable: 1 }, [by('stubborn', 'minAvailable')]),
    );
    expect(writes).to.equal(10);
    expect(overruled).to.deep.equal([
      'PodDisruptionBudget sample: .spec.minAvailable is 1 instead of 2, by stubborn',
    ]);
  });

  it('repairs each of many edits that differ', async () => {
    const { writes } = await runs(
      50,
      (object) => object,
      (object, run) => withSpec({ minAvailable: run + 3 })(object),
    );
    expect(writes).to.equal(50);
  });

  it('takes out what others have added, and writes nothing against what the API server puts there itself', async () => {
    const holders = [by('kubectl-edit', 'minReadySeconds')];
    const { writes, overruled } = await runs(50, withSpec({ minReadySeconds: 5 }, holders));
    // A patch that takes it out, and the apply.
    expect(writes).to.equal(2);
    expect(overruled).to.deep.equal([undefined]);
  });

  it('writes once where the API server refuses to take out what others have added', async () => {
    let writes = 0;
    const added = withSpec({ minReadySeconds: 5, minAvailable: 1 }, [by('kubectl-edit', 'minReadySeconds')]);
    const stays = withSpec({ minReadySeconds: 5 }, [by('kubectl-edit', 'minReadySeconds')]);
    const cluster = {
      apply: async (object: KubeObject, { isDryRun = false } = {}) => {
        if (!isDryRun) writes += 1;
        return stays(object);
      },
      merge: async () => {
        throw new ApiError(422, 'Invalid', 'spec.minReadySeconds: Forbidden');
      },
    };
    const parts = partsOf(cluster as unknown as Cluster);
    let before = budgetOf(carriedOut()).map(added);
    for (let run = 1; run <= 10; run += 1) {
      const planned = plan(wanted, before, 'uid-1', (object, found) =>
        parts.ledger.isVain(object, found, run),
      );
      await apply(parts, planned);
      before = planned.update.length === 0 ? before : planned.update.map(({ object }) => stays(object));
    }
    expect(writes).to.equal(1);
  });

  it('is no write where a field of somebody else holds it up, so that what was answered before still counts', async () => {
    const added = withSpec({ minReadySeconds: 5, minAvailable: 1 }, [by('kubectl-edit', 'minReadySeconds')]);
    const refuse = async () => {
      throw new ApiError(422, 'Invalid', 'spec.minReadySeconds: Forbidden', ['spec.minReadySeconds']);
    };
    const before = budgetOf(carriedOut()).map(added);
    const cluster = { apply: refuse, merge: refuse, get: async () => before[0] };
    const parts = partsOf(cluster as unknown as Cluster);
    for (let run = 1; run <= 2; run += 1) {
      const { isWritten, blocked } = await apply(parts, plan(wanted, before, 'uid-1'));
      expect(blocked).to.have.length(1);
      expect(isWritten).to.equal(false);
    }
  });
});
