import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { openLog } from '../../registry-server/log.ts';
import { openSharedCache } from '../../registry-server/open-shared-cache.ts';
import { readSettings } from '../../registry-server/settings.ts';
import { fingerprint } from '../../registry-server/store/fingerprint.ts';
import type { SharedCache } from '../../registry-server/store/redis.ts';
import { makeCertificate, missingOpenssl, type TestCertificate } from '../build/certificate.ts';
import { eventually } from '../build/eventually.ts';
import { freePort } from '../build/process.ts';
import { missingRedis, startRedis, startSentinel, type TestRedis } from '../build/redis.ts';
import { startServer, type TestServer } from '../build/server.ts';

const missing = missingRedis ?? missingOpenssl;
const password = "a b@c/d:e#f?g%41&h\\k'üß";
const portOf = ({ url }: TestRedis) => new URL(url).port;

describe(`a Redis that somebody else runs${missing ? `: ${missing}` : ''}`, () => {
  const started: TestRedis[] = [];
  let certificate: TestCertificate | undefined;
  let server: TestServer | undefined;

  before(function () {
    if (missing) this.skip();
  });
  const startOne = async (...args: string[]) => {
    const redis = await startRedis(...args);
    started.push(redis);
    return redis;
  };
  const startEncrypted = async () => {
    certificate ??= makeCertificate('DNS:localhost');
    const { certPath, keyPath, caPath } = certificate;
    const plain = ['--tls-cert-file', certPath, '--tls-key-file', keyPath, '--tls-ca-cert-file', caPath];
    const tlsPort = String(await freePort());
    await startOne('--tls-port', tlsPort, '--tls-auth-clients', 'no', ...plain);
    return { tlsPort, caPath };
  };
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await Promise.all(started.splice(0).map((redis) => redis.stop()));
  });
  after(() => {
    certificate?.remove();
  });

  const content = { schemaType: 'AVRO', schema: '"string"', references: [] } as const;
  const digest = fingerprint(content).toString('hex');
  /** What one server kept another finds, and /ready says so. */
  const isUsed = async (environment: Record<string, string>) => {
    const settings = readSettings({ REDIS_TIMEOUT: '1', ...environment });
    const open = async () =>
      (await openSharedCache(
        settings,
        openLog({ level: 'silent', format: 'json' }),
        () => {},
      )) as SharedCache;
    const [one, other] = await Promise.all([open(), open()]);
    try {
      await eventually(async () => {
        one.keep(digest, content);
        expect(await other.find(digest)).to.include({ schema: '"string"' });
      });
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
    server = await startServer({ REDIS_TIMEOUT: '1', ...environment });
    const { ready, getReadiness } = server;
    await ready;
    await eventually(async () =>
      expect((await getReadiness()).body.checks.cache).to.deep.equal({ kind: 'redis', status: 'up' }),
    );
  };
  const isOut = async (environment: Record<string, string>, cause: RegExp, reason: string) => {
    server = await startServer({ REDIS_TIMEOUT: '1', ...environment });
    const { ready, getReadiness } = server;
    await ready;
    await eventually(async () => {
      const { status, body } = await getReadiness();
      expect([status, body.status]).to.deep.equal([200, 'degraded']);
      expect(body.checks.cache).to.include({ status: 'down', reason });
      expect(body.checks.cache.cause).to.match(cause);
    });
  };

  it('is used with a user and a password of any characters', async () => {
    const redis = await startOne();
    const admin = new Redis(redis.url);
    await admin.call('acl', 'setuser', 'app', 'on', `>${password}`, '~*', '+@all');
    await admin.call('acl', 'setuser', 'default', 'off');
    admin.disconnect();
    const REDIS_NODES = `127.0.0.1:${portOf(redis)}`;
    await isUsed({ REDIS_NODES, REDIS_USER: 'app', REDIS_PASSWORD: password });
  });

  it('gives nothing but what was hashed, whatever stands beside it', async () => {
    const redis = await startOne();
    const settings = readSettings({ REDIS_URL: redis.url, REDIS_TIMEOUT: '1' });
    const log = openLog({ level: 'silent', format: 'json' });
    const cache = (await openSharedCache(settings, log, () => {})) as SharedCache;
    const client = new Redis(redis.url);
    try {
      await eventually(() => expect(cache.isUp()).to.equal(true));
      const pointing = { ...content, references: [{ name: 'r', subject: 's', version: 1 }] };
      const key = fingerprint(pointing).toString('hex');
      const forged = {
        ...pointing,
        references: [{ name: 'r', subject: 's', version: 1, guid: 'forged' }],
        id: 99,
        context: '.forged',
        guid: 'forged',
      };
      await client.set(`schema-registry:content:${key}`, JSON.stringify(forged));
      expect(await cache.find(key)).to.deep.equal(pointing);
      const junk = [
        '',
        'null',
        '7',
        '"x"',
        '[]',
        '{}',
        '{"schema":"x"}',
        '{"references":7}',
        '{"references":[null]}',
      ];
      for (const text of junk) {
        await client.set(`schema-registry:content:${key}`, text);
        expect(await cache.find(key), text).to.equal(undefined);
      }
      expect(cache.isUp()).to.equal(true);
    } finally {
      client.disconnect();
      await cache.close();
    }
  });

  it('says that it refuses a password', async () => {
    const redis = await startOne('--requirepass', password);
    const REDIS_NODES = `127.0.0.1:${portOf(redis)}`;
    await isOut(
      { REDIS_NODES, REDIS_PASSWORD: 'wrong' },
      /refuses the user name or password/,
      'CredentialsRefused',
    );
  });

  it('says that its host is not known', () =>
    isOut({ REDIS_NODES: 'no-such-host.invalid:6379' }, /host name/, 'HostUnknown'));

  it('ends no server when it, too, complains of a handshake that was broken off', async () => {
    const { tlsPort } = await startEncrypted();
    const settings = readSettings({ REDIS_NODES: `localhost:${tlsPort}`, REDIS_TLS: 'verify-full' });
    const log = openLog({ level: 'silent', format: 'json' });
    // At another moment of the handshake each time. What nobody listens for fails the test.
    for (let tries = 0; tries < 400; tries += 1) {
      const cache = (await openSharedCache(settings, log, () => {})) as SharedCache;
      await delay((tries % 40) / 4);
      await cache.close();
    }
  });

  it('is used over TLS, and not when its certificate is not trusted', async () => {
    const { tlsPort, caPath } = await startEncrypted();
    const REDIS_NODES = `localhost:${tlsPort}`;
    await isUsed({ REDIS_NODES, REDIS_TLS: 'verify-full', REDIS_CA_FILE: caPath });
    await server?.stop();
    await isOut(
      { REDIS_NODES, REDIS_TLS: 'verify-full' },
      /not from an authority that is trusted/,
      'TlsFailed',
    );
  });

  it('is used through its sentinels, and followed to another master', async () => {
    const master = await startOne();
    const replica = await startOne('--replicaof', '127.0.0.1', portOf(master));
    const sentinel = await startSentinel('cache', portOf(master));
    started.push(sentinel);
    const environment = {
      REDIS_NODES: `127.0.0.1:${portOf(sentinel)}`,
      REDIS_SENTINEL_MASTER: 'cache',
    };
    await isUsed(environment);
    // Only a replica that the sentinel knows, and that has the data, can take the place.
    const eye = new Redis(sentinel.url);
    await eventually(
      async () =>
        expect(JSON.stringify(await eye.call('sentinel', 'replicas', 'cache'))).to.match(
          /"master-link-status","ok"/,
        ),
      20_000,
    );
    await master.stop();
    await eventually(
      async () =>
        expect(await eye.call('sentinel', 'get-master-addr-by-name', 'cache')).to.deep.equal([
          '127.0.0.1',
          portOf(replica),
        ]),
      20_000,
    );
    eye.disconnect();
    await eventually(
      async () => expect((await server?.getReadiness())?.body.checks.cache.status).to.equal('up'),
      15_000,
    );
  });

  it('is used as a cluster', async () => {
    const nodes = await Promise.all([1, 2].map(() => startOne('--cluster-enabled', 'yes')));
    const [first, second] = nodes.map(({ url }) => new Redis(url)) as [Redis, Redis];
    await first.call('cluster', 'addslotsrange', '0', '8191');
    await second.call('cluster', 'addslotsrange', '8192', '16383');
    await first.call('cluster', 'meet', '127.0.0.1', portOf(nodes[1] as TestRedis));
    await eventually(async () => {
      for (const client of [first, second])
        expect(await client.call('cluster', 'info')).to.include('cluster_state:ok');
    }, 20_000);
    await isUsed({ REDIS_NODES: `127.0.0.1:${portOf(nodes[0] as TestRedis)}`, REDIS_CLUSTER: 'true' });
    first.disconnect();
    second.disconnect();
  });
});
