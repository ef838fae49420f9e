import { createSecretKey, hash, type KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { Log } from '../log.ts';
import { followFile } from './followed-file.ts';
import { KeysUnavailable, openKeySet, type ReadKeySet } from './key-set.ts';
import { type Outcome, type RefusalReason, refuse } from './outcome.ts';
import type { Principal } from './principal.ts';
import { roleOfClaims } from './role-of-claims.ts';

export interface TokenSettings {
  /** One of both. */
  readonly secretFile: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly roleClaim: string;
  readonly coolDownMs?: number;
  readonly maxAgeMs?: number;
}

export interface Tokens {
  /** At once where the token was verified before. */
  verify(token: string): Outcome | Promise<Outcome>;
  close(): void;
}

/** By how much clocks may differ. */
const TOLERANCE_SECONDS = 30;
const LEAST_SECRET_BYTES = 32;
const MAX_REMEMBERED = 10_000;
const MAX_NAME_LENGTH = 128;

/** By the kind of key, so that a public key is never taken for a secret, and `none` for nothing. */
const algorithms = {
  secret: ['HS256', 'HS384', 'HS512'],
  public: [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ],
};

interface Verified {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** @throws where the secret cannot be read, or is too short */
export function openTokens(settings: TokenSettings, log: Log): Tokens {
  const { issuer, audience, roleClaim } = settings;
  const remembered = new LRUCache<string, Verified>({ max: MAX_REMEMBERED });
  /** Counts the changes of keys: what was verified with former ones is not remembered. */
  let keys = 0;
  const changed = () => {
    keys += 1;
    remembered.clear();
  };
  const { check, keepFresh, close } = openKeys(settings, log, changed);
  const options: JWTVerifyOptions = {
    algorithms: settings.secretFile === undefined ? algorithms.public : algorithms.secret,
    clockTolerance: TOLERANCE_SECONDS,
    requiredClaims: ['exp'],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };

  return {
    verify(token) {
      const digest = hash('sha256', token, 'base64');
      const found = remembered.get(digest);
      // Else a key that the provider has withdrawn would be heard of by new tokens alone.
      keepFresh();
      if (found && Date.now() < found.untilMs) return found.principal;
      return verifyNew(token, digest);
    },
    close,
  };

  async function verifyNew(token: string, digest: string): Promise<Outcome> {
    const checkedWith = keys;
    try {
      const claims = await check(token, options);
      const principal = { name: nameOf(claims), role: roleOfClaims(claims, roleClaim) };
      const untilMs = ((claims.exp ?? 0) + TOLERANCE_SECONDS) * 1000;
      if (keys === checkedWith) remembered.set(digest, { principal, untilMs });
      return principal;
    } catch (error) {
      // For who keeps the keys: a client is not told what is wrong with them.
      if (error instanceof UnusableKey)
        log.warn('a token names a key that cannot be used', { cause: error.message });
      return toRefusal(error);
    }
  }
}

type Check = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

function openKeys(
  { secretFile, jwksUrl, coolDownMs, maxAgeMs }: TokenSettings,
  log: Log,
  changed: () => void,
): { check: Check; keepFresh: () => void; close: () => void } {
  if (secretFile !== undefined) {
    let secret: KeyObject;
    const close = followFile(
      secretFile,
      (content) => {
        secret = readSecret(content);
        changed();
      },
      log,
    );
    return {
      check: (token, options) => verified(token, secret, options),
      keepFresh: () => {},
      close,
    };
  }
  const parse = (found: ReadKeySet) => createLocalJWKSet(found as JSONWebKeySet);
  const keySet = openKeySet({ url: jwksUrl ?? '', log, parse, changed, coolDownMs, maxAgeMs });
  // So that the first token need not wait. What goes wrong is told, and tried again when a token comes.
  keySet.get().catch(() => {});
  return {
    async check(token, options) {
      try {
        return await verified(token, await keySet.get(), options);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const newer = await keySet.findNewer();
        if (newer === undefined) throw error;
        return verified(token, newer, options);
      }
    },
    keepFresh: keySet.keepFresh,
    close: () => {},
  };
}

/** A key of the set is too weak, or broken: whoever names it is not let in, and the server is not at fault. */
class UnusableKey extends Error {
  override readonly name = 'UnusableKey';
}

/** @throws JOSEError where the token is no good, UnusableKey where its key is not */
async function verified(
  token: string,
  key: KeyObject | JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    // Two calls, because the types of jose have no union.
    const { payload } =
      typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw error;
    throw new UnusableKey((error as Error).message, { cause: error });
  }
}

/** What an editor puts at the end of a file is not the secret's. */
function readSecret(content: Buffer): KeyObject {
  const bytes = Buffer.from(content.toString('latin1').replace(/\r?\n$/, ''), 'latin1');
  if (bytes.length >= LEAST_SECRET_BYTES) return createSecretKey(bytes);
  throw new Error(
    `has ${bytes.length} bytes, and ${LEAST_SECRET_BYTES} are the least; openssl rand -base64 48 makes enough`,
  );
}

/** Who a token is for; of a machine, the client. */
function nameOf({ sub, client_id: client, azp: party }: JWTPayload): string {
  const name = [sub, client, party].find((claim) => typeof claim === 'string' && claim !== '');
  return String(name ?? 'somebody').slice(0, MAX_NAME_LENGTH);
}

const reasons: Readonly<Record<string, RefusalReason>> = {
  ERR_JWT_EXPIRED: 'token-expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'token-signature',
  ERR_JWKS_NO_MATCHING_KEY: 'token-signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'token-algorithm',
  ERR_JWK_INVALID: 'token-key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'token-key',
};

function toRefusal(error: unknown): Outcome {
  // Where the provider is and what it says is for the log, not for whoever asks.
  if (error instanceof KeysUnavailable) return refuse('keys-unavailable', '', error);
  if (error instanceof errors.JWTClaimValidationFailed) {
    const isEarly = error.claim === 'nbf' && error.reason === 'check_failed';
    return isEarly
      ? refuse('token-not-yet-valid', '', error)
      : refuse(
          'token-claim',
          `${error.claim} ${error.reason === 'missing' ? 'is missing' : 'is another'}`,
          error,
        );
  }
  if (error instanceof UnusableKey) return refuse('token-key', '', error);
  if (!(error instanceof errors.JOSEError)) throw error;
  return refuse(reasons[error.code] ?? 'token-unreadable', '', error);
}
