import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { eventsOf } from '../../../operator/events.ts';
import type { V1Deployment } from '../../../operator/kube/kubernetes.ts';
import type { Spec, Status } from '../../../operator/registry.ts';
import { judging } from '../../../operator/status/condition.ts';
import { exposed } from '../../../operator/status/exposed.ts';
import { status } from '../../../operator/status/status.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const said = (spec: Spec, parts: Parameters<typeof anObserved>[0] = {}) => {
  const { status, reason, message } = judging(aRegistry(spec), anObserved(parts))(exposed);
  return `${status} ${reason}: ${message}`;
};
const tls: Spec = { tls: { mode: 'Operator' } };
const closed: Spec = { ...tls, auth: { mode: 'ApiKey' } };
const ingressOf = (door: object): Spec => ({ ingress: { enabled: true, ...door } });
const hosts = ['registry.example.com'];
const onlyClients: Spec = {
  networkPolicy: { ingressFrom: [{ podSelector: { matchLabels: { app: 'client' } } }] },
};

describe('Exposed', () => {
  it('says of an empty spec who may do what, what can be read, and what closes either', () => {
    expect(said({})).to.equal(
      'True NoAuthentication: every pod of the cluster may read, register and delete schemas (spec.auth.mode asks for credentials), and what goes to the pods and between them can be read on its way, credentials too (spec.tls.mode: Operator encrypts it)',
    );
  });

  it('is False where requests need credentials and connections are encrypted', () => {
    expect(said(closed)).to.equal(
      'False NothingOpen: requests need credentials, and connections are encrypted',
    );
  });

  for (const name of ['production', 'authenticated'])
    it(`is False of the sample ${name}.yaml`, () => {
      const sample = new URL(`../../../config/samples/${name}.yaml`, import.meta.url);
      expect(said((parse(readFileSync(sample, 'utf8')) as { spec: Spec }).spec)).to.match(/^False/);
    });

  for (const [title, spec, words] of [
    ['pods alone that the policy lets in', onlyClients, 'whoever spec.networkPolicy.ingressFrom lets in may'],
    [
      'clients outside, by an ingress',
      ingressOf({ http: { hosts } }),
      'every pod of the cluster, and whoever reaches it from outside the cluster, may',
    ],
    [
      'clients outside, by a load balancer',
      { service: { type: 'LoadBalancer' } },
      'outside the cluster, may',
    ],
    [
      'clients outside, by a port of the nodes',
      { service: { type: 'NodePort' } },
      'outside the cluster, may',
    ],
    [
      'clients outside, by a Gateway',
      { gateway: { parentRefs: [{ name: 'public' }], hostnames: hosts } },
      'outside the cluster, may',
    ],
    [
      'everybody where there is no policy',
      { networkPolicy: { enabled: false, ingressFrom: [] } },
      'every pod of the cluster may',
    ],
    [
      'every pod where one of several peers is all of them',
      {
        networkPolicy: {
          ingressFrom: [{ podSelector: {} }, { namespaceSelector: { matchLabels: {} }, podSelector: {} }],
        },
      },
      'every pod of the cluster may',
    ],
  ] as const)
    it(`names who may come without credentials: ${title}`, () => {
      expect(said({ ...tls, ...(spec as Spec) })).to.include(words);
    });

  for (const [title, spec, words] of [
    ['the ingress', ingressOf({ http: { hosts } }), 'spec.ingress.http.tlsSecretName'],
    [
      'the ingress for gRPC',
      ingressOf({ http: { hosts, tlsSecretName: 'web' }, grpc: { hosts: ['grpc.example.com'] } }),
      'spec.ingress.grpc.tlsSecretName',
    ],
    [
      'the Gateway',
      { gateway: { parentRefs: [{ name: 'public' }], hostnames: hosts, tls: false } },
      'spec.gateway.tls is false',
    ],
    ['a load balancer', { tls: {}, service: { type: 'LoadBalancer' } }, 'spec.tls.mode is Disabled'],
    ['a port of the nodes', { tls: {}, service: { type: 'NodePort' } }, 'spec.service.type is NodePort'],
  ] as const)
    it(`says that clients outside are not encrypted, and by which field: ${title}`, () => {
      expect(said({ ...closed, ...(spec as Spec) }))
        .to.match(
          /^True NoTlsFromOutside: connections of clients outside the cluster are not encrypted \(spec\./,
        )
        .and.include(words);
    });

  it('says that keys can be read where there is no TLS', () => {
    expect(said({ auth: { mode: 'ApiKey' } })).to.match(/^True NoTls: .*credentials too/);
  });

  it('believes the server more than the spec', () => {
    const generation = 1;
    const deployment = {
      metadata: { generation },
      spec: { replicas: 1 },
      status: {
        ...{ observedGeneration: generation, replicas: 1, readyReplicas: 1 },
        ...{ updatedReplicas: 1, availableReplicas: 1 },
      },
    } as unknown as V1Deployment;
    const up = { metadata: { generation }, status: { observedGeneration: 1, readyReplicas: 1, replicas: 1 } };
    const answer = {
      isReady: true,
      isDegraded: false,
      isLocked: false,
      version: '0.0.1',
      checks: {},
    } as const;
    const parts = { deployment, postgres: up as never, redis: up as never, answer };
    const small: Spec = { ...closed, replicas: 1, autoscaling: { enabled: false } };
    expect(said(small, parts)).to.match(/^True Unlocked: the server does not ask for credentials yet/);
    expect(said(small, { ...parts, answer: { ...answer, isLocked: true } })).to.match(/^False NothingOpen/);
  });

  it('is told in an Event when somebody opens a registry, and when it is closed again', () => {
    const of = (spec: Spec, before: Status) => status(aRegistry(spec), anObserved(), before, undefined);
    const before = of(closed, {});
    const opened = of(tls, before);
    expect(eventsOf(before, opened).map(({ type, reason }) => `${type} ${reason}`)).to.include(
      'Warning NoAuthentication',
    );
    expect(eventsOf(opened, of(closed, opened)).map(({ type, reason }) => `${type} ${reason}`)).to.include(
      'Normal ExposedFalse',
    );
  });
});
