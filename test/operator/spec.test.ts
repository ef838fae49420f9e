import { expect } from 'chai';
import { defaultPolicy } from '../../operator/policy.ts';
import { isAbove, parseDurationSeconds, parseNanos, parseQuantity } from '../../operator/quantity.ts';
import type { Spec } from '../../operator/registry.ts';
import { BadSpec, completeSpec } from '../../operator/spec.ts';
import { mustBeWithinPolicy } from '../../operator/within-policy.ts';
import { aRegistry, aSchemaRegistry, someDefaults } from '../build/registry.ts';

describe('a spec with its defaults', () => {
  it('makes an empty one a production registry', () => {
    const registry = aRegistry();
    expect(registry.autoscaling).to.deep.include({ minReplicas: 3, maxReplicas: 10 });
    expect(registry.minAvailable).to.equal(2);
    expect(registry.cache).to.deep.include({ kind: 'managed', maxMemoryBytes: 2 ** 30 });
    expect(registry.deletionPolicy).to.equal('Retain');
  });

  for (const [title, image, expected] of [
    ['takes the released image', {}, 'example.test/server:1.0.0'],
    ['takes a tag', { tag: '2.0.0' }, 'example.test/server:2.0.0'],
    ['takes a repository with a port', { repository: 'localhost:5000/sr' }, 'localhost:5000/sr:1.0.0'],
    [
      'prefers a digest',
      { tag: '2', digest: `sha256:${'a'.repeat(64)}` },
      `example.test/server@sha256:${'a'.repeat(64)}`,
    ],
  ] as const) {
    it(title, () => expect(aRegistry({ image }).image).to.equal(expected));
  }

  const digest = `sha256:${'b'.repeat(64)}`;
  const mirror = 'localhost:5000/team/server';
  for (const { title, released, spec, image, version } of [
    {
      title: 'takes the digest that it was released with',
      released: `${mirror}:1.0.0@${digest}`,
      spec: {},
      image: `${mirror}:1.0.0@${digest}`,
      version: '1.0.0',
    },
    {
      title: 'keeps the digest where the version is the released one',
      released: `${mirror}:1.0.0@${digest}`,
      spec: { version: '1.0.0' },
      image: `${mirror}:1.0.0@${digest}`,
      version: '1.0.0',
    },
    {
      title: 'leaves the digest out for another version',
      released: `${mirror}:1.0.0@${digest}`,
      spec: { version: '1.1.0' },
      image: `${mirror}:1.1.0`,
      version: '1.1.0',
    },
    {
      title: 'leaves the digest out for another repository',
      released: `${mirror}:1.0.0@${digest}`,
      spec: { image: { repository: 'other/server' } },
      image: 'other/server:1.0.0',
      version: '1.0.0',
    },
    {
      title: 'takes a digest without a tag',
      released: `${mirror}@${digest}`,
      spec: {},
      image: `${mirror}@${digest}`,
      version: undefined,
    },
    {
      title: 'takes a version beside a digest without a tag',
      released: `${mirror}@${digest}`,
      spec: { version: '1.1.0' },
      image: `${mirror}:1.1.0`,
      version: '1.1.0',
    },
    {
      title: 'takes a path alone for its latest',
      released: mirror,
      spec: {},
      image: `${mirror}:latest`,
      version: 'latest',
    },
  ] as const) {
    it(title, () => {
      const images = { ...someDefaults.images, server: released };
      const registry = completeSpec(aSchemaRegistry(spec), {
        ...someDefaults,
        policy: defaultPolicy,
        images,
      });
      expect([registry.image, registry.version?.text]).to.deep.equal([image, version]);
    });
  }

  it('takes the version for a tag', () => {
    expect(aRegistry({ version: '3.1.0' }).image).to.equal('example.test/server:3.1.0');
  });

  it('wants no disruption budget for one replica', () => {
    expect(aRegistry({ replicas: 1, autoscaling: { enabled: false } }).minAvailable).to.equal(undefined);
  });

  it('leaves one pod to take away where there are two', () => {
    expect(aRegistry({ replicas: 2, autoscaling: { enabled: false } }).minAvailable).to.equal(1);
  });

  it('lowers its own request to a limit that is set below it', () => {
    const { requests, limits } = aRegistry({ resources: { limits: { cpu: '250m' } } }).resources;
    expect([requests?.cpu, limits?.cpu]).to.deep.equal(['250m', '250m']);
  });

  it('refuses a request above its limit, naming the field and what would be right', () => {
    const bad = () => aRegistry({ resources: { requests: { cpu: '3' }, limits: { cpu: '2' } } });
    expect(bad).to.throw(
      BadSpec,
      'spec.resources.requests.cpu: "3" is above limits.cpu "2"; write at most "2"',
    );
  });

  it('refuses a schedule whose range ends before it begins', () => {
    const spec: Spec = { artifacts: { s3: { bucket: 'b', snapshots: { schedule: '0 17-9 * * *' } } } };
    expect(() => mustBeWithinPolicy(aRegistry(spec), spec)).to.throw(
      BadSpec,
      'spec.artifacts.s3.snapshots.schedule: "0 17-9 * * *" has the range 17-9, which ends before it begins; write 9-17',
    );
  });

  it('takes snapshots once an hour where it does not say when, and keeps some of them', () => {
    const { artifacts } = aRegistry({ artifacts: { s3: { bucket: 'b', snapshots: {} } } });
    expect(artifacts?.snapshots?.schedule).to.match(/^[0-5]?\d \* \* \* \*$/);
    expect(artifacts?.snapshots).to.include({ hourly: 24, daily: 7, weekly: 4 });
  });

  it('has a drill each night where there are snapshots, at a minute of its own, unless it is told otherwise', () => {
    const drillOf = (s3: object) => aRegistry({ artifacts: { s3: { bucket: 'team-a', ...s3 } } }).drill;
    expect(drillOf({})).to.equal(undefined);
    expect(drillOf({ snapshots: {} })?.schedule).to.match(/^[1-5]?\d 3 \* \* \*$/);
    expect(drillOf({ snapshots: {}, drill: { enabled: false } })).to.equal(undefined);
    expect(drillOf({ drill: { schedule: '0 5 * * 1' } })?.schedule).to.equal('0 5 * * 1');
  });

  it('refuses to begin with its own archive, however that is written', () => {
    const s3 = { bucket: 'team-a', endpoint: 'https://s3.example.com' };
    const spec: Spec = {
      artifacts: { s3: { ...s3, prefix: 'registry' } },
      bootstrap: { archive: { s3: { ...s3, prefix: '/registry/' } } },
    };
    expect(() => mustBeWithinPolicy(aRegistry(spec), spec)).to.throw(
      BadSpec,
      "spec.bootstrap.archive.s3: s3://team-a/registry is this registry's own archive",
    );
    const other: Spec = { ...spec, bootstrap: { archive: { s3: { ...s3, prefix: 'registry-2' } } } };
    expect(() => mustBeWithinPolicy(aRegistry(other), other)).not.to.throw();
  });

  it('refuses a time of nothing', () => {
    expect(() => aRegistry({ config: { requestTimeout: '0s' } })).to.throw(
      BadSpec,
      'spec.config.requestTimeout: "0s"',
    );
  });
});

describe('quantities and durations', () => {
  for (const [text, value] of [
    ['500m', 0.5],
    ['2', 2],
    ['1Gi', 2 ** 30],
    ['1.5Mi', 1.5 * 2 ** 20],
    ['1e3', 1000],
    ['1G', 1e9],
  ] as const) {
    it(`${text} is ${value}`, () => expect(parseQuantity(text)).to.equal(value));
  }
  it('"10 GB" is none', () => expect(parseQuantity('10 GB')).to.be.NaN);
  it('1h30m is 5400 s', () => expect(parseDurationSeconds('1h30m')).to.equal(5400));
  it('"soon" is none', () => expect(parseDurationSeconds('soon')).to.be.NaN);
});

describe('quantities in other words', () => {
  for (const [one, other] of [
    ['700m', '0.7'],
    ['0.1', '100m'],
    ['1024Ki', '1Mi'],
    ['1e3', '1k'],
    ['1E3', '1000'],
    ['1E', '1000P'],
    ['.5Gi', '512Mi'],
    ['5.', '5'],
    ['0.30000000000000004', '300000001n'],
    ['9007199254740993', '9007199254740993000m'],
    ['16Ei', '9223372036854775807'],
    ['1e-50', '1n'],
    ['0e999999999', '0'],
  ] as const)
    it(`${one} is ${other}`, () => expect(parseNanos(one)).to.equal(parseNanos(other)));

  it('are told apart by their least part', () =>
    expect(isAbove('9007199254740993', '9007199254740992')).to.equal(true));

  for (const text of ['', '.', 'm', '1K1', '1e', '1e3k', '0x10', '1 Gi', 'Infinity', '--1'])
    it(`"${text}" is none`, () => expect(parseNanos(text)).to.equal(undefined));

  it('as requests are not above limits that say the same', () => {
    const amounts = {
      requests: { cpu: '700m', memory: '0.7Gi' },
      limits: { cpu: '0.7', memory: '751619276.8' },
    };
    const { requests, limits } = aRegistry({ resources: amounts }).resources;
    expect([requests?.cpu, requests?.memory, limits]).to.deep.equal(['700m', '0.7Gi', amounts.limits]);
  });
});
