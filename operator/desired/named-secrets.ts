import { isUtf8 } from 'node:buffer';
import type { V1EnvVar, V1Volume, V1VolumeMount } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { ObjectStore, Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { jwtSecretKey, jwtSecretPath, keysKey, keysPath } from './auth.ts';
import { findWrongKeys, findWrongSecret } from './auth-secrets.ts';
import { serverTlsPath } from './certificates.ts';
import { cacheCaPath, caKey, databaseCaPath } from './config-map.ts';
import {
  allowedHostsAnnotation,
  consentCommand,
  isAllowedFor,
  isOfOwnCluster,
  maySendTo,
} from './consent.ts';
import { keyedHash } from './keyed-hash.ts';
import { dataOf, secretVariable, secretVolume } from './pod.ts';
import { remoteDatabase } from './remote-database.ts';

/** A Secret that the spec names: somebody else makes it, and the server reads it. */
interface NamedSecret {
  readonly field: string;
  readonly name: string;
  /** The server's variables, by the key that holds each. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The server's variables, by keys that may be missing. */
  readonly optional?: Readonly<Record<string, string>>;
  /** The files that the server reads of it, and their volume. */
  readonly files?: { readonly keys: readonly string[]; readonly volume: string; readonly mountPath: string };
  /** The fields and hosts to which the server sends what is in it. */
  readonly sentTo?: readonly { readonly field: string; readonly host: string }[];
  /** The server takes up what changes: its pods stay. */
  readonly isFollowed?: true;
  /** What the server would say against the first of the files; undefined where it takes it. */
  readonly findWrong?: (content: Buffer) => string | undefined;
}

export const namedSecretsAnnotation = 'llm-schema-registry.io/named-secrets';

export function namedSecrets(registry: Registry): readonly NamedSecret[] {
  const { cache, artifacts, bootstrap, tls, auth } = registry;
  const found = [...databaseSecrets(registry)];
  if (cache?.kind === 'external') {
    if (cache.credentials !== undefined) {
      found.push({
        field: 'spec.cache.external.credentialsSecretRef',
        name: cache.credentials,
        variables: { password: 'REDIS_PASSWORD' },
        optional: { username: 'REDIS_USER' },
        sentTo: cache.nodes.map(({ host }) => ({ field: 'spec.cache.external', host })),
      });
    }
    if (cache.tls.ca !== undefined) {
      found.push({
        field: 'spec.cache.external.tls.caSecretRef',
        name: cache.tls.ca,
        files: { keys: [caKey], volume: 'cache-ca', mountPath: cacheCaPath },
      });
    }
  }
  for (const [store, field, before] of [
    [artifacts, 'spec.artifacts.s3', ''],
    [bootstrap, 'spec.bootstrap.archive.s3', 'BOOTSTRAP_'],
  ] as const) {
    if (store?.credentials === undefined) continue;
    found.push({
      field: `${field}.credentialsSecretRef`,
      name: store.credentials,
      variables: {
        accessKeyId: `${before}S3_ACCESS_KEY_ID`,
        secretAccessKey: `${before}S3_SECRET_ACCESS_KEY`,
      },
      sentTo: [{ field: `${field}.endpoint`, host: hostOfStore(store) }],
    });
  }
  if (tls?.mode === 'Secret') {
    found.push({
      field: 'spec.tls.secretRef',
      name: tls.secretName,
      files: { keys: ['tls.crt', 'tls.key'], volume: 'tls', mountPath: serverTlsPath },
      isFollowed: true,
    });
  }
  if (auth?.apiKeys?.secretName !== undefined) {
    found.push({
      field: 'spec.auth.apiKeys.secretRef',
      name: auth.apiKeys.secretName,
      files: { keys: [keysKey], volume: 'api-keys', mountPath: keysPath },
      isFollowed: true,
      findWrong: findWrongKeys,
    });
  }
  if (auth?.jwt?.secretName !== undefined) {
    found.push({
      field: 'spec.auth.jwt.secretRef',
      name: auth.jwt.secretName,
      files: { keys: [jwtSecretKey], volume: 'jwt-secret', mountPath: jwtSecretPath },
      isFollowed: true,
      findWrong: findWrongSecret,
    });
  }
  return found;
}

function databaseSecrets(registry: Registry): readonly NamedSecret[] {
  const database = remoteDatabase(registry);
  if (database === undefined) return [];
  const { fields, host, credentials, tls } = database;
  const user: NamedSecret = {
    field: fields.credentials,
    name: credentials,
    variables: {
      username: 'DATABASE_USER',
      password: 'DATABASE_PASSWORD',
      ...(database.database === undefined ? { dbname: 'DATABASE_NAME' } : {}),
    },
    sentTo: [{ field: fields.host, host }],
  };
  if (tls.ca === undefined) return [user];
  const files = { keys: [caKey], volume: 'database-ca', mountPath: databaseCaPath };
  return [user, { field: fields.ca, name: tls.ca, files }];
}

export function namedSecretVariables(registry: Registry): readonly V1EnvVar[] {
  return namedSecrets(registry).flatMap(({ name, variables = {}, optional = {} }) => [
    ...Object.entries(variables).map(([key, variable]) => secretVariable(variable, name, key)),
    ...Object.entries(optional).map(([key, variable]) => secretVariable(variable, name, key, true)),
  ]);
}

export function namedSecretVolumes(registry: Registry): readonly V1Volume[] {
  return namedSecrets(registry).flatMap(({ name, files }) =>
    files === undefined ? [] : [secretVolume(files.volume, name, files.keys)],
  );
}

export function namedSecretMounts(registry: Registry): readonly V1VolumeMount[] {
  return namedSecrets(registry).flatMap(({ files }): V1VolumeMount[] =>
    files === undefined ? [] : [{ name: files.volume, mountPath: files.mountPath, readOnly: true }],
  );
}

/**
 * A hash of what the server reads of each Secret, by its name: the pods are replaced when it changes, and the cause can
 * be told.
 * @throws BadSpec that names the field, the Secret and the key that is missing
 */
export function namedSecretAnnotations(registry: Registry, observed: Observed): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const wanted of namedSecrets(registry)) {
    const values = valuesOf(wanted, observed, registry);
    if (!wanted.isFollowed) hashes[wanted.name] = keyedHash(observed, [hashes[wanted.name], values]);
  }
  return Object.keys(hashes).length === 0 ? {} : { [namedSecretsAnnotation]: JSON.stringify(hashes) };
}

const isOwnCluster = ({ database }: Registry) => database.kind === 'cnpg' && database.owned !== undefined;

/** The first of the database's Secrets that is not there, or lacks a key. */
export function lackingSecret(registry: Registry, { namedSecrets: secrets }: Observed): string | undefined {
  const isWhole = ({ name, variables = {}, files }: NamedSecret) => {
    const data = dataOf(secrets.find(({ metadata }) => metadata.name === name));
    return [...Object.keys(variables), ...(files?.keys ?? [])].every((key) => data[key]);
  };
  return databaseSecrets(registry).find((wanted) => !isWhole(wanted))?.name;
}

function valuesOf(
  { field, name, variables = {}, optional = {}, files, sentTo = [], findWrong }: NamedSecret,
  { namedSecrets: secrets, cluster }: Observed,
  registry: Registry,
): readonly string[] {
  const secret = secrets.find(({ metadata }) => metadata.name === name);
  const keys = [...Object.keys(variables), ...(files?.keys ?? [])];
  const wanted = `it needs ${keys.length === 1 ? 'the key' : 'the keys'} ${keys.join(', ')}`;
  if (secret === undefined)
    throw missing(`${field}: there is no Secret "${name}" in namespace ${registry.namespace}; ${wanted}`);
  const isOwn = isOwnCluster(registry) && isOfOwnCluster(secret, cluster);
  if (registry.policy.secrets === 'Labelled' && !isOwn && !isAllowedFor(secret, registry))
    throw invalid(
      `${field}: Secret "${name}" does not say that it may be used here, as SECRET_POLICY of the operator asks for; its owner allows it by: ${consentCommand('secret', name, registry)}`,
    );
  for (const { field: hostField, host } of sentTo)
    if (!maySendTo(secret, host))
      throw invalid(
        `${hostField}: "${host}" is none of the hosts that Secret "${name}" may be sent to; its owner lists them in its annotation ${allowedHostsAnnotation}`,
      );
  const data = dataOf(secret);
  const lacking = keys.filter((key) => !data[key]);
  if (lacking.length > 0)
    throw missing(`${field}: Secret "${name}" has nothing under ${lacking.join(', ')}; ${wanted}`);
  for (const key of Object.keys({ ...variables, ...optional })) {
    const unfit = findUnfit(Buffer.from(data[key] ?? '', 'base64'));
    if (unfit !== undefined) throw spoiled(field, name, key, unfit);
  }
  const [first = ''] = keys;
  const wrong = findWrong?.(Buffer.from(data[first] ?? '', 'base64'));
  if (wrong !== undefined) throw spoiled(field, name, first, wrong);
  return [...keys, ...Object.keys(optional)].map((key) => data[key] ?? '');
}

/** What cannot be meant as the value of a variable; undefined where all is well. Never the value, or a part of it. */
function findUnfit(content: Buffer): string | undefined {
  const text = content.toString('latin1');
  if (/[\r\n]$/.test(text))
    return "it ends in a newline, which would count as a part of it; echo writes one, printf '%s' and kubectl create secret --from-literal do not";
  if (text.includes('\0')) return 'it has a zero byte, which no variable can hold';
  return isUtf8(content) ? undefined : 'it is not text in UTF-8';
}

/** The host of a bucket; without an endpoint it is the one that S3's own programs ask. */
function hostOfStore({ endpoint, region }: ObjectStore): string {
  return endpoint === undefined ? `s3.${region}.amazonaws.com` : new URL(endpoint).hostname;
}

function spoiled(field: string, name: string, key: string, wrong: string): BadSpec {
  return invalid(`${field}: Secret "${name}", key ${key}: ${wrong}`);
}

function invalid(message: string): BadSpec {
  return new BadSpec(message, { reason: 'SecretInvalid' });
}

function missing(message: string): BadSpec {
  return new BadSpec(message, { reason: 'SecretMissing' });
}
