import { createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Claims = Readonly<Record<string, unknown>>;

const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;

/** A token, made without the library that reads it. */
function aToken(header: object, claims: Claims, signed: (content: Buffer) => Buffer): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const content = `${part(header)}.${part({ sub: 'somebody', exp, ...claims })}`;
  return `${content}.${signed(Buffer.from(content)).toString('base64url')}`;
}

export function aTokenWithSecret(
  secret: string | Buffer,
  claims: Claims = {},
  alg: keyof typeof hashes = 'HS256',
): string {
  return aToken({ alg, typ: 'JWT' }, claims, (content) =>
    createHmac(hashes[alg], secret).update(content).digest(),
  );
}

/** Signed by nobody. */
export function aTokenNaming(kid: string, alg: string, claims: Claims = {}): string {
  return aToken({ alg, kid, typ: 'JWT' }, claims, () => Buffer.alloc(64, 1));
}

export function anUnsignedToken(claims: Claims = {}): string {
  return aToken({ alg: 'none' }, claims, () => Buffer.alloc(0));
}

const kinds = {
  RS256: { make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), hash: 'sha256', options: {} },
  ES256: {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    hash: 'sha256',
    options: { dsaEncoding: 'ieee-p1363' },
  },
  EdDSA: { make: () => generateKeyPairSync('ed25519'), hash: null, options: {} },
} as const;

export type Algorithm = keyof typeof kinds;

export interface SigningKey {
  readonly jwk: JsonWebKey;
  readonly publicKey: KeyObject;
  token(claims?: Claims): string;
}

export function aSigningKey(kid: string, alg: Algorithm = 'ES256'): SigningKey {
  const { make, hash, options } = kinds[alg];
  const { publicKey, privateKey } = make() as { publicKey: KeyObject; privateKey: KeyObject };
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    publicKey,
    token: (claims = {}) =>
      aToken({ alg, kid, typ: 'JWT' }, claims, (content) =>
        sign(hash, content, { key: privateKey, ...options }),
      ),
  };
}

export interface IdentityProvider {
  readonly url: string;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  /** From now on; a number is the status of an answer without keys. */
  publish(answer: readonly SigningKey[] | number): void;
  stop(): Promise<void>;
}

/** Tells keys under a JWKS URL on loopback. */
export async function startIdentityProvider(keys: readonly SigningKey[]): Promise<IdentityProvider> {
  let answer: readonly SigningKey[] | number = keys;
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    if (typeof answer === 'number') response.writeHead(answer, { location: '/elsewhere' }).end();
    else response.end(JSON.stringify({ keys: answer.map(({ jwk }) => jwk) }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    asked: () => asked,
    publish: (given) => {
      answer = given;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
