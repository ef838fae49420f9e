import { expect } from 'chai';
import { textOf } from '../../../operator/desired/secret.ts';
import { desired } from '../../../operator/desired/table.ts';
import type { KubeObject } from '../../../operator/kube/kubernetes.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry, aSecret } from '../../build/registry.ts';

const own: Spec = { auth: { mode: 'ApiKey' } };
const named: Spec = { auth: { mode: 'ApiKey', apiKeys: { secretRef: { name: 'team-keys' } } } };
const token: Spec = { auth: { mode: 'JWT', jwt: { secretRef: { name: 'jwt' } } } };
const list = (key: string) => `- {name: team-a, role: writer, key: ${key}}\n`;

const find = (children: readonly KubeObject[], kind: string, name: string) =>
  children.find((child) => child.kind === kind && child.metadata.name === name);
const keyOf = (secret: KubeObject | undefined) => textOf(secret, 'admin-key');

describe('the API key that the operator makes', () => {
  const made = (auth?: KubeObject, fresh = 'a') => {
    const { secrets, newPasswords } = anObserved();
    const observed = {
      secrets: { ...secrets, auth },
      newPasswords: { ...newPasswords, auth: fresh.repeat(43) },
    };
    return find(desired(aRegistry(own), anObserved(observed)), 'Secret', 'sample-auth');
  };

  it('stays what it is while its Secret is there', () => {
    const first = made();
    expect(keyOf(first)).to.equal('a'.repeat(43));
    expect(made(first, 'b')).to.deep.equal(first);
  });

  it('is made anew where somebody has spoiled it, and then the list says the same', () => {
    const spoiled = made(
      aSecret('sample-auth', { 'admin-key': 'short', 'keys.yaml': list('x'.repeat(24)) }),
      'b',
    );
    expect(keyOf(spoiled)).to.equal('b'.repeat(43));
    expect(textOf(spoiled, 'keys.yaml')).to.equal(`- name: admin\n  role: admin\n  key: ${'b'.repeat(43)}\n`);
  });

  it('is a file in the pods, so that no variable and no annotation has it', () => {
    const children = desired(aRegistry(own), anObserved());
    const text = JSON.stringify(children.filter(({ kind }) => kind !== 'Secret'));
    expect(text).not.to.include('a'.repeat(43));
    expect(text).to.include('"AUTH_KEYS_FILE":"/etc/llm-schema-registry/auth/keys.yaml"');
    expect(text).to.include(
      '{"name":"api-keys","mountPath":"/etc/llm-schema-registry/auth","readOnly":true}',
    );
    expect(text).to.include(
      '"secretName":"sample-auth","defaultMode":288,"items":[{"key":"keys.yaml","path":"keys.yaml"}]',
    );
  });

  it('is not made where the spec names a Secret, wants tokens alone, or nothing', () => {
    const namedSecrets = [
      aSecret('team-keys', { 'keys.yaml': list('k'.repeat(24)) }),
      aSecret('jwt', { secret: 's'.repeat(32) }),
    ];
    for (const spec of [named, token, {}]) {
      expect(find(desired(aRegistry(spec), anObserved({ namedSecrets })), 'Secret', 'sample-auth')).to.equal(
        undefined,
      );
    }
  });
});

describe('a Secret with API keys, or with the secret of tokens', () => {
  it('may change without new pods', () => {
    const template = (spec: Spec, secret: KubeObject) =>
      find(desired(aRegistry(spec), anObserved({ namedSecrets: [secret] })), 'Deployment', 'sample');
    const keys = (letter: string) => aSecret('team-keys', { 'keys.yaml': list(letter.repeat(24)) });
    expect(template(named, keys('a'))).to.deep.equal(template(named, keys('b')));
    const secret = (letter: string) => aSecret('jwt', { secret: letter.repeat(32) });
    expect(template(token, secret('a'))).to.deep.equal(template(token, secret('b')));
  });

  const refused: readonly { title: string; spec: Spec; secret?: KubeObject; reason: string; says: string }[] =
    [
      {
        title: 'that is not there',
        spec: named,
        reason: 'SecretMissing',
        says: 'spec.auth.apiKeys.secretRef: there is no Secret "team-keys" in namespace team-a; it needs the key keys.yaml',
      },
      {
        title: 'that lacks its key',
        spec: token,
        secret: aSecret('jwt', { jwt: 's'.repeat(32) }),
        reason: 'SecretMissing',
        says: 'spec.auth.jwt.secretRef: Secret "jwt" has nothing under secret; it needs the key secret',
      },
      {
        title: 'with a key that is too short',
        spec: named,
        secret: aSecret('team-keys', { 'keys.yaml': list('hush') }),
        reason: 'SecretInvalid',
        says: 'spec.auth.apiKeys.secretRef: Secret "team-keys", key keys.yaml: entry 1: key is not 24 or more letters',
      },
      {
        title: 'with a secret that is too short',
        spec: token,
        secret: aSecret('jwt', { secret: 'hush' }),
        reason: 'SecretInvalid',
        says: 'spec.auth.jwt.secretRef: Secret "jwt", key secret: it has 4 bytes, and 32 are the least',
      },
    ];
  for (const { title, spec, secret, reason, says } of refused) {
    it(`stalls the registry, and is not told: one ${title}`, () => {
      const wanted = () =>
        desired(aRegistry(spec), anObserved({ namedSecrets: secret === undefined ? [] : [secret] }));
      expect(wanted).to.throw(BadSpec, says).with.property('reason', reason);
      expect(wanted).not.to.throw('hush');
    });
  }
});

describe('the network policy of a registry that takes tokens', () => {
  const ports = (jwksUrl: string) => {
    const spec: Spec = { auth: { mode: 'JWT', jwt: { jwksUrl, issuer: 'i', audience: 'a' } } };
    const policy = find(desired(aRegistry(spec), anObserved()), 'NetworkPolicy', 'sample') as KubeObject;
    return (policy.spec as { egress: { ports: object[] }[] }).egress.map((rule) => rule.ports);
  };
  for (const [url, port] of [
    ['https://login.example.com/keys', 443],
    ['http://dex/keys', 80],
    ['https://dex.auth.svc:5556/dex/keys', 5556],
  ] as const) {
    it(`lets the server ask ${url}`, () => {
      expect(ports(url)).to.deep.include([{ protocol: 'TCP', port }]);
    });
  }
});
