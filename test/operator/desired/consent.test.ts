import { expect } from 'chai';
import { certificate } from '../../../operator/desired/certificates.ts';
import { deployment } from '../../../operator/desired/deployment.ts';
import type { Policy } from '../../../operator/policy.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { mustBeWithinPolicy } from '../../../operator/within-policy.ts';
import { anObserved, aRegistry, aSecret } from '../../build/registry.ts';

const hosts = 'llm-schema-registry.io/allowed-hosts';
const label = 'llm-schema-registry.io/allowed-for';
const values = { username: 'a', password: 'b', accessKeyId: 'c', secretAccessKey: 'd' };

const made =
  (spec: Spec, metadata: object = {}, policy: Partial<Policy> = {}) =>
  () =>
    deployment(
      aRegistry(spec, 'sample', {}, policy),
      anObserved({ namedSecrets: [aSecret('theirs', values, metadata)] }),
    );
const database = (host: string): Spec => ({
  database: { external: { host, credentialsSecretRef: { name: 'theirs' } } },
});

describe('a Secret that a spec names', () => {
  it('is sent where the spec says, as long as its owner lists no hosts', () =>
    expect(made(database('db.example.com'))).not.to.throw());

  for (const [host, isAllowed] of [
    ['db.example.com', true],
    ['DB.example.com', true],
    ['a.internal', true],
    ['a.b.internal', true],
    ['internal', false],
    ['evil-internal', false],
    ['db.example.com.evil.test', false],
    ['192.0.2.1', false],
  ] as const)
    it(`is ${isAllowed ? '' : 'not '}sent to ${host} where its owner lists db.example.com and *.internal`, () => {
      const annotations = { [hosts]: 'db.example.com, *.internal' };
      const run = expect(made(database(host), { annotations }));
      if (isAllowed) run.not.to.throw();
      else
        run.to.throw(
          BadSpec,
          `spec.database.external.host: "${host}" is none of the hosts that Secret "theirs"`,
        );
    });

  for (const [title, spec, field] of [
    [
      'a cache',
      { cache: { external: { host: 'evil.test', credentialsSecretRef: { name: 'theirs' } } } },
      'spec.cache.external',
    ],
    [
      'one of several sentinels',
      {
        cache: {
          external: {
            sentinel: { masterName: 'm', nodes: [{ host: 'db.example.com' }, { host: 'evil.test' }] },
            credentialsSecretRef: { name: 'theirs' },
          },
        },
      },
      'spec.cache.external',
    ],
    [
      'a bucket elsewhere',
      {
        artifacts: {
          s3: { bucket: 'a', endpoint: 'https://evil.test:9000', credentialsSecretRef: { name: 'theirs' } },
        },
      },
      'spec.artifacts.s3.endpoint',
    ],
    [
      'a bucket of AWS',
      { artifacts: { s3: { bucket: 'a', credentialsSecretRef: { name: 'theirs' } } } },
      'spec.artifacts.s3.endpoint',
    ],
    [
      'the bucket of another registry',
      {
        bootstrap: {
          archive: {
            s3: { bucket: 'a', endpoint: 'https://evil.test:9000', credentialsSecretRef: { name: 'theirs' } },
          },
        },
      },
      'spec.bootstrap.archive.s3.endpoint',
    ],
  ] as const satisfies readonly (readonly [string, Spec, string])[])
    it(`is not sent to ${title} that its owner does not list`, () =>
      expect(made(spec, { annotations: { [hosts]: 'db.example.com' } })).to.throw(BadSpec, `${field}: "`));

  it('is used only with the label of its owner, where the operator asks for one', () => {
    const policy = { secrets: 'Labelled' } as const;
    expect(made(database('a'), {}, policy)).to.throw(
      BadSpec,
      'kubectl label secret theirs llm-schema-registry.io/allowed-for=sample',
    );
    expect(made(database('a'), { labels: { [label]: 'another' } }, policy)).to.throw(BadSpec);
    for (const value of ['sample', 'any'])
      expect(made(database('a'), { labels: { [label]: value } }, policy)).not.to.throw();
  });

  it('is not overwritten by cert-manager, unless that has made it', () => {
    const spec: Spec = { tls: { mode: 'CertManager', issuerRef: { name: 'a' } } };
    const over = (annotations?: Readonly<Record<string, string>>) => () =>
      certificate(
        aRegistry(spec),
        anObserved({
          served: new Set(['Certificate']),
          namedSecrets: annotations === undefined ? [] : [aSecret('sample-tls', {}, { annotations })],
        }),
      );
    expect(over()).not.to.throw();
    expect(over({ 'cert-manager.io/certificate-name': 'sample' })).not.to.throw();
    expect(over({})).to.throw(
      BadSpec,
      'spec.tls.mode: Secret "sample-tls" is there and was not made by cert-manager',
    );
    expect(over({ 'cert-manager.io/certificate-name': 'shop' })).to.throw(BadSpec);
  });
});

describe('the images of a spec', () => {
  const images = ['mirror.example.com/schemas', 'ghcr.io/llm-schema-registry/'];
  const judged = (spec: Spec) => () => {
    const registry = aRegistry(spec, 'sample', {}, { images });
    mustBeWithinPolicy(registry, spec);
    deployment(registry, anObserved());
  };

  for (const [field, specOf] of [
    ['spec.image.repository', (image: string): Spec => ({ image: { repository: image } })],
    ['spec.database.managed.image', (image: string): Spec => ({ database: { managed: { image } } })],
    ['spec.cache.managed.image', (image: string): Spec => ({ cache: { managed: { image } } })],
    [
      'spec.podTemplate.spec.containers[beside].image',
      (image: string): Spec => ({ podTemplate: { spec: { containers: [{ name: 'beside', image }] } } }),
    ],
    [
      'spec.podTemplate.spec.initContainers[first].image',
      (image: string): Spec => ({ podTemplate: { spec: { initContainers: [{ name: 'first', image }] } } }),
    ],
  ] as const)
    it(`are those that the operator allows: ${field}`, () => {
      for (const image of [
        'mirror.example.com/schemas',
        'mirror.example.com/schemas/a',
        'ghcr.io/llm-schema-registry/a',
      ])
        expect(judged(specOf(image)), image).not.to.throw();
      for (const image of [
        'mirror.example.com/schemas-of-others/a',
        'evil.test/mirror.example.com/schemas',
        'a',
      ])
        expect(judged(specOf(image)), image).to.throw(BadSpec, `${field}: "${image}`);
    });

  it("may be the operator's own without being named", () => expect(judged({})).not.to.throw());
});
