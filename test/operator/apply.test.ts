import { expect } from 'chai';
import { apply, plan } from '../../operator/apply.ts';
import { openCaches } from '../../operator/cache.ts';
import { ApiError, type Cluster } from '../../operator/cluster.ts';
import { desired } from '../../operator/desired/table.ts';
import type { KubeObject } from '../../operator/kubernetes.ts';
import { openLog } from '../../operator/log.ts';
import type { Spec } from '../../operator/registry.ts';
import { anObserved, aRegistry, someCertificates } from '../build/registry.ts';

/** The children as they are once a plan has been carried out. */
function carriedOut(spec = {}): readonly KubeObject[] {
  return plan(desired(aRegistry(spec), anObserved()), [], 'uid-1').create;
}

describe('the plan of a run', () => {
  it('writes nothing when all is as wanted', () => {
    const wanted = desired(aRegistry(), anObserved());
    const { create, update, remove } = plan(wanted, carriedOut(), 'uid-1');
    expect([create, update, remove]).to.deep.equal([[], [], []]);
  });

  it('makes a child that is missing', () => {
    const children = carriedOut().filter(({ kind }) => kind !== 'PodDisruptionBudget');
    const { create } = plan(desired(aRegistry(), anObserved()), children, 'uid-1');
    expect(create.map(({ kind }) => kind)).to.deep.equal(['PodDisruptionBudget']);
  });

  it('repairs a field that somebody changed', () => {
    const children = carriedOut().map((child) =>
      child.kind === 'PodDisruptionBudget'
        ? { ...child, spec: { ...(child.spec as object), minAvailable: 9 } }
        : child,
    );
    const { update } = plan(desired(aRegistry(), anObserved()), children, 'uid-1');
    expect(update.map(({ because }) => because)).to.deep.equal(['.spec.minAvailable']);
  });

  it('makes a ConfigMap or a Secret anew that somebody has made immutable', async () => {
    for (const kind of ['ConfigMap', 'Secret']) {
      const children = carriedOut().map((child) =>
        child.kind === kind ? { ...child, immutable: true } : child,
      );
      const changes = plan(desired(aRegistry(), anObserved()), children, 'uid-1');
      const frozen = children.filter((child) => child.kind === kind).map(({ metadata }) => metadata.name);
      expect(changes.update.map(({ object, because }) => [object.metadata.name, because])).to.deep.equal(
        frozen.map((name) => [name, '.immutable']),
      );
      const verbs: string[] = [];
      const noted = (verb: string) => async (object: KubeObject, options?: { isDryRun?: boolean }) => {
        verbs.push(`${options?.isDryRun ? 'try to ' : ''}${verb} ${object.metadata.name}`);
        return object;
      };
      const cluster = { apply: noted('apply'), delete: noted('delete'), merge: noted('merge') };
      await apply(cluster as object as Cluster, openCaches(), changes, openLog('error'));
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
    };
    const observed = anObserved({ certificates: someCertificates });
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
      .map((child) =>
        child.kind === 'PodDisruptionBudget' || child.kind === 'PrometheusRule'
          ? { ...child, spec: {} }
          : child,
      );
    return plan(desired(aRegistry(), anObserved()), children, 'uid-1');
  };

  it('mends all else when the CRDs of a kind have just been taken away', async () => {
    const { cluster, written } = serverWithout('ServiceMonitor', 'PrometheusRule');
    await apply(cluster, openCaches(), changes(), openLog('silent'));
    expect(written).to.deep.equal(['PodDisruptionBudget']);
  });

  it('fails where a kind is missing that each cluster has', async () => {
    const { cluster } = serverWithout('PodDisruptionBudget');
    const failed = await apply(cluster, openCaches(), changes(), openLog('silent')).catch((error) => error);
    expect((failed as Error).message).to.equal('apply PodDisruptionBudget sample');
  });
});
