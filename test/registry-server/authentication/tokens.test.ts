import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openTokens } from '../../../registry-server/authentication/tokens.ts';
import { openLog } from '../../../registry-server/log.ts';
import { BadSettings } from '../../../registry-server/settings.ts';
import { eventually } from '../../build/eventually.ts';
import {
  type Algorithm,
  anUnsignedToken,
  aSigningKey,
  aTokenNaming,
  aTokenWithSecret,
  type Claims,
  type IdentityProvider,
  startIdentityProvider,
} from '../../build/identity-provider.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const issuer = 'https://login.example.com';
const audience = 'schema-registry';
const good = { iss: issuer, aud: audience, role: 'reader' };

async function say(server: TestServer, token: string): Promise<readonly [number, string]> {
  const { status, body } = await server.get('/subjects', bearer(token));
  return [status, status === 200 ? '' : body.message];
}

describe('tokens that are signed with a secret', () => {
  const secret = randomBytes(48).toString('base64');
  let folder: string;
  let file: string;
  let server: TestServer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-secret-'));
    file = join(folder, 'secret');
    writeFileSync(file, `${secret}\n`);
    server = await startServer({ JWT_SECRET_FILE: file, JWT_ISSUER: issuer, JWT_AUDIENCE: audience });
    await server.ready;
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const algorithm of ['HS256', 'HS384', 'HS512'] as const) {
    it(`are taken: ${algorithm}, and again`, async () => {
      const token = aTokenWithSecret(secret, good, algorithm);
      for (let n = 0; n < 2; n += 1) expect(await say(server, token)).to.deep.equal([200, '']);
    });
  }

  it('may do what their role lets them, and nothing without one', async () => {
    const status = async (claims: Claims) =>
      (
        await server.ask(
          'POST',
          '/subjects/s/versions',
          { schema: '"int"' },
          bearer(aTokenWithSecret(secret, claims)),
        )
      ).status;
    expect(await status({ ...good, role: 'writer' })).to.equal(200);
    expect(await status({ ...good, role: 'reader' })).to.equal(403);
    expect(await status({ iss: issuer, aud: audience })).to.equal(403);
  });

  const other = randomBytes(48);
  const refused: readonly (readonly [title: string, token: () => string, says: string])[] = [
    ['of another secret', () => aTokenWithSecret(other, good), 'is not signed by a key that is trusted'],
    ['that have expired', () => aTokenWithSecret(secret, { ...good, exp: inSeconds(-60) }), 'has expired'],
    ['without an end', () => aTokenWithSecret(secret, { ...good, exp: undefined }), 'exp is missing'],
    ['of tomorrow', () => aTokenWithSecret(secret, { ...good, nbf: inSeconds(3600) }), 'not valid yet'],
    ['of another issuer', () => aTokenWithSecret(secret, { ...good, iss: 'x' }), 'iss is another'],
    ['for somebody else', () => aTokenWithSecret(secret, { ...good, aud: ['x'] }), 'aud is another'],
    ['without a signature', () => anUnsignedToken(good), 'an algorithm that is not taken here'],
    ['of a private key', () => aSigningKey('a').token(good), 'an algorithm that is not taken here'],
    ['that are none', () => 'a.b.c', 'cannot be read'],
  ];
  for (const [title, token, says] of refused) {
    it(`are refused: those ${title}`, async () => {
      const [status, words] = await say(server, token());
      expect([status, words]).to.deep.equal([401, words]);
      expect(words)
        .to.match(/^Unauthorized: /)
        .and.include(says);
    });
  }

  it('are taken while clocks differ by a little', async () => {
    const token = aTokenWithSecret(secret, { ...good, exp: inSeconds(-10) });
    expect(await say(server, token)).to.deep.equal([200, '']);
  });

  it('are the only credentials that are asked for', async () => {
    const reply = await server.get('/subjects', { 'X-API-Key': secret });
    expect(reply.headers.get('WWW-Authenticate')).to.equal('Bearer realm="schema-registry"');
    expect(reply.body.message).to.include('send a token in Authorization: Bearer');
  });

  it('are forgotten with their secret, which needs no restart', async () => {
    const former = aTokenWithSecret(secret, good);
    expect(await say(server, former)).to.deep.equal([200, '']);
    writeFileSync(file, other);
    await eventually(async () => expect((await say(server, former))[0]).to.equal(401), 15_000);
    expect(await say(server, aTokenWithSecret(other, good))).to.deep.equal([200, '']);
  });

  it('need a secret that nobody guesses', async () => {
    const short = join(folder, 'short');
    writeFileSync(short, 'hush');
    const error = await startServer({ JWT_SECRET_FILE: short }).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(BadSettings);
    expect(error.message).to.include('JWT_SECRET_FILE').and.include('has 4 bytes, and 32 are the least');
    expect(error.message).not.to.include('hush');
  });
});

describe('tokens of an identity provider', () => {
  let provider: IdentityProvider;
  let server: TestServer;
  const lines: string[] = [];
  const first = aSigningKey('first');

  beforeEach(async () => {
    provider = await startIdentityProvider([first]);
    lines.length = 0;
  });
  afterEach(async () => {
    await server?.stop();
    await provider.stop().catch(() => {});
  });

  async function start(): Promise<void> {
    const environment = { JWT_JWKS_URL: provider.url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
    server = await startServer(environment, (line) => lines.push(line));
    await server.ready;
  }

  for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const satisfies readonly Algorithm[]) {
    it(`are taken: ${algorithm}`, async () => {
      const key = aSigningKey('k', algorithm);
      provider.publish([first, key]);
      await start();
      expect(await say(server, key.token(good))).to.deep.equal([200, '']);
    });
  }

  it('are refused of other keys, and of a public key that is taken for a secret', async () => {
    await start();
    const [status, words] = await say(server, aSigningKey('first').token(good));
    expect([status, words]).to.deep.equal([401, words]);
    const pem = first.publicKey.export({ format: 'pem', type: 'spki' });
    expect(await say(server, aTokenWithSecret(pem as string, good))).to.deep.equal([
      401,
      'Unauthorized: the token is signed with an algorithm that is not taken here',
    ]);
  });

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const strong = aSigningKey('x', 'RS256').jwk;
  const curve = first.jwk;
  const unusable: Readonly<Record<string, JsonWebKey>> = {
    'is too weak': { ...weak, alg: 'RS256' },
    'has no modulus': { ...strong, n: undefined },
    'has a modulus that is none': { ...strong, n: '!' },
    'has an exponent that is none': { ...strong, e: '' },
    'is a point beside its curve': { ...curve, x: curve.y, y: curve.x },
    'has half of a point': { ...curve, y: undefined },
    'is of another curve': { ...curve, crv: 'P-384' },
    'is of no curve': { ...curve, crv: 'P-1' },
    'is of no kind': { ...curve, kty: 'none' },
    'has no kind': { ...curve, kty: undefined },
    'is a secret': { kty: 'oct', k: Buffer.alloc(32, 'x').toString('base64url') },
    'is a broken Ed25519 key': { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' },
    'is for encryption': { ...curve, use: 'enc' },
    'may only sign': { ...curve, key_ops: ['sign'] },
    'is a private one': { ...curve, d: curve.x },
    'is of another algorithm': { ...curve, alg: 'ES512' },
    'is two keys': curve,
  };
  for (const [what, jwk] of Object.entries(unusable)) {
    it(`are refused where the key that they name ${what}, and others are taken`, async () => {
      const named = { ...jwk, kid: 'bad' };
      const key = { ...first, jwk: named };
      provider.publish([first, key, ...(what === 'is two keys' ? [key] : [])]);
      await start();
      for (const alg of ['ES256', 'RS256', 'EdDSA', 'ES384']) {
        const [status, words] = await say(server, aTokenNaming('bad', alg, good));
        expect([status, words], alg).to.deep.equal([401, words]);
        expect(words).to.match(/^Unauthorized: /);
      }
      expect(await say(server, first.token(good))).to.deep.equal([200, '']);
      expect(lines.join('')).not.to.include('request failed');
    });
  }

  const part = (value: unknown) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const malformed: readonly string[] = [
    ...[
      null,
      1,
      'x',
      [],
      {},
      { alg: null },
      { alg: 1 },
      { alg: [] },
      { alg: 'none' },
      { alg: 'HS256' },
      { alg: '' },
    ].map((header) => `${part(header)}.${part(good)}.AAAA`),
    ...[
      { kid: 1 },
      { kid: [] },
      { kid: {} },
      { crit: ['x'] },
      { crit: 'x' },
      { b64: false, crit: ['b64'] },
      { typ: 1 },
      { jwk: first.jwk },
      { jku: 'http://127.0.0.1:1/' },
    ].map((header) => `${part({ alg: 'ES256', ...header })}.${part(good)}.AAAA`),
    ...['x', '[]', 'null', '1', '"a"', '{', '{"exp":"soon"}', '{"exp":{}}', '{"exp":1e400}', '\u0000'].map(
      (claims) => `${part({ alg: 'ES256', kid: 'first' })}.${part(claims)}.${part('x'.repeat(64))}`,
    ),
    ...[
      '.',
      '..',
      '...',
      'a',
      'a.b',
      'a.b.c.d',
      'a.b.c.d.e',
      '!.!.!',
      `${part({ alg: 'ES256' })}..`,
      'é'.repeat(3),
    ],
  ];
  it('are refused where they are malformed, in whatever way', async () => {
    await start();
    for (const token of malformed) {
      const reply = await server.get('/subjects', bearer(encodeURI(token))).catch(() => undefined);
      expect(reply?.status, token).to.equal(401);
    }
    expect(lines.join('')).not.to.include('request failed');
  });

  it('are taken of a key that is new, and not of one that is gone', async () => {
    await start();
    expect((await say(server, first.token(good)))[0]).to.equal(200);
    const second = aSigningKey('second');
    provider.publish([second]);
    await eventually(async () => expect((await say(server, second.token(good)))[0]).to.equal(200), 15_000);
    expect((await say(server, first.token(good)))[0]).to.equal(401);
  });

  it('of keys that nobody has do not have the provider asked each time', async () => {
    await start();
    await say(server, first.token(good));
    const asked = provider.asked();
    const unknown = Array.from({ length: 20 }, (_, n) => aSigningKey(`unknown-${n}`).token(good));
    const said = await Promise.all(unknown.map((token) => say(server, token)));
    expect(said.every(([status]) => status === 401)).to.equal(true);
    expect(provider.asked() - asked).to.be.at.most(1);
  });

  it('that were taken before are not any more when their key is withdrawn', async () => {
    const settings = { secretFile: undefined, jwksUrl: provider.url, issuer, audience, roleClaim: 'role' };
    const log = openLog({ level: 'silent', format: 'json' });
    const tokens = openTokens({ ...settings, coolDownMs: 0, maxAgeMs: 0 }, log);
    const token = first.token(good);
    expect(await tokens.verify(token)).to.deep.equal({ name: 'somebody', role: 'reader' });
    provider.publish([aSigningKey('second')]);
    await eventually(async () =>
      expect(await tokens.verify(token)).to.include({ reason: 'token-signature' }),
    );
  });

  it('are taken while the provider is out', async () => {
    await start();
    expect((await say(server, first.token(good)))[0]).to.equal(200);
    await provider.stop();
    expect((await say(server, first.token({ ...good, sub: 'another' })))[0]).to.equal(200);
  });

  for (const status of [500, 302]) {
    it(`wait for a provider that answers ${status} at first`, async () => {
      provider.publish(status);
      await start();
      const reply = await server.get('/subjects', bearer(first.token(good)));
      expect([reply.status, reply.body.error_code, reply.headers.get('Retry-After')]).to.deep.equal([
        503,
        503,
        '1',
      ]);
      expect(reply.body.message).to.include('the keys of the identity provider').and.not.include('127.0.0.1');
      expect(lines.join()).to.include('the keys of the identity provider cannot be read');
      const failed = lines.map((line) => JSON.parse(line)).find((line) => line.status === 503);
      expect(failed).to.include({ level: 'warn', event: 'request', refused: 'keys-unavailable' });
      provider.publish([first]);
      await eventually(async () => expect((await say(server, first.token(good)))[0]).to.equal(200), 15_000);
    });
  }
});
