import { expect } from 'chai';
import { secretHashAnnotation } from '../../../operator/desired/pod.ts';
import { desired } from '../../../operator/desired/table.ts';
import type { KubeObject, V1Deployment, V1Pod } from '../../../operator/kube/kubernetes.ts';
import type { Observed } from '../../../operator/observed.ts';
import type { Spec } from '../../../operator/registry.ts';
import { rotateAnnotation } from '../../../operator/spec.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const dayMs = 86_400_000;
const startMs = Date.parse('2026-01-02T03:04:05Z');

interface World {
  readonly spec?: Spec;
  readonly request?: string;
  readonly nowMs?: number;
  /** The secret hashes that the server pods have. */
  readonly pods?: readonly (string | undefined)[];
}

/** Runs in a row: each sees the Secrets and the Deployment of the one before, and has passwords of its own to give. */
function runs() {
  let secrets: Observed['secrets'] = {
    postgres: undefined,
    redis: undefined,
    auth: undefined,
    hashes: undefined,
  };
  let deployment: V1Deployment | undefined;
  let count = 0;
  return ({ spec = {}, request, nowMs = startMs, pods = [] }: World = {}) => {
    count += 1;
    const letter = 'abcdefgh'[count - 1] ?? 'z';
    const newPasswords = {
      postgres: letter.repeat(43),
      redis: letter.toUpperCase().repeat(43),
      auth: letter.repeat(43),
      hashes: letter.repeat(43),
    };
    const annotations: Record<string, string> = request === undefined ? {} : { [rotateAnnotation]: request };
    const children = desired(
      aRegistry(spec, 'sample', annotations),
      anObserved({
        nowMs,
        secrets,
        newPasswords,
        ...(deployment === undefined ? {} : { deployment }),
        pods: pods.map(
          (hash) =>
            ({
              metadata: {
                labels: { 'app.kubernetes.io/component': 'server' },
                annotations: { [secretHashAnnotation]: hash },
              },
            }) as unknown as V1Pod,
        ),
      }),
    );
    const get = (kind: string, name: string) =>
      children.find((child) => child.kind === kind && child.metadata.name === name) as KubeObject;
    const [postgres, redis] = [get('Secret', 'sample-postgres'), get('Secret', 'sample-redis')];
    secrets = { postgres, redis, auth: undefined, hashes: undefined };
    deployment = get('Deployment', 'sample') as unknown as V1Deployment;
    const text = (secret: KubeObject | undefined, key: string) =>
      Buffer.from(((secret?.data ?? {}) as Record<string, string>)[key] ?? '', 'base64').toString();
    return {
      url: text(secrets.postgres, 'DATABASE_URL'),
      roles: text(secrets.postgres, 'roles'),
      redisUrl: text(secrets.redis, 'REDIS_URL'),
      users: text(secrets.redis, 'users.acl'),
      hash: deployment.spec?.template.metadata?.annotations?.[secretHashAnnotation],
    };
  };
}

const a = 'a'.repeat(43);
const b = 'b'.repeat(43);

describe('the passwords of a registry', () => {
  it('stay as they are while nobody asks for others', () => {
    const run = runs();
    const first = run();
    expect(run({ nowMs: startMs + 1_000 * dayMs, pods: [first.hash] })).to.deep.equal(first);
    expect(first.roles).to.equal(`registry ${a}\nregistry_b \n`);
  });

  it('are made anew when the annotation gets another value; the former ones are accepted, too', () => {
    const run = runs();
    const first = run();
    const second = run({ request: 'monday', pods: [first.hash] });
    expect(second.url).to.equal(`postgres://registry_b:${b}@sample-postgres.team-a.svc:5432/registry`);
    expect(second.roles).to.equal(`registry ${a}\nregistry_b ${b}\n`);
    expect(second.users).to.equal(`user default on ~* &* +@all >${b.toUpperCase()} >${a.toUpperCase()}\n`);
    expect(second.hash).not.to.equal(first.hash);
    const third = run({ request: 'monday', pods: [first.hash, second.hash] });
    expect(third, 'while a pod has the former ones').to.deep.equal(second);
  });

  it('are the only ones once every server pod has them', () => {
    const run = runs();
    const first = run();
    const second = run({ request: 'monday', pods: [first.hash] });
    const third = run({ request: 'monday', pods: [second.hash, second.hash] });
    expect(third.roles).to.equal(`registry \nregistry_b ${b}\n`);
    expect(third.users).to.equal(`user default on ~* &* +@all >${b.toUpperCase()}\n`);
    expect([third.url, third.hash]).to.deep.equal([second.url, second.hash]);
    expect(run({ request: 'monday', pods: [second.hash] })).to.deep.equal(third);
  });

  it('take turns between two roles', () => {
    const run = runs();
    const first = run();
    const second = run({ request: '1', pods: [first.hash] });
    run({ request: '1', pods: [second.hash] });
    expect(run({ request: '2', pods: [second.hash] }).url).to.include('//registry:dddd');
  });

  it('are not made a third time while two are in use', () => {
    const run = runs();
    const first = run();
    const second = run({ request: '1', pods: [first.hash] });
    expect(run({ request: '2', pods: [first.hash, second.hash] })).to.deep.equal(second);
    run({ request: '2', pods: [second.hash] });
    expect(run({ request: '2', pods: [second.hash] }).hash, 'then they are').not.to.equal(second.hash);
  });

  it('do not change because a registry is made with the annotation', () => {
    const run = runs();
    const first = run({ request: 'from the start' });
    expect(run({ request: 'from the start', pods: [first.hash] })).to.deep.equal(first);
  });

  it('are made anew when their period is over', () => {
    const run = runs();
    const spec: Spec = { credentials: { rotationPeriod: '90d' } };
    const first = run({ spec });
    expect(run({ spec, nowMs: startMs + 89 * dayMs, pods: [first.hash] })).to.deep.equal(first);
    expect(run({ spec, nowMs: startMs + 90 * dayMs, pods: [first.hash] }).hash).not.to.equal(first.hash);
  });

  it('are made anew at once when somebody has spoiled them', () => {
    const spoiled = { data: { password: Buffer.from("'; DROP TABLE").toString('base64') } };
    const secrets = { postgres: spoiled, redis: spoiled } as unknown as Observed['secrets'];
    const children = desired(aRegistry(), anObserved({ secrets }));
    const secret = children.find(({ kind }) => kind === 'Secret') as KubeObject;
    const password = Buffer.from((secret.data as { password: string }).password, 'base64').toString();
    expect(password).to.equal('p'.repeat(43));
  });
});
