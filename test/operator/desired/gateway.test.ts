import { expect } from 'chai';
import { backendTls, grpcRoute, httpRoute } from '../../../operator/desired/gateway.ts';
import type { Spec } from '../../../operator/registry.ts';
import { status } from '../../../operator/status/status.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const gateway: NonNullable<Spec['gateway']> = {
  parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
  hostnames: ['*.example.com', 'registry.example.com'],
  grpc: { hostnames: ['registry-grpc.example.com'] },
};
const parent = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway.parentRefs[0] };
const service = { group: '', kind: 'Service', name: 'sample', weight: 1 };

describe('the routes through a Gateway', () => {
  const observed = anObserved();

  it('lead to the REST API', () => {
    expect(httpRoute(aRegistry({ gateway }), observed)?.spec).to.deep.equal({
      parentRefs: [parent],
      hostnames: gateway.hostnames,
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ ...service, port: 80 }],
        },
      ],
    });
  });

  it('lead to gRPC in an object of its own', () => {
    const route = grpcRoute(aRegistry({ gateway }), observed);
    expect(route?.metadata.name).to.equal('sample-grpc');
    expect(route?.spec).to.deep.equal({
      parentRefs: [parent],
      hostnames: ['registry-grpc.example.com'],
      rules: [{ backendRefs: [{ ...service, port: 9090 }] }],
    });
    const withoutGrpc = { parentRefs: gateway.parentRefs };
    expect(grpcRoute(aRegistry({ gateway: withoutGrpc }), observed)).to.equal(undefined);
    expect(httpRoute(aRegistry({ gateway: withoutGrpc }), observed)?.spec).not.to.have.property('hostnames');
  });

  it('speak TLS to a server that does, and trust who issued its certificate', () => {
    expect(backendTls(aRegistry({ gateway }), observed)).to.equal(undefined);
    const registry = aRegistry({ gateway, tls: { mode: 'Operator' } });
    expect(JSON.stringify(httpRoute(registry, observed)?.spec)).to.include('"port":443');
    expect(backendTls(registry, observed)?.spec).to.deep.equal({
      targetRefs: [{ group: '', kind: 'Service', name: 'sample' }],
      validation: {
        caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'sample-ca' }],
        hostname: 'sample.team-a.svc',
      },
    });
    const ofSecret = aRegistry({ gateway, tls: { mode: 'Secret', secretRef: { name: 'api-tls' } } });
    expect(JSON.stringify(backendTls(ofSecret, observed)?.spec)).to.include(
      '{"group":"","kind":"Secret","name":"api-tls"}',
    );
  });

  it('are not made where the cluster has no such kinds, or the spec no gateway', () => {
    const tls = { mode: 'Operator' } as const;
    for (const [registry, served] of [
      [aRegistry({ gateway, tls }), []],
      [aRegistry({ tls }), ['HTTPRoute', 'GRPCRoute', 'BackendTLSPolicy']],
    ] as const) {
      const world = anObserved({ served: new Set(served) });
      for (const child of [httpRoute, grpcRoute, backendTls])
        expect(child(registry, world)).to.equal(undefined);
    }
  });

  for (const { title, spec, http, grpc } of [
    {
      title: 'are the endpoints',
      spec: { gateway },
      http: 'https://registry.example.com',
      grpc: 'registry-grpc.example.com:443',
    },
    {
      title: 'are the endpoints without TLS',
      spec: { gateway: { ...gateway, tls: false } },
      http: 'http://registry.example.com',
      grpc: 'registry-grpc.example.com:80',
    },
    {
      title: 'give way to an ingress',
      spec: { gateway, ingress: { enabled: true, http: { hosts: ['a.example.com'] } } },
      http: 'http://a.example.com',
      grpc: 'registry-grpc.example.com:443',
    },
    {
      title: 'are no endpoints without hosts',
      spec: { gateway: { parentRefs: gateway.parentRefs } },
      http: 'http://sample.team-a.svc',
      grpc: 'sample.team-a.svc:9090',
    },
  ] as const) {
    it(title, () => {
      const { endpoints } = status(aRegistry(spec as Spec), anObserved(), {}, undefined);
      expect([endpoints?.http, endpoints?.grpc]).to.deep.equal([http, grpc]);
    });
  }
});
