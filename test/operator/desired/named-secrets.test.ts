import { expect } from 'chai';
import { namedSecretsAnnotation } from '../../../operator/desired/named-secrets.ts';
import { desired } from '../../../operator/desired/table.ts';
import type { KubeObject } from '../../../operator/kube/kubernetes.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry, aSecret } from '../../build/registry.ts';

const s3: Spec = { artifacts: { s3: { bucket: 'team-a', credentialsSecretRef: { name: 'keys' } } } };
const database: Spec = {
  database: {
    external: {
      host: 'db.example.com',
      credentialsSecretRef: { name: 'db' },
      tls: { caSecretRef: { name: 'ca' } },
    },
  },
};
const db = aSecret('db', { username: 'somebody', password: 'p@ss/w:rd#%41' });
const childrenOf = (spec: Spec, namedSecrets: readonly KubeObject[]) =>
  desired(aRegistry(spec), anObserved({ namedSecrets }));

describe('a Secret that a spec names', () => {
  it('is referred to, never copied', () => {
    const text = JSON.stringify(
      childrenOf(s3, [aSecret('keys', { accessKeyId: 'key-id', secretAccessKey: 'hush' })]),
    );
    expect(text).to.include('"secretKeyRef":{"name":"keys","key":"secretAccessKey"}');
    for (const value of ['key-id', 'hush'])
      expect(text).not.to.include(value).and.not.to.include(Buffer.from(value).toString('base64'));
  });

  it('of a PostgreSQL takes the place of our own one', () => {
    const children = childrenOf(database, [db, aSecret('ca', { 'ca.crt': 'PEM' })]);
    expect(children.filter(({ metadata }) => metadata.name === 'sample-postgres')).to.deep.equal([]);
    const text = JSON.stringify(children);
    expect(text).not.to.include('DATABASE_URL').and.not.to.include('p@ss');
    expect(text).to.include('"DATABASE_CA_FILE":"/etc/llm-schema-registry/database-ca/ca.crt"');
    expect(text).to.include('"DATABASE_TLS":"verify-full"');
    expect(text).to.include(
      '{"name":"database-ca","secret":{"secretName":"ca","defaultMode":288,"items":[{"key":"ca.crt","path":"ca.crt"}]}}',
    );
  });

  it('has a hash in the pods that tells nobody a password that can be guessed', () => {
    const spec: Spec = { database: { external: { host: 'a', credentialsSecretRef: { name: 'db' } } } };
    const [first, second] = ['k'.repeat(43), 'l'.repeat(43)];
    const made = (password: string, key: string | undefined, metadata: object = {}) => {
      const { secrets } = anObserved();
      const hashes = key === undefined ? undefined : aSecret('sample-hashes', { key });
      const namedSecrets = [aSecret('db', { username: 'me', password }, metadata)];
      const children = desired(
        aRegistry(spec),
        anObserved({ secrets: { ...secrets, hashes }, namedSecrets }),
      );
      const find = (kind: string, name: string) =>
        children.find((child) => child.kind === kind && child.metadata.name === name);
      const { template } = (find('Deployment', 'sample')?.spec ?? {}) as {
        template: { metadata: { annotations: Record<string, string> } };
      };
      const held = find('Secret', 'sample-hashes')?.data as { key: string };
      return {
        hash: template.metadata.annotations[namedSecretsAnnotation],
        key: Buffer.from(held.key, 'base64').toString(),
      };
    };
    const { hash, key } = made('hunter2', first);
    expect(key).to.equal(first);
    // The same password of another registry has another hash, so there is nothing to compare a guess with.
    expect(made('hunter2', second).hash).not.to.equal(hash);
    expect(made('hunter3', first).hash).not.to.equal(hash);
    // What the server does not read replaces no pod, nor does a Secret that is deleted and made anew.
    const other = { uid: 'another', resourceVersion: '2', labels: { a: 'b' } };
    expect(made('hunter2', first, other).hash).to.equal(hash);
    // One that is made or spoiled is what the pods are hashed with in the same run.
    for (const missing of [undefined, 'spoiled']) {
      const fresh = made('hunter2', missing);
      expect(fresh.key).to.equal('h'.repeat(43));
      expect(made('hunter2', fresh.key).hash).to.equal(fresh.hash);
    }
  });

  it('needs no key for the pods where the server follows it itself, or where there is none', () => {
    const names = (spec: Spec) =>
      childrenOf(spec, [aSecret('api-tls', { 'tls.crt': 'PEM', 'tls.key': 'PEM' })]).map(
        ({ metadata }) => metadata.name,
      );
    expect(names({})).not.to.include('sample-hashes');
    expect(names({ tls: { mode: 'Secret', secretRef: { name: 'api-tls' } } })).not.to.include(
      'sample-hashes',
    );
  });

  it('of a Redis takes the place of our own one; its user name may be missing', () => {
    const external = { host: 'redis', credentialsSecretRef: { name: 'redis' } };
    const children = childrenOf({ cache: { external } }, [aSecret('redis', { password: 'hush' })]);
    expect(children.filter(({ metadata }) => metadata.name === 'sample-redis')).to.deep.equal([]);
    const text = JSON.stringify(children);
    expect(text).to.include('{"name":"redis","key":"username","optional":true}');
    expect(text).not.to.include('REDIS_URL').and.not.to.include('hush');
  });

  const refused: readonly { title: string; spec?: Spec; secrets: readonly KubeObject[]; says: string }[] = [
    {
      title: 'that is not there',
      secrets: [],
      says: 'spec.artifacts.s3.credentialsSecretRef: there is no Secret "keys" in namespace team-a; it needs the keys accessKeyId, secretAccessKey',
    },
    {
      title: 'that lacks a key',
      secrets: [aSecret('keys', { accessKeyId: 'me' })],
      says: 'spec.artifacts.s3.credentialsSecretRef: Secret "keys" has nothing under secretAccessKey; it needs the keys accessKeyId, secretAccessKey',
    },
    {
      title: 'of a database',
      spec: database,
      secrets: [],
      says: 'spec.database.external.credentialsSecretRef: there is no Secret "db" in namespace team-a; it needs the keys username, password',
    },
    {
      title: 'of an authority',
      spec: database,
      secrets: [db, aSecret('ca', { 'tls.crt': 'PEM' })],
      says: 'spec.database.external.tls.caSecretRef: Secret "ca" has nothing under ca.crt; it needs the key ca.crt',
    },
    {
      title: 'that has an empty key',
      secrets: [aSecret('keys', { accessKeyId: '', secretAccessKey: 'x' })],
      says: 'Secret "keys" has nothing under accessKeyId;',
    },
  ];
  const keys = (accessKeyId: string, secretAccessKey: string) => [
    aSecret('keys', { accessKeyId, secretAccessKey }),
  ];
  const unfit: readonly { title: string; spec?: Spec; secrets: readonly KubeObject[]; says: RegExp }[] = [
    {
      title: 'ends in a newline',
      spec: database,
      secrets: [
        aSecret('db', { username: 'somebody', password: 'hush\n' }),
        aSecret('ca', { 'ca.crt': 'PEM\n' }),
      ],
      says: /^spec\.database\.external\.credentialsSecretRef: Secret "db", key password: it ends in a newline/,
    },
    {
      title: 'ends in a newline of Windows',
      secrets: keys('me\r\n', 'hush'),
      says: /key accessKeyId: it ends in a newline/,
    },
    {
      title: 'may be missing, and ends in a newline',
      spec: { cache: { external: { host: 'redis', credentialsSecretRef: { name: 'redis' } } } },
      secrets: [aSecret('redis', { username: 'me\n', password: 'hush' })],
      says: /^spec\.cache\.external\.credentialsSecretRef: Secret "redis", key username: it ends in a newline/,
    },
    {
      title: 'has a zero byte',
      secrets: keys('me', 'hu\0sh'),
      says: /key secretAccessKey: it has a zero byte/,
    },
    {
      title: 'is no text',
      secrets: [
        {
          ...aSecret('keys', { accessKeyId: 'me' }),
          data: { accessKeyId: 'bWU=', secretAccessKey: Buffer.from([0x68, 0xff]).toString('base64') },
        },
      ],
      says: /key secretAccessKey: it is not text in UTF-8/,
    },
  ];
  for (const { title, spec = s3, secrets, says } of unfit) {
    it(`is told of when a value that becomes a variable ${title}, without the value`, () => {
      const refusal = expect(() => childrenOf(spec, secrets)).to.throw(BadSpec, says);
      refusal.with.property('reason', 'SecretInvalid');
      expect(() => childrenOf(spec, secrets)).not.to.throw(/hush|hu.sh/);
    });
  }

  for (const { title, spec = s3, secrets, says } of refused) {
    it(`stalls the registry: one ${title}`, () => {
      expect(() => childrenOf(spec, secrets))
        .to.throw(BadSpec, says)
        .with.property('reason', 'SecretMissing');
    });
  }
});
