import { expect } from 'chai';
import { findHindrance } from '../../operator/hindrance.ts';
import { ApiError } from '../../operator/kube/api-error.ts';
import type { Status } from '../../operator/registry.ts';
import { hinderedStatus } from '../../operator/status/status.ts';

const answers: readonly [code: number, words: string, reason: string | undefined][] = [
  [
    403,
    'configmaps "sample" is forbidden: unable to create new content in namespace team-a because it is being terminated',
    'NamespaceTerminating',
  ],
  [
    403,
    'services "sample" is forbidden: exceeded quota: objects, requested: services=1, used: services=5, limited: services=5',
    'QuotaExceeded',
  ],
  [
    403,
    'services "sample" is forbidden: status unknown for quota: objects, resources: services',
    'QuotaExceeded',
  ],
  [
    403,
    'services is forbidden: User "system:serviceaccount:x:y" cannot create resource "services" in API group "" in the namespace "team-a"',
    'OperatorNotAllowed',
  ],
  [
    500,
    'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post "https://x": dial tcp: connect: connection refused',
    'WebhookFails',
  ],
  [403, 'admission webhook "quota.example.com" denied the request: no services here', undefined],
  [422, 'Deployment.apps "sample" is invalid: spec.replicas: Invalid value: -1', undefined],
  [500, 'etcdserver: leader changed', undefined],
  [409, 'the object has been modified', undefined],
];

describe('what hinders the operator, and is not the fault of a spec', () => {
  for (const [code, words, reason] of answers) {
    it(`is ${reason ?? 'nothing that is said'} where the API server answers ${code} ${words}`, () => {
      const error = new Error('apply Service sample', { cause: new ApiError(code, '', words) });
      expect(findHindrance(error)?.reason).to.equal(reason);
      if (reason !== undefined)
        expect(findHindrance(error)?.message).to.equal(`apply Service sample: ${words}`);
    });
  }

  it('is told in Reconciling, and the rest stays as it was', () => {
    const ready = {
      type: 'Ready',
      status: 'True' as const,
      reason: 'Ready',
      message: 'version 1.0.0 answers',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    };
    const before: Status = { observedGeneration: 3, version: '1.0.0', conditions: [ready] };
    const after = hinderedStatus({ reason: 'QuotaExceeded', message: 'no room' }, 4, 0, before);
    expect(after.observedGeneration).to.equal(3);
    expect(after.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).to.deep.equal([
      'Ready True Ready',
      'Reconciling True QuotaExceeded',
    ]);
    expect(hinderedStatus({ reason: 'QuotaExceeded', message: 'no room' }, 4, 9_000, after)).to.deep.equal(
      after,
    );
  });

  it('is told in Ready, too, of a registry that has never been looked at', () => {
    const after = hinderedStatus({ reason: 'WebhookFails', message: 'no answer' }, 1, 0, {});
    expect(after.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).to.deep.equal([
      'Ready False WebhookFails',
      'Reconciling True WebhookFails',
    ]);
  });
});
