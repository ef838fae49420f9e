import { resolve } from 'node:path';
import { Problem } from './problem.ts';
import { defaultProfile, type Profile, type Profiles, readProfileName } from './profiles.ts';
import type { Connection } from './registry-client.ts';
import { shown } from './shown.ts';

/** What the flags say; undefined where they say nothing. */
export interface ConnectionFlags {
  readonly url?: string;
  readonly context?: string;
  readonly profile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Seconds. */
  readonly timeout?: string;
}

/** The settings of Confluent's clients in capitals, and some of ours. `registry --help` and docs/cli.md list them. */
export const variables = {
  SCHEMA_REGISTRY_URL: 'URL of the registry; several with commas are tried one after the other',
  SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 'USER:PASSWORD',
  SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: 'a token, for Authorization: Bearer',
  SCHEMA_REGISTRY_API_KEY: 'an API key; with SCHEMA_REGISTRY_API_SECRET the two are user and password',
  SCHEMA_REGISTRY_API_SECRET: 'the secret that belongs to the API key, in Confluent Cloud',
  SCHEMA_REGISTRY_API_KEY_HEADER: 'the header for an API key without a secret (X-API-Key)',
  SCHEMA_REGISTRY_CONTEXT: 'as --context',
  SCHEMA_REGISTRY_PROFILE: 'as --profile',
  SCHEMA_REGISTRY_SSL_CA_LOCATION: 'as --ca-file',
  SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION: 'as --cert-file',
  SCHEMA_REGISTRY_SSL_KEY_LOCATION: 'as --key-file',
  SCHEMA_REGISTRY_SSL_KEY_PASSWORD: 'the password of that key',
} as const;
type Variable = keyof typeof variables;

const defaultTimeoutSeconds = 30;

/**
 * Flags before the environment, the environment before a profile. A profile is taken whole or not at all: its
 * credentials go to its own URL alone.
 * @throws Problem with what is missing or wrong
 */
export function connectionFrom(
  flags: ConnectionFlags,
  environment: NodeJS.ProcessEnv,
  profiles: Profiles,
): Connection {
  const variable = (name: Variable) => environment[name] || undefined;
  const text = flags.url ?? variable('SCHEMA_REGISTRY_URL');
  if (flags.url !== undefined && hasPassword(flags.url))
    throw new Problem(
      'A password in --url can be read by everybody on this machine; use `registry login`, or SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO.',
    );
  const given = text === undefined ? undefined : readUrls(text);
  const profile = profileFor(flags.profile ?? variable('SCHEMA_REGISTRY_PROFILE'), given, profiles);
  const urls = given ?? (profile && readUrls(profile.url));
  if (urls === undefined)
    throw new Problem(
      'It is not said which registry: give --url, set SCHEMA_REGISTRY_URL, or run `registry login`.',
    );
  const context = flags.context ?? variable('SCHEMA_REGISTRY_CONTEXT') ?? profile?.context;
  return {
    urls,
    context: context === undefined ? undefined : readContext(context),
    credentials:
      credentialsIn(variable) ?? credentialsOf(urls[0]) ?? (profile && credentialsIn(asVariables(profile))),
    caFile: flags.caFile ?? variable('SCHEMA_REGISTRY_SSL_CA_LOCATION') ?? profile?.caFile,
    certFile: flags.certFile ?? variable('SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION') ?? profile?.certFile,
    keyFile: flags.keyFile ?? variable('SCHEMA_REGISTRY_SSL_KEY_LOCATION') ?? profile?.keyFile,
    keyPassword: variable('SCHEMA_REGISTRY_SSL_KEY_PASSWORD'),
    timeoutMs: readSeconds(flags.timeout) * 1000,
  };
}

/** The profile that is named, or the default one where it is for the same registry. */
function profileFor(
  name: string | undefined,
  given: readonly URL[] | undefined,
  profiles: Profiles,
): Profile | undefined {
  const profile = profiles.get(name === undefined ? defaultProfile : readProfileName(name));
  if (name !== undefined && profile === undefined)
    throw new Problem(
      `There is no profile "${shown(name)}"; \`registry login --profile ${shown(name)}\` makes it.`,
    );
  if (profile === undefined || given === undefined) return profile;
  const own = new Set(readUrls(profile.url).map(({ origin }) => origin));
  if (given.every(({ origin }) => own.has(origin))) return profile;
  if (name === undefined) return undefined;
  throw new Problem(
    `The profile "${shown(name)}" is for ${shown(profile.url)}, and its credentials are for nobody else; leave out the URL, or the profile.`,
  );
}

const hasPassword = (text: string): boolean =>
  text.split(',').some((each) => URL.canParse(each) && new URL(each).password !== '');

/** @throws Problem that does not repeat a password */
export function readUrls(text: string): URL[] {
  return text.split(',').map((each) => {
    const trimmed = each.trim();
    const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
      throw new Problem(
        `"${shown(trimmed.replace(/\/\/.*@/, '//'), 200)}" is not the URL of a registry; it looks like https://registry.example.com:8081.`,
      );
    return url;
  });
}

/** `.staging`, however it was written: staging, .staging, :.staging: */
export function readContext(text: string): string {
  const name = text.replace(/^:(.*?):?$/, '$1');
  const context = name.startsWith('.') ? name : `.${name}`;
  if (/[:\p{Cc}]/u.test(context))
    throw new Problem(`"${shown(text, 100)}" is not the name of a context; it looks like .staging.`);
  return context;
}

function readSeconds(text: string | undefined): number {
  if (text === undefined) return defaultTimeoutSeconds;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 3_600) return seconds;
  throw new Problem(`--timeout ${shown(text, 100)} is not a time; write seconds, 0.1 to 3600.`);
}

type Credentials = NonNullable<Connection['credentials']>;

const basic = (userInfo: string): Credentials => [
  'authorization',
  `Basic ${Buffer.from(userInfo).toString('base64')}`,
];

/** @throws Problem where there are several, or one cannot be sent; it does not repeat them */
export function credentialsIn(variable: (name: Variable) => string | undefined): Credentials | undefined {
  const userInfo = variable('SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO');
  const token = variable('SCHEMA_REGISTRY_BEARER_AUTH_TOKEN');
  const key = variable('SCHEMA_REGISTRY_API_KEY');
  const secret = variable('SCHEMA_REGISTRY_API_SECRET');
  const given = Object.entries({
    SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: userInfo,
    SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: token,
    SCHEMA_REGISTRY_API_KEY: key,
  }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new Problem(`${given.map(([name]) => name).join(' and ')} are both set, and only one can be sent.`);
  // Else node refuses the header, and repeats it.
  for (const [name, value] of given)
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value ?? '') && name !== 'SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO')
      throw new Problem(`${name} has a character in it that cannot be sent, such as the end of a line.`);
  if (userInfo !== undefined) {
    if (!userInfo.includes(':'))
      throw new Problem('SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO has no ":" between user and password.');
    return basic(userInfo);
  }
  if (token !== undefined) return ['authorization', `Bearer ${token}`];
  if (key === undefined) return undefined;
  if (secret !== undefined) return basic(`${key}:${secret}`);
  const header = variable('SCHEMA_REGISTRY_API_KEY_HEADER') ?? 'X-API-Key';
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header))
    throw new Problem(
      `"${shown(header, 100)}" is not the name of a header, as SCHEMA_REGISTRY_API_KEY_HEADER has to be.`,
    );
  return [header, key];
}

/** As Confluent's clients have it with `basic.auth.credentials.source=URL`. */
function credentialsOf(url: URL | undefined): Credentials | undefined {
  if (!url?.username) return undefined;
  try {
    return basic(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
  } catch (error) {
    throw new Problem('The password in the URL is not percent-encoded: a "%" of its own is written as %25.', {
      cause: error,
    });
  }
}

const asVariables = (profile: Profile) => {
  const values: Partial<Record<Variable, string | undefined>> = {
    SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO:
      profile.user === undefined ? undefined : `${profile.user}:${profile.password ?? ''}`,
    SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: profile.bearerToken,
    SCHEMA_REGISTRY_API_KEY: profile.apiKey,
    SCHEMA_REGISTRY_API_KEY_HEADER: profile.apiKeyHeader,
  };
  return (name: Variable) => values[name];
};

/** For a profile, which is used from any folder. */
export const absolute = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : resolve(file);
