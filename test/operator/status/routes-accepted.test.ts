import { expect } from 'chai';
import { grpcRoute, httpRoute } from '../../../operator/desired/gateway.ts';
import type { KubeObject } from '../../../operator/kube/kubernetes.ts';
import type { Spec } from '../../../operator/registry.ts';
import { judging } from '../../../operator/status/condition.ts';
import { degraded } from '../../../operator/status/degraded.ts';
import { routesAccepted } from '../../../operator/status/routes-accepted.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const gateway: NonNullable<Spec['gateway']> = {
  parentRefs: [
    { name: 'public', namespace: 'gateways' },
    { name: 'private', sectionName: 'https' },
  ],
  hostnames: ['a.example.com'],
  grpc: { hostnames: ['b.example.com'] },
};
const registry = aRegistry({ gateway, cache: { disabled: true } });
const parents = [
  { name: 'public', namespace: 'gateways' },
  // A controller may write the namespace of a route's own Gateway, or leave it out.
  { name: 'private', namespace: 'team-a', sectionName: 'https' },
];

interface Said {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

const taken: readonly Said[] = [
  { type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration: 2 },
  { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', observedGeneration: 2 },
];

/** Both routes, and what the two Gateways say of them. */
function world(...said: readonly (readonly Said[])[]) {
  const routes = [httpRoute(registry, anObserved()), grpcRoute(registry, anObserved())] as KubeObject[];
  const children = routes.map((route) => ({
    ...route,
    metadata: { ...route.metadata, generation: 2 },
    status: { parents: said.map((conditions, index) => ({ parentRef: parents[index], conditions })) },
  }));
  return anObserved({ children });
}

const words = (observed: ReturnType<typeof world>, of = registry) => {
  const { status, reason, message } = judging(of, observed)(routesAccepted);
  return `${status} ${reason}: ${message}`;
};

describe('RoutesAccepted', () => {
  it('is True without a gateway', () =>
    expect(words(anObserved(), aRegistry())).to.equal('True Disabled: spec.gateway names no Gateway'));

  it('is True once every Gateway has taken the routes', () =>
    expect(words(world(taken, taken))).to.equal('True Accepted: every Gateway has taken the routes'));

  it('is Unknown while one has not answered, and names it', () => {
    expect(words(world(taken))).to.equal(
      'Unknown Starting: no controller has answered for HTTPRoute sample at Gateway team-a/private, listener https; is the Gateway there, and in that namespace?',
    );
    expect(words(anObserved())).to.equal('Unknown Starting: the routes are not made yet');
  });

  it('does not go by what was said of an older route', () => {
    const older = taken.map((condition) => ({ ...condition, observedGeneration: 1 }));
    expect(words(world(taken, older))).to.match(/^Unknown Starting: .*team-a\/private/);
  });

  for (const type of ['Accepted', 'ResolvedRefs'])
    it(`is False where ${type} is, in the words of the Gateway`, () => {
      const refused = {
        type,
        status: 'False',
        reason: 'NotAllowedByListeners',
        message: 'no listener',
        observedGeneration: 2,
      };
      const observed = world(taken, [...taken.filter((condition) => condition.type !== type), refused]);
      expect(words(observed)).to.equal(
        'False RouteNotAccepted: HTTPRoute sample at Gateway team-a/private, listener https: NotAllowedByListeners: no listener',
      );
      expect(judging(registry, observed)(degraded)).to.deep.include({
        status: 'True',
        reason: 'RouteNotAccepted',
      });
    });

  for (const [missing, spec] of [
    ['HTTPRoute', { gateway }],
    ['GRPCRoute', { gateway }],
    ['BackendTLSPolicy', { gateway, tls: { mode: 'Operator' } }],
  ] as const)
    it(`is False where the cluster has no ${missing}`, () => {
      const served = new Set(['HTTPRoute', 'GRPCRoute', 'BackendTLSPolicy'] as const);
      served.delete(missing);
      expect(words(anObserved({ served }), aRegistry(spec))).to.match(
        new RegExp(`^False GatewayApiMissing: the cluster has no ${missing} .*install the Gateway API`),
      );
    });
});
