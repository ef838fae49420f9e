import type { V1Volume, V1VolumeMount } from '../kube/kubernetes.ts';
import type { Jwt, Registry } from '../registry.ts';
import { timeOf } from '../time.ts';
import { type Child, names } from './child.ts';
import { secretVolume } from './pod.ts';
import { isOurs, rotatedAnnotation } from './rotation.ts';
import { secret, textOf } from './secret.ts';

/** The list of API keys and the secret of tokens: the keys of their Secrets, and their folders in the server's container. */
export const keysKey = 'keys.yaml';
export const jwtSecretKey = 'secret';
export const keysPath = '/etc/llm-schema-registry/auth';
export const jwtSecretPath = '/etc/llm-schema-registry/jwt';

/**
 * One API key, of an admin, where the spec names none: for people and programs as it is, for the server as the list that
 * it reads. It is made once: whoever uses it would be shut out by another.
 */
export const adminKey: Child = (registry, observed) => {
  if (!hasOwnKey(registry)) return undefined;
  const found = observed.secrets.auth;
  const present = textOf(found, 'admin-key');
  const key = isOurs(present) ? present : observed.newPasswords.auth;
  const { annotations = {}, creationTimestamp } = found?.metadata ?? {};
  const made = annotations[rotatedAnnotation] ?? creationTimestamp ?? timeOf(observed.nowMs);
  return secret(
    registry,
    'server',
    names(registry).auth,
    { 'admin-key': key, [keysKey]: `- name: admin\n  role: admin\n  key: ${key}\n` },
    { annotations: { [rotatedAnnotation]: key === present ? made : timeOf(observed.nowMs) } },
  );
};

/** Whether the list of keys is the operator's; one that the spec names has its volume already. */
function hasOwnKey({ auth }: Registry): boolean {
  return auth?.apiKeys !== undefined && auth.apiKeys.secretName === undefined;
}

export function adminKeyVolumes(registry: Registry): readonly V1Volume[] {
  return hasOwnKey(registry) ? [secretVolume('api-keys', names(registry).auth, [keysKey])] : [];
}

export function adminKeyMounts(registry: Registry): readonly V1VolumeMount[] {
  return hasOwnKey(registry) ? [{ name: 'api-keys', mountPath: keysPath, readOnly: true }] : [];
}

/** The variables by which the server knows who may use its API. */
export function authConfig({ auth }: Registry): Record<string, string> {
  if (auth === undefined) return {};
  const { apiKeys, jwt } = auth;
  return {
    ...(apiKeys === undefined
      ? {}
      : { AUTH_KEYS_FILE: `${keysPath}/${keysKey}`, API_KEY_HEADER: apiKeys.header }),
    ...(jwt === undefined ? {} : jwtConfig(jwt)),
  };
}

function jwtConfig({ jwksUrl, issuer, audience, roleClaim }: Jwt): Record<string, string> {
  return {
    ...(jwksUrl === undefined
      ? { JWT_SECRET_FILE: `${jwtSecretPath}/${jwtSecretKey}` }
      : { JWT_JWKS_URL: jwksUrl }),
    ...(issuer === undefined ? {} : { JWT_ISSUER: issuer }),
    ...(audience === undefined ? {} : { JWT_AUDIENCE: audience }),
    JWT_ROLE_CLAIM: roleClaim,
  };
}
